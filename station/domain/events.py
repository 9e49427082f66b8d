"""What can happen in an office: every fact that is ever appended to the log, one frozen class a kind.

Facts name records, authorisations and cards by identifiers; they hold no name, NIK, image or template. They live for
ever: a kind is never edited, a new version is a new class with an upcaster from the old one (`UPCASTERS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

Data = dict[str, Any]


class UnknownEvent(ValueError):
    """The log holds a kind or version that this program does not know: it is older than the log, and must not write."""


class BadEvent(ValueError):
    """An event's data is missing a field, has one too many, or one of the wrong type; names it."""


@dataclass(frozen=True, slots=True)
class Event:
    """The parent of every fact. `kind` and `version` stand in the log beside the data."""

    kind: ClassVar[str] = ""
    version: ClassVar[int] = 1

    def data(self) -> Data:
        """The fields as canonical JSON values: tuples as lists."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def untraced() -> Any:
    """A field that two runs with one seed may differ in: a hash of ciphertext, a key, a time, a program version."""
    return field(metadata={"trace": False})


# --- the station -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StationOpened(Event):
    kind: ClassVar[str] = "station_opened"
    program: str = untraced()
    key_guard: str = "plain-file"  # how the station's keys are unwrapped


@dataclass(frozen=True, slots=True)
class StationPaired(Event):
    kind: ClassVar[str] = "station_paired"
    centre: str
    sealing_key: str = untraced()
    signing_key: str = untraced()


@dataclass(frozen=True, slots=True)
class RegionTableApplied(Event):
    kind: ClassVar[str] = "region_table_applied"
    decree: str
    decree_date: str


# --- blank stock -----------------------------------------------------------------------------------------------------


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


# --- a citizen's record ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnrolmentOpened(Event):
    kind: ClassVar[str] = "enrolment_opened"
    record_id: str
    nik_check: str  # "listed" or "unchecked"
    region_table: str  # the decree the record is made under
    operator: str


@dataclass(frozen=True, slots=True)
class BiodataReadOut(Event):
    kind: ClassVar[str] = "biodata_read_out"
    record_id: str
    warnings: tuple[str, ...]
    operator: str


@dataclass(frozen=True, slots=True)
class BiodataCorrected(Event):
    kind: ClassVar[str] = "biodata_corrected"
    record_id: str
    field: str
    document: str  # kind of supporting document, e.g. "akta kelahiran"
    operator: str
    authentication: str  # how the operator proved to be himself


@dataclass(frozen=True, slots=True)
class PartMissing(Event):
    kind: ClassVar[str] = "part_missing"
    record_id: str
    part: str
    reason: str
    operator: str


@dataclass(frozen=True, slots=True)
class ModalityCaptured(Event):
    """One modality is in the vault. `qualities` stand beside `parts`; -1 where the part has no measure."""

    kind: ClassVar[str] = "modality_captured"
    record_id: str
    modality: str
    parts: tuple[str, ...]
    qualities: tuple[int, ...]
    tries: int
    device: str
    body_sha256: str = untraced()


@dataclass(frozen=True, slots=True)
class FingersVerified(Event):
    kind: ClassVar[str] = "fingers_verified"
    record_id: str
    fingers: tuple[str, ...]
    scores: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VerificationWaived(Event):
    kind: ClassVar[str] = "verification_waived"
    record_id: str
    reason: str
    operator: str


@dataclass(frozen=True, slots=True)
class CitizenConfirmed(Event):
    kind: ClassVar[str] = "citizen_confirmed"
    record_id: str
    means: str  # "signature", "thumb" or "representative"


@dataclass(frozen=True, slots=True)
class RecordSealed(Event):
    """The finished record is sealed to the centre and in the vault: it waits for the line."""

    kind: ClassVar[str] = "record_sealed"
    record_id: str
    suite: str
    key: str = untraced()
    body_sha256: str = untraced()
    size_bytes: int = untraced()


@dataclass(frozen=True, slots=True)
class EnrolmentAbandoned(Event):
    kind: ClassVar[str] = "enrolment_abandoned"
    record_id: str
    reason: str
    operator: str


@dataclass(frozen=True, slots=True)
class RecordReceivedAtCentre(Event):
    """The centre's signed receipt was verified with its pinned key."""

    kind: ClassVar[str] = "record_received_at_centre"
    record_id: str
    body_sha256: str = untraced()
    receipt_sha256: str = untraced()


@dataclass(frozen=True, slots=True)
class RecordSetAside(Event):
    """The centre refused this record, or it cannot be read here any more; the rest goes on."""

    kind: ClassVar[str] = "record_set_aside"
    record_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CentralStatusNoted(Event):
    """The centre's word for the record, as it came; unknown words too."""

    kind: ClassVar[str] = "central_status_noted"
    record_id: str
    status: str


# --- print-ready records ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrintReadyRecordReserved(Event):
    """An authorisation to make one card, reserved to this station until `valid_until` (ISO 8601, UTC)."""

    kind: ClassVar[str] = "print_ready_record_reserved"
    authorisation_id: str
    record_id: str
    valid_until: str = untraced()
    body_sha256: str = untraced()


@dataclass(frozen=True, slots=True)
class PrintReadyRecordExpired(Event):
    kind: ClassVar[str] = "print_ready_record_expired"
    authorisation_id: str


@dataclass(frozen=True, slots=True)
class PrintReadyRecordRevoked(Event):
    kind: ClassVar[str] = "print_ready_record_revoked"
    authorisation_id: str
    reason: str


# --- a card's life ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardIntended(Event):
    """Intent: a blank will be fed for this authorisation. `cards_in` is the printer's own counter before it, or -1."""

    kind: ClassVar[str] = "card_intended"
    card_id: str
    authorisation_id: str
    printer: str
    template_sha256: str
    cards_in: int


@dataclass(frozen=True, slots=True)
class FeedFailed(Event):
    """No blank was used: the hopper was empty, or the printer refused before it moved a card."""

    kind: ClassVar[str] = "feed_failed"
    card_id: str
    authorisation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChipIdentified(Event):
    """The fed blank's chip answered: from here on the blank is this card."""

    kind: ClassVar[str] = "chip_identified"
    card_id: str
    chip_id: str


@dataclass(frozen=True, slots=True)
class EncodingIntended(Event):
    kind: ClassVar[str] = "encoding_intended"
    card_id: str


@dataclass(frozen=True, slots=True)
class ChipVerified(Event):
    """Everything was read back from the chip and is what was to be written; the issuer's signature holds."""

    kind: ClassVar[str] = "chip_verified"
    card_id: str


@dataclass(frozen=True, slots=True)
class FaceMatched(Event):
    """Chip and face are of one person: the picture read from the chip against the face's, in thousandths."""

    kind: ClassVar[str] = "face_matched"
    card_id: str
    score_milli: int


@dataclass(frozen=True, slots=True)
class PrintingIntended(Event):
    kind: ClassVar[str] = "printing_intended"
    card_id: str


@dataclass(frozen=True, slots=True)
class CardPrinted(Event):
    kind: ClassVar[str] = "card_printed"
    card_id: str
    cards_in: int
    confirmed_by: str  # "counter", "job" or "person"


@dataclass(frozen=True, slots=True)
class CardDelivered(Event):
    kind: ClassVar[str] = "card_delivered"
    card_id: str
    authorisation_id: str
    printer: str


@dataclass(frozen=True, slots=True)
class RejectionIntended(Event):
    kind: ClassVar[str] = "rejection_intended"
    card_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardRejected(Event):
    kind: ClassVar[str] = "card_rejected"
    card_id: str
    authorisation_id: str
    printer: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardInDoubt(Event):
    """What became of the card cannot be known from here: a person must look at it."""

    kind: ClassVar[str] = "card_in_doubt"
    card_id: str
    authorisation_id: str
    printer: str
    since: str  # the card's state when it was lost sight of
    reason: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedGood(Event):
    """A person found the card, and its chip and face were read as this card's: it counts as delivered."""

    kind: ClassVar[str] = "doubt_resolved_good"
    card_id: str
    authorisation_id: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedSpoiled(Event):
    kind: ClassVar[str] = "doubt_resolved_spoiled"
    card_id: str
    authorisation_id: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedUnused(Event):
    """The blank was found untouched; it goes back into the store."""

    kind: ClassVar[str] = "doubt_resolved_unused"
    card_id: str
    authorisation_id: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CardHandedOver(Event):
    kind: ClassVar[str] = "card_handed_over"
    card_id: str
    authorisation_id: str
    means: str  # "finger", "face" or "representative"
    score: int
    operator: str


@dataclass(frozen=True, slots=True)
class HandOverRefused(Event):
    kind: ClassVar[str] = "hand_over_refused"
    card_id: str
    reason: str
    score: int
    operator: str


KINDS: Mapping[str, type[Event]] = {cls.kind: cls for cls in Event.__subclasses__()}
UPCASTERS: Mapping[tuple[str, int], Callable[[Data], Data]] = {}
"""(kind, old version) -> the data one version on."""


def event_from(kind: str, version: int, data: Data) -> Event:
    """Reads a logged event, upcast to today's version. `UnknownEvent` or `BadEvent`, which name kind and field."""
    cls = KINDS.get(kind)
    if cls is None or not 1 <= version <= cls.version:
        raise UnknownEvent(f"{kind} version {version}")
    for old in range(version, cls.version):
        data = UPCASTERS[kind, old](data)
    names = {f.name: f for f in fields(cls)}
    if odd := set(names) ^ set(data):
        raise BadEvent(f"{kind}: {sorted(odd)[0]} is missing or unknown")
    return cls(**{name: _typed(kind, name, str(names[name].type), value) for name, value in data.items()})


_TYPES: Mapping[str, tuple[type, type | None]] = {
    "str": (str, None),
    "int": (int, None),
    "tuple[str, ...]": (list, str),
    "tuple[int, ...]": (list, int),
}


def _typed(kind: str, name: str, annotation: str, value: Any) -> Any:
    outer, inner = _TYPES[annotation]
    exact: type = type(value)  # a bool is no int here
    if exact is not outer:
        raise BadEvent(f"{kind}: {name} is not {annotation}")
    if inner is None:
        return value
    items: tuple[Any, ...] = tuple(value)
    if any(type(item) is not inner for item in items):
        raise BadEvent(f"{kind}: {name} is not {annotation}")
    return items


def traced(event: Event) -> Data:
    """The event's data without what two runs with one seed may differ in."""
    return {f.name: _plain(getattr(event, f.name)) for f in fields(event) if f.metadata.get("trace", True)}
