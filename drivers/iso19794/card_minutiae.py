"""The compact card format of ISO/IEC 19794-2:2005, clause 8: three bytes a minutia, no header at all.

x and y in 0.1 mm, one byte each; then the kind in two bits and the angle in six, in 1/64 turn. What the format leaves
out (finger, number, resolution) must stand beside it. Converting to it loses precision; encoding and decoding do not.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contracts.parts import Finger
from drivers.iso19794.minutiae import Minutia, MinutiaeTemplate, MinutiaKind
from drivers.iso19794.record import BadRecord, pack

COUNT_MAX = 255
USUAL_COUNT_MAX = 60  # 19794-2:2005, 8.3: the largest number that a card need accept


@dataclass(frozen=True, slots=True, repr=False)  # a few of them are a person's finger
class CardMinutia:
    x_tenth_mm: int
    y_tenth_mm: int
    angle: int  # 1/64 turn, counter-clockwise from rightwards
    kind: MinutiaKind


def decode(data: bytes) -> tuple[CardMinutia, ...]:
    """Parses or refuses any bytes; raises `BadRecord` only."""
    if len(data) % 3 or len(data) > 3 * COUNT_MAX:
        raise BadRecord(f"card minutiae: {len(data)} bytes")
    return tuple(_minutia(data[at : at + 3]) for at in range(0, len(data), 3))


def encode(minutiae: tuple[CardMinutia, ...]) -> bytes:
    if len(minutiae) > COUNT_MAX:
        raise BadRecord(f"card minutiae: {len(minutiae)} of them")
    return b"".join(_put(minutia) for minutia in minutiae)


def _minutia(three: bytes) -> CardMinutia:
    kind, angle = divmod(three[2], 64)
    if kind > MinutiaKind.BIFURCATION:
        raise BadRecord(f"minutia kind: {kind}")
    return CardMinutia(three[0], three[1], angle, MinutiaKind(kind))


def _put(minutia: CardMinutia) -> bytes:
    if not 0 <= minutia.angle < 64:
        raise BadRecord("minutia angle: not in 0..63")
    return pack("BBB", "card minutia", minutia.x_tenth_mm, minutia.y_tenth_mm, minutia.kind << 6 | minutia.angle)


def for_card(template: MinutiaeTemplate, *, count_max: int = USUAL_COUNT_MAX) -> tuple[CardMinutia, ...]:
    """The best `count_max` minutiae that lie within 25.5 mm of the top left one, sorted by y, then x.

    Equal minutiae become one: at 0.1 mm two can fall together.
    """
    if not template.minutiae:
        return ()
    tenth_mm = 254 / template.ppi
    best = sorted(template.minutiae, key=lambda each: -each.quality)
    left, top = min(each.x for each in best), min(each.y for each in best)
    # Shifted only when a coordinate would not fit: an unshifted template keeps its place on the platen.
    shift_x = left if max(each.x for each in best) * tenth_mm > 255 else 0
    shift_y = top if max(each.y for each in best) * tenth_mm > 255 else 0
    placed = dict.fromkeys(_for_card(each, shift_x, shift_y, tenth_mm) for each in best)
    fitting = [each for each in placed if each.x_tenth_mm <= 255 and each.y_tenth_mm <= 255]
    return tuple(sorted(fitting[:count_max], key=lambda each: (each.y_tenth_mm, each.x_tenth_mm, each.angle)))


def _for_card(minutia: Minutia, shift_x: int, shift_y: int, tenth_mm: float) -> CardMinutia:
    x, y = round((minutia.x - shift_x) * tenth_mm), round((minutia.y - shift_y) * tenth_mm)
    return CardMinutia(x, y, round(minutia.angle / 4) % 64, minutia.kind)


def from_card(minutiae: tuple[CardMinutia, ...], finger: Finger | None, *, ppi: int = 500) -> MinutiaeTemplate:
    """A template on a platen of 25.6 mm square, as a matcher wants it; minutia quality is unsaid."""
    side_px = round(256 * ppi / 254)
    restored = tuple(
        Minutia(round(each.x_tenth_mm * ppi / 254), round(each.y_tenth_mm * ppi / 254), each.angle * 4, each.kind)
        for each in minutiae
    )
    return MinutiaeTemplate(side_px, side_px, ppi, finger, 0, restored)
