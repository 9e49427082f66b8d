"""What the workflows need from outside, as Protocols: they are handed in, and can be real, simulated or killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from drivers.contracts.capture import RetryReason
from drivers.contracts.parts import Eye, Finger, MissingReason
from station.domain.blank_stock import BlankEquation
from station.domain.citizen import Biodata, Finding, Nik
from station.domain.events import Event

Random = Callable[[int], bytes]
"""n -> n random bytes."""


D_co = TypeVar("D_co", covariant=True)
T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""
        ...


class Durability(StrEnum):
    """How safe an acknowledgement is."""

    MIRRORED = "mirrored"  # on two disks
    SINGLE = "single"  # on one


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `hash` = SHA-256 over the previous hash and the canonical rest (hexadecimal, lower case)."""

    seq: int
    epoch: int
    at: str  # ISO 8601 UTC, milliseconds
    event: Event
    hash: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The events are on disk, fsynced, up to `seq`."""

    seq: int
    head: str
    durability: Durability


@dataclass(frozen=True, slots=True)
class Subject:
    """One record, authorisation or card as the views hold it. `facts`: the fields of its events, the latest wins."""

    life: str
    id: str
    state: str
    first_seq: int
    last_seq: int
    facts: dict[str, Any]


class EventLog(Protocol):
    """Append-only and hash-chained; one owner, one writer. Every append is checked against lives and blank equation."""

    def append(self, *events: Event) -> Acknowledgement:
        """All or none, in one transaction, fsynced when it returns. `Refused` changes nothing; `StoreFull` says so."""
        ...

    def read(self, *, after_seq: int = 0, limit: int = 500) -> Sequence[Entry]: ...

    def head(self) -> tuple[int, str]:
        """(seq, hash) of the last entry; (0, 64 zeros) when empty."""
        ...

    def subject(self, life: str, subject_id: str) -> Subject | None: ...

    def subjects(self, life: str, *states: str, limit: int = 1000) -> Sequence[Subject]:
        """In order of first appearance; all states when none is named."""
        ...

    def count(self, life: str, *states: str) -> int:
        """How many are in one of these states; all when none is named."""
        ...

    def history(self, life: str, subject_id: str) -> Sequence[Entry]:
        """Every entry that concerned it, oldest first."""
        ...

    def card_of_chip(self, chip_id: str) -> Subject | None:
        """The card that this chip was bound to last."""
        ...

    def stock(self) -> BlankEquation: ...

    def in_printer(self, printer: str) -> int:
        """Blanks that the books say are in this printer's hopper; one that is becoming a card is not."""
        ...


@dataclass(frozen=True, slots=True)
class Body:
    """A body in the vault. `sha256` is of the plain bytes given to `put`; sealed ones are ciphertext already."""

    record_id: str
    name: str
    sha256: str
    size_bytes: int


class Vault(Protocol):
    """Contents of records, each under its own key; a body is durable when `put` returns."""

    def put(self, record_id: str, name: str, body: bytes) -> Body:
        """Replaces an earlier body of that name. `StoreFull` when there is no room: nothing is lost."""
        ...

    def get(self, record_id: str, name: str) -> bytes:
        """`BodyMissing` or `BodyDamaged`, which name record and body."""
        ...

    def names(self, record_id: str) -> Iterator[Body]: ...

    def records_with(self, prefix: str) -> Sequence[str]:
        """The records that have a body here whose name begins so."""
        ...

    def drop(self, record_id: str, name: str) -> None: ...

    def erase(self, record_id: str) -> None:
        """Destroys the record's key: its bodies can never be read again."""
        ...


class StoreError(Exception):
    """The store could not do it; the text says which file and what to do."""


class StoreFull(StoreError):
    """No room on the disk: nothing was acknowledged, nothing was lost."""


class BodyMissing(StoreError):
    """The vault has no such body."""


class BodyDamaged(StoreError):
    """The body's bytes do not match its hash or its key."""


class DeviceAway(Exception):
    """The device could not be opened: the function is off, everything else goes on. `reason` is for technicians."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


class OnLane(Protocol[D_co]):
    """A device on its lane: `run` hands it to one step, on the device's own thread, and returns when the step ended."""

    @property
    def name(self) -> str: ...

    def run(self, step: Callable[[D_co], T]) -> T:
        """Raises `DeviceAway`, or whatever the step raised."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Correction:
    """One field of the biodata that the citizen corrects, with the kind of document that shows it. Has no `repr`."""

    field: str
    value: str
    document: str


@dataclass(frozen=True, slots=True)
class MissingPart:
    part: Finger | Eye
    reason: MissingReason


class NotAuthenticated(Exception):
    """The operator did not prove to be himself: the correction is not made, nothing else is lost."""


class ServiceDesk(Protocol):
    """The people at the counter, operator and citizen: a screen in the office, a script in a demonstration."""

    @property
    def operator(self) -> str: ...

    def enter_biodata(self, nik: Nik) -> Biodata:
        """The NIK is not in the carried list: the operator types the biodata from the citizen's documents."""
        ...

    def read_out(self, biodata: Biodata, findings: Sequence[Finding]) -> Sequence[Correction]:
        """The operator reads it aloud with the warnings; the citizen corrects what is wrong."""
        ...

    def authenticate(self, why: str) -> str:
        """How the operator proved to be himself, or `NotAuthenticated`."""
        ...

    def missing_parts(self) -> Sequence[MissingPart]: ...

    def advise(self, modality: str, reason: RetryReason, tries_left: int) -> None:
        """Tells the citizen what to do differently before the next try."""
        ...

    def confirm(self, record_id: str) -> bool:
        """The citizen confirms biodata and captures, about to sign for it."""
        ...

    def step(self, name: str, detail: str = "") -> None:
        """Something was done: `name` is a key of the language files, `detail` holds no personal data."""
        ...
