"""Finger minutiae records of ISO/IEC 19794-2:2005 (`FMR  20`): one or more views, byte for byte there and back.

Layout: identifier 4, version 4, length 4, equipment 2, width 2, height 2, pixels per centimetre across 2, down 2,
number of views 1, reserved 1 (24 in all); each view: finger position 1, view number and impression 1, quality 1, number
of minutiae 1, six bytes each, length of extended data 2, extended data. A minutia: kind 2 bits, x 14 bits, reserved 2
bits, y 14 bits, angle 1, quality 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.contracts.parts import Finger
from drivers.iso19794.record import BadRecord, Reader, pack

MAGIC = b"FMR\x00 20\x00"
VIEWS_MAX = 176
COORDINATE_MAX = 0x3FFF
USUAL_PPI = (250, 300, 400, 500, 508, 600, 1000, 1200)


class MinutiaKind(IntEnum):
    OTHER = 0
    RIDGE_ENDING = 1
    BIFURCATION = 2


@dataclass(frozen=True, slots=True, repr=False)  # a few of them are a person's finger
class Minutia:
    """`x` and `y` in pixels from the top left; `angle` in 1/256 turn, counter-clockwise from rightwards.

    `quality` is 1..100, or 0 when it is unsaid.
    """

    x: int
    y: int
    angle: int
    kind: MinutiaKind
    quality: int = 0


@dataclass(frozen=True, slots=True)
class MinutiaeTemplate:
    """One view of one finger; `finger` None is an unknown finger.

    The record holds the resolution in pixels per centimetre, so only the usual values of `ppi` come back exactly.
    """

    width_px: int
    height_px: int
    ppi: int
    finger: Finger | None
    quality: int
    minutiae: tuple[Minutia, ...]
    impression: int = 0
    view: int = 0
    equipment: int = 0
    extended: bytes = b""

    def __repr__(self) -> str:  # minutiae are personal data
        return f"MinutiaeTemplate({self.finger!r}, {len(self.minutiae)} minutiae)"


def decode(data: bytes) -> tuple[MinutiaeTemplate, ...]:
    """Parses or refuses any bytes; raises `BadRecord` only."""
    reader = Reader(data)
    if reader.take(8, "format identifier") != MAGIC:
        raise BadRecord(f"format identifier: not {MAGIC!r}")
    if reader.number(4, "length of record") != len(data):
        raise BadRecord(f"length of record: does not say {len(data)}")
    equipment = reader.number(2, "capture equipment")
    width_px, height_px = reader.number(2, "image width"), reader.number(2, "image height")
    ppi = _ppi(reader.number(2, "resolution across"), reader.number(2, "resolution down"))
    count = reader.number(1, "number of views")
    if not 1 <= count <= VIEWS_MAX:
        raise BadRecord(f"number of views: {count}")
    if reader.number(1, "reserved byte"):
        raise BadRecord("reserved byte: not zero")
    views = tuple(_view(reader, width_px, height_px, ppi, equipment) for _ in range(count))
    reader.finish("record")
    return views


def decode_one(data: bytes) -> MinutiaeTemplate:
    """The only view of a record that has one."""
    views = decode(data)
    if len(views) != 1:
        raise BadRecord(f"number of views: {len(views)}")
    return views[0]


def encode(*views: MinutiaeTemplate) -> bytes:
    """All views share the size, resolution and equipment of the first, as the format's single header demands."""
    if not 1 <= len(views) <= VIEWS_MAX:
        raise BadRecord(f"number of views: {len(views)}")
    first = views[0]
    if any(_header_of(view) != _header_of(first) for view in views):
        raise BadRecord("record header: views differ in size, resolution or equipment")
    content = b"".join(_put_view(view) for view in views)
    rate = round(first.ppi / 2.54)
    header = pack("IHHH", "record header", 24 + len(content), first.equipment, first.width_px, first.height_px)
    return MAGIC + header + pack("HHBB", "resolution", rate, rate, len(views), 0) + content


def _header_of(view: MinutiaeTemplate) -> tuple[int, int, int, int]:
    return view.width_px, view.height_px, view.ppi, view.equipment


def _ppi(across: int, down: int) -> int:
    if across != down or not across:
        raise BadRecord(f"resolution: {across} by {down} pixels per centimetre")
    return next((usual for usual in USUAL_PPI if round(usual / 2.54) == across), round(across * 2.54))


def _view(reader: Reader, width_px: int, height_px: int, ppi: int, equipment: int) -> MinutiaeTemplate:
    position = reader.number(1, "finger position")
    if position > Finger.LEFT_LITTLE:
        raise BadRecord(f"finger position: {position}")
    view, impression = divmod(reader.number(1, "view number and impression type"), 16)
    quality, count = reader.number(1, "finger quality"), reader.number(1, "number of minutiae")
    if quality > 100:
        raise BadRecord(f"finger quality: {quality}")
    minutiae = tuple(_minutia(reader) for _ in range(count))
    extended = reader.take(reader.number(2, "length of extended data"), "extended data")
    finger = Finger(position) if position else None
    return MinutiaeTemplate(
        width_px, height_px, ppi, finger, quality, minutiae, impression, view, equipment, extended
    )  # fmt: skip


def _minutia(reader: Reader) -> Minutia:
    kind, x = divmod(reader.number(2, "minutia x"), 1 << 14)
    reserved, y = divmod(reader.number(2, "minutia y"), 1 << 14)
    if kind > MinutiaKind.BIFURCATION or reserved:
        raise BadRecord(f"minutia kind: {kind}, reserved bits {reserved}")
    angle, quality = reader.number(1, "minutia angle"), reader.number(1, "minutia quality")
    if quality > 100:
        raise BadRecord(f"minutia quality: {quality}")
    return Minutia(x, y, angle, MinutiaKind(kind), quality)


def _put_view(view: MinutiaeTemplate) -> bytes:
    if not (0 <= view.view <= 15 and 0 <= view.impression <= 15 and 0 <= view.quality <= 100):
        raise BadRecord("view header: view number, impression or quality out of range")
    position = view.finger.value if view.finger else 0
    head = pack("BBBB", "view header", position, view.view << 4 | view.impression, view.quality, len(view.minutiae))
    extended = pack("H", "length of extended data", len(view.extended)) + view.extended
    return head + b"".join(_put_minutia(minutia) for minutia in view.minutiae) + extended


def _put_minutia(minutia: Minutia) -> bytes:
    if not (0 <= minutia.x <= COORDINATE_MAX and 0 <= minutia.y <= COORDINATE_MAX and 0 <= minutia.quality <= 100):
        raise BadRecord("minutia: coordinates or quality out of range")
    return pack("HHBB", "minutia", minutia.kind << 14 | minutia.x, minutia.y, minutia.angle, minutia.quality)
