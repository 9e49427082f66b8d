"""What one recording gave: biodata, captures as the devices gave them, what is missing and why, who confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from station.domain.citizen import Biodata


class Modality(StrEnum):
    FACE = "face"
    FINGER = "finger"
    IRIS = "iris"


@dataclass(frozen=True, slots=True, repr=False)
class CapturedPart:
    """One part. `record` is its ISO/IEC 19794 record; `part` is "face", or a finger's or eye's name in lower case."""

    modality: Modality
    part: str
    record: bytes
    image_format: str
    quality: int | None  # 0..100, ours; None where the part has no measure
    device: str
    tries: int

    def __repr__(self) -> str:
        return f"CapturedPart({self.modality}, {self.part}, {len(self.record)} bytes)"


@dataclass(frozen=True, slots=True)
class MissingPart:
    part: str
    reason: str
    operator: str


@dataclass(frozen=True, slots=True, repr=False)
class Correction:
    """One field of the biodata that was not as the register had it; what it is now stands in the biodata."""

    field: str
    before: str
    document: str
    operator: str
    authentication: str

    def __repr__(self) -> str:
        return f"Correction({self.field})"


@dataclass(frozen=True, slots=True)
class Verification:
    """A finger taken a second time and matched with what was captured."""

    finger: str
    score: int


@dataclass(frozen=True, slots=True, repr=False)
class Confirmation:
    """How the citizen said that the record is right: `means` as in `CitizenConfirmed`; `mark` are strokes, or empty."""

    means: str
    mark: bytes
    at: datetime

    def __repr__(self) -> str:
        return f"Confirmation({self.means})"


@dataclass(frozen=True, slots=True, repr=False)
class EnrolmentPackage:
    """`strokes` is the specimen signature for the card, as its pad gave it (JSON, or ISO/IEC 19794-7); it may be empty.

    Times are aware. `waiver` is why no finger was verified; empty when one was.
    """

    record_id: str
    station_id: str
    operator: str
    opened_at: datetime
    biodata: Biodata
    captures: tuple[CapturedPart, ...]
    strokes: bytes
    missing: tuple[MissingPart, ...]
    corrections: tuple[Correction, ...]
    verifications: tuple[Verification, ...]
    waiver: str
    confirmation: Confirmation

    def __repr__(self) -> str:
        return f"EnrolmentPackage({self.record_id})"

    def of(self, modality: Modality) -> tuple[CapturedPart, ...]:
        return tuple(part for part in self.captures if part.modality is modality)
