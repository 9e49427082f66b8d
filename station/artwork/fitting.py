"""Text is fitted by shrinking, then wrapping, then asking a person: no letter of a name is ever left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# Capitals of Liberation Sans are 0.73 em high (its OS/2 table: 1409 of 2048 units, and a hair for round ones).
CAPITAL_HEIGHT_EM: Final = 0.73
_PITCH_MIN_EM: Final = 0.88  # capitals have no descenders to speak of
_PITCH_MAX_EM: Final = 1.15

Measure = Callable[[str, int], float]  # text, size in px -> width in px, as it will be drawn


@dataclass(frozen=True, slots=True)
class Room:
    """Sizes in pixels of the printer."""

    width_px: int
    height_px: int
    size_px: int
    min_size_px: int
    lines_max: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """Several lines stand in the middle of the room; `baseline_px` of the first is counted from the room's top."""

    lines: tuple[str, ...]
    size_px: int
    pitch_px: int
    baseline_px: int


def fit(text: str, room: Room, measure: Measure) -> Fitted | None:
    """One line at the largest size that fits; else the largest size that fits on up to `lines_max` lines; else None."""
    widths: dict[int, float] = {}
    for size_px in range(room.size_px, room.min_size_px - 1, -1):
        widths[size_px] = measure(text, size_px)
        if widths[size_px] <= room.width_px:
            return _placed((text,), size_px, room)
    for size_px, width_px in widths.items():
        if width_px > room.width_px * room.lines_max:
            continue
        lines = _wrapped(text, size_px, room, measure)
        if lines and len(lines) <= room.lines_max and _height_px(len(lines), size_px) <= room.height_px:
            return _placed(lines, size_px, room)
    return None


def _wrapped(text: str, size_px: int, room: Room, measure: Measure) -> tuple[str, ...] | None:
    """Words in their order, each line as full as it can be (which uses the fewest); None if a word is too wide."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and measure(longer := f"{lines[-1]} {word}", size_px) <= room.width_px:
            lines[-1] = longer
        elif measure(word, size_px) <= room.width_px:
            lines.append(word)
        else:
            return None
    return tuple(lines)


def _height_px(lines: int, size_px: int) -> int:
    """From the top of the first line's capitals to the last line's baseline, set as close as is legible."""
    return (lines - 1) * math.ceil(_PITCH_MIN_EM * size_px) + math.ceil(CAPITAL_HEIGHT_EM * size_px)


def _placed(lines: tuple[str, ...], size_px: int, room: Room) -> Fitted:
    capital_px = math.ceil(CAPITAL_HEIGHT_EM * size_px)
    gaps = len(lines) - 1
    pitch_px = min((room.height_px - capital_px) // gaps, round(_PITCH_MAX_EM * size_px)) if gaps else 0
    top_px = (room.height_px - gaps * pitch_px - capital_px) // 2
    return Fitted(lines, size_px, pitch_px, top_px + capital_px)
