"""What happens to a citizen's record, from the first look at the NIK to the centre's words about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from station.domain.events.base import Event, untraced


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
