"""A pad that gives a signature as strokes of points, with time and, where it has it, pressure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.contracts.capture import CaptureFacts, DeviceState, Retry


@dataclass(frozen=True, slots=True)
class PenPoint:
    """`x_mm` rightwards, `y_mm` downwards from the pad's top left; `t_ms` since the first point; pressure 0..1."""

    x_mm: float
    y_mm: float
    t_ms: int
    pressure: float | None


@dataclass(frozen=True, slots=True)
class Strokes:
    """Each stroke is the points between pen down and pen up. The pad's active area gives the scale."""

    strokes: tuple[tuple[PenPoint, ...], ...]
    width_mm: float
    height_mm: float
    device: CaptureFacts


class SignaturePad(Protocol):
    def facts(self) -> CaptureFacts: ...

    def state(self) -> DeviceState: ...

    def capture_signature(self, *, timeout_s: float, pause_s: float = 1.5) -> Strokes | Retry:
        """Ends when the pen has been away for `pause_s` after at least one stroke; `Retry(TIMEOUT)` if none came."""
        ...

    def close(self) -> None: ...
