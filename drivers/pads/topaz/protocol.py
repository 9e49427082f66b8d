"""Topaz pads send 5-byte packets whose first byte alone has bit 7 set; other bytes are skipped, and counted.

Written from two independent public descriptions that agree, WaxBee's `topaz_serial.cpp` and topaz-dext's protocol
notes ("format 0"); the maker publishes none. The latter was tried with one pad, a T-LBK462 (19200 baud, 8 data bits,
odd parity). Here nothing has met hardware: baud rates, framing, the calibrated ranges, the direction of y, the
screen's control byte and the report rate are unverified.

    byte 0   bit 7 = 1, bit 6 pen is near, bits 4..2 type, bit 0 pen touches
    byte 1   x bits 6..0        byte 2   x bits 11..7
    byte 3   y bits 6..0        byte 4   y bits 11..7

Types 0, 1 and 4 are positions; 7 is pressure, 10 bits in the place of y, for the positions that follow; others are
skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contracts.signature_pad import PenPoint

PACKET_BYTES = 5
POINTS_MAX = 20_000
"""Over three minutes of writing without a pause: no signature, but a pad that something lies on."""
REPORT_INTERVAL_MS = 10
"""Packets carry no time. One a hundredth of a second is assumed, so that times do not depend on how bytes arrive."""
CLEAR_SCREEN = b"\x04"
"""To pads with a screen: wipe it, and begin a new signature."""

_PRESSURE_MAX = 0x3FF
_TYPE_PRESSURE = 7
_TYPES_POSITION = frozenset({0, 1, 4})
_NO_POSITION = 0xFFF


@dataclass(frozen=True, slots=True)
class PadModel:
    """One row a model: the raw coordinates at the edges of the writing area, and how fine they are."""

    name: str
    left: int
    right: int
    top: int
    bottom: int
    dots_per_inch: int
    has_screen: bool

    @property
    def width_mm(self) -> float:
        return (self.right - self.left) * 25.4 / self.dots_per_inch

    @property
    def height_mm(self) -> float:
        return (self.bottom - self.top) * 25.4 / self.dots_per_inch


SIGLITE_LCD_1X5 = PadModel("SigLite LCD 1x5", 400, 2400, 350, 1050, 410, has_screen=True)
PAD_MODELS = (
    SIGLITE_LCD_1X5,
    PadModel("SigLite LCD 4x5", 500, 2600, 500, 2100, 410, has_screen=True),
    PadModel("SigLite 1x5", 500, 2650, 700, 2100, 410, has_screen=False),
    PadModel("SignatureGem 1x5", 400, 2400, 350, 950, 410, has_screen=False),
)


@dataclass(frozen=True, slots=True)
class Position:
    x: int
    y: int
    touches: bool
    is_near: bool


@dataclass(frozen=True, slots=True)
class Pressure:
    level: float  # 0..1


class PacketDecoder:
    """Bytes to packets. Holds four bytes at most; what fits no packet is skipped and counted."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.skipped_bytes = 0

    def feed(self, data: bytes) -> list[Position | Pressure]:
        packets = []
        for byte in data:
            if byte & 0x80:  # A first byte, whatever was expected: the rest of the last packet is lost.
                self.skipped_bytes += len(self._held)
                self._held = bytearray((byte,))
            elif self._held:
                self._held.append(byte)
            else:
                self.skipped_bytes += 1
            if len(self._held) == PACKET_BYTES:
                if (packet := _decode(self._held)) is not None:
                    packets.append(packet)
                else:
                    self.skipped_bytes += PACKET_BYTES
                self._held.clear()
        return packets


def _decode(packet: bytearray) -> Position | Pressure | None:
    status, x_low, x_high, y_low, y_high = packet
    kind = status >> 2 & 7
    if kind == _TYPE_PRESSURE:
        return Pressure(((y_high & 7) << 7 | y_low) / _PRESSURE_MAX)
    x, y = x_high << 7 | x_low, y_high << 7 | y_low
    is_noise = x > 0xFFF or y > 0xFFF or (x == _NO_POSITION and y == _NO_POSITION)
    if kind not in _TYPES_POSITION or is_noise:
        return None
    return Position(x, y, touches=bool(status & 1), is_near=bool(status & 0x40))


class SignatureDecoder:
    """Packets to strokes. Points beyond `POINTS_MAX` are not kept: see `is_full`."""

    def __init__(self, pad: PadModel) -> None:
        self._pad = pad
        self._packets = PacketDecoder()
        self._strokes: list[list[PenPoint]] = []
        self._touches = False
        self._pressure: float | None = None
        self._t_ms = 0
        self.points = 0

    def feed(self, data: bytes) -> None:
        for packet in self._packets.feed(data):
            if isinstance(packet, Pressure):
                self._pressure = packet.level
            else:
                self._take(packet)

    @property
    def strokes(self) -> tuple[tuple[PenPoint, ...], ...]:
        return tuple(map(tuple, self._strokes))

    @property
    def is_full(self) -> bool:
        return self.points >= POINTS_MAX

    @property
    def skipped_bytes(self) -> int:
        return self._packets.skipped_bytes

    def _take(self, position: Position) -> None:
        if position.touches and not self.is_full:
            if not self._touches:
                self._strokes.append([])
            self._strokes[-1].append(self._point(position))
            self.points += 1
        self._touches = position.touches
        # The pad also reports a pen that hovers between two strokes, and so tells how long it did.
        if self._strokes and (position.touches or position.is_near):
            self._t_ms += REPORT_INTERVAL_MS

    def _point(self, position: Position) -> PenPoint:
        pad, mm = self._pad, 25.4 / self._pad.dots_per_inch
        x_mm = (min(max(position.x, pad.left), pad.right) - pad.left) * mm
        y_mm = (min(max(position.y, pad.top), pad.bottom) - pad.top) * mm
        return PenPoint(x_mm, y_mm, self._t_ms, self._pressure)
