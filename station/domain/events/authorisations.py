"""What happens to a print-ready record before and after its card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from station.domain.events.base import Event, untraced


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
