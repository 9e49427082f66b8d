"""A pad that nobody has: strokes go in as millimetres, packets come out one a hundredth of a second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from drivers.contracts.signature_pad import PenPoint
from drivers.pads.topaz.protocol import PadModel

WIPE = 0x04
INTERVAL_MS = 10


class TopazSimulator:
    """The packets of a pad of this model. It hears one thing: that its screen be wiped."""

    def __init__(self, pad: PadModel) -> None:
        self._pad = pad

    def hear(self, data: bytes) -> bool:
        """Was the screen wiped for a new signature?"""
        return WIPE in data

    def write(self, strokes: Sequence[Sequence[PenPoint]]) -> Iterator[bytes]:
        """One item for each report, with a pressure packet before it where the pressure changes."""
        level: int | None = None
        for stroke, following in pairwise([*strokes, ()]):
            for point in stroke:
                pressed = None if point.pressure is None else round(point.pressure * 1023)
                ahead = b"" if pressed in (None, level) else self._packet(0xC0 | 7 << 2, 0, pressed or 0)
                level = pressed
                yield ahead + self._position(point, status=0xC1)
            yield from self._hover(stroke[-1], following)
        if strokes:
            yield self._position(strokes[-1][-1], status=0x80)  # the pen goes away

    def _hover(self, last: PenPoint, following: Sequence[PenPoint]) -> Iterator[bytes]:
        """The pen in the air until the next stroke; at the end it is lifted, one report long."""
        gap_ms = following[0].t_ms - last.t_ms if following else 2 * INTERVAL_MS
        for _ in range(max(1, round(gap_ms / INTERVAL_MS) - 1)):
            yield self._position(last, status=0xC0)

    def _position(self, point: PenPoint, *, status: int) -> bytes:
        per_mm = self._pad.dots_per_inch / 25.4
        return self._packet(
            status, self._pad.left + round(point.x_mm * per_mm), self._pad.top + round(point.y_mm * per_mm)
        )

    def _packet(self, status: int, x: int, y: int) -> bytes:
        return bytes((status, x % 128, x // 128, y % 128, y // 128))
