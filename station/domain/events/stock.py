"""What happens to blanks outside a printer's card path: counted in and out by people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from station.domain.events.base import Event


@dataclass(frozen=True, slots=True)
class BlanksReceived(Event):
    kind: ClassVar[str] = "blanks_received"
    count: int
    document: str  # number of the delivery note
    operator: str


@dataclass(frozen=True, slots=True)
class BlanksLoaded(Event):
    kind: ClassVar[str] = "blanks_loaded"
    printer: str
    count: int
    operator: str


@dataclass(frozen=True, slots=True)
class BlanksUnloaded(Event):
    kind: ClassVar[str] = "blanks_unloaded"
    printer: str
    count: int
    operator: str


@dataclass(frozen=True, slots=True)
class BlanksSpoiled(Event):
    """Blanks found unusable in the store: never fed."""

    kind: ClassVar[str] = "blanks_spoiled"
    count: int
    reason: str
    operator: str


@dataclass(frozen=True, slots=True)
class BlanksTransferredOut(Event):
    kind: ClassVar[str] = "blanks_transferred_out"
    count: int
    to: str
    document: str
    operator: str


@dataclass(frozen=True, slots=True)
class BlanksReturned(Event):
    kind: ClassVar[str] = "blanks_returned"
    count: int
    document: str
    operator: str


@dataclass(frozen=True, slots=True)
class BlanksMissing(Event):
    """A count came out short. Two people say so; the log refuses one person twice."""

    kind: ClassVar[str] = "blanks_missing"
    count: int
    operator: str
    second_person: str
