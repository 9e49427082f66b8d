"""A signature's strokes are measured in millimetres and drawn in one bit a pixel, for the card and for the chip.

The chip's file holds an image of 168 x 44 pixels (what public readers unpack it to). Its packing is not public: ours is
one bit a pixel, ink 1, the left pixel in the high bit, rows from the top, 21 bytes a row: 924 bytes, without a header.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from drivers.contracts.capture import RetryReason
from drivers.contracts.signature_pad import PenPoint, Strokes
from station.biometrics.thresholds import DEFAULT_THRESHOLDS, Thresholds
from station.biometrics.verdicts import Modality, Shortfall, UnusableInput

CHIP_WIDTH_PX, CHIP_HEIGHT_PX = 168, 44
CHIP_BYTES = CHIP_WIDTH_PX // 8 * CHIP_HEIGHT_PX

_POINTS_MAX = 100_000  # eight minutes at 200 points a second
_MARGIN_SHARE = 0.04
_SUBPIXEL_BITS = 4
_LINE_SHARE = 1 / 40  # pen width, of the picture's height

Ink = npt.NDArray[np.bool_]
"""Height x width, True where there is ink."""


class BadSignature(UnusableInput):
    """Strokes or packed bytes that are no signature."""

    def __init__(self, reason: str) -> None:
        super().__init__(Modality.SIGNATURE, reason)


@dataclass(frozen=True, slots=True)
class SignatureQuality:
    """`length_mm` is the pen's way on the pad; width and height are of the box around all strokes."""

    strokes: int
    points: int
    length_mm: float
    width_mm: float
    height_mm: float
    shortfalls: tuple[Shortfall, ...]
    advice: RetryReason | None

    @property
    def acceptable(self) -> bool:
        return not self.shortfalls


def judge_signature(strokes: Strokes, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> SignatureQuality:
    """Whether somebody has written something; a cross is a signature, a dot is not. Raises `BadSignature`."""
    points = _points(strokes)
    if not points:
        return SignatureQuality(0, 0, 0.0, 0.0, 0.0, (Shortfall.EMPTY,), RetryReason.EMPTY)
    length_mm = sum(_length_mm(stroke) for stroke in strokes.strokes)
    width_mm = max(p.x_mm for p in points) - min(p.x_mm for p in points)
    height_mm = max(p.y_mm for p in points) - min(p.y_mm for p in points)
    too_short = (
        length_mm < thresholds.signature_length_mm_min
        or len(points) < thresholds.signature_points_min
        or width_mm < thresholds.signature_width_mm_min
    )
    shortfalls = (Shortfall.TOO_SHORT,) if too_short else ()
    advice = RetryReason.POOR_QUALITY if too_short else None
    count = sum(1 for stroke in strokes.strokes if stroke)
    return SignatureQuality(count, len(points), length_mm, width_mm, height_mm, shortfalls, advice)


def render_signature(strokes: Strokes, width_px: int, height_px: int) -> Ink:
    """The strokes as large as they fit, centred, proportions kept; no grey. Raises `BadSignature`."""
    if not (8 <= width_px <= 4000 and 8 <= height_px <= 4000):
        raise BadSignature(f"picture of {width_px}x{height_px} pixels")
    points = _points(strokes)
    canvas = np.zeros((height_px, width_px), dtype=np.uint8)
    if not points:
        return canvas.astype(np.bool_)
    lower = np.array([min(p.x_mm for p in points), min(p.y_mm for p in points)])
    upper = np.array([max(p.x_mm for p in points), max(p.y_mm for p in points)])
    pen_px = max(1, round(height_px * _LINE_SHARE))
    room = np.array([width_px, height_px]) * (1 - 2 * _MARGIN_SHARE) - pen_px
    scale = float((room / np.maximum(upper - lower, 1.0)).min())  # a dot is not blown up: 1 mm at least
    offset = np.array([width_px - 1, height_px - 1]) / 2 - (lower + upper) / 2 * scale
    for stroke in filter(None, strokes.strokes):
        placed = np.array([(p.x_mm, p.y_mm) for p in stroke]) * scale + offset
        fixed = np.round(placed * (1 << _SUBPIXEL_BITS)).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [fixed], False, 255, pen_px, cv2.LINE_8, _SUBPIXEL_BITS)
    return canvas > 0


def encode_for_chip(strokes: Strokes) -> bytes:
    """The 924 bytes of the chip's signature file, without its length prefix."""
    return pack_ink(render_signature(strokes, CHIP_WIDTH_PX, CHIP_HEIGHT_PX))


def pack_ink(ink: Ink) -> bytes:
    return np.packbits(ink, axis=1).tobytes()


def unpack_ink(packed: bytes, width_px: int = CHIP_WIDTH_PX, height_px: int = CHIP_HEIGHT_PX) -> Ink:
    """The inverse of `pack_ink` and `encode_for_chip`; raises `BadSignature` for another number of bytes."""
    row_bytes = (width_px + 7) // 8
    if len(packed) != row_bytes * height_px:
        raise BadSignature(f"{len(packed)} bytes, {row_bytes * height_px} wanted")
    rows = np.frombuffer(packed, dtype=np.uint8).reshape(height_px, row_bytes)
    return np.unpackbits(rows, axis=1, count=width_px).astype(np.bool_)


def _points(strokes: Strokes) -> list[PenPoint]:
    points = [point for stroke in strokes.strokes for point in stroke]
    if len(points) > _POINTS_MAX:
        raise BadSignature(f"{len(points)} points, at most {_POINTS_MAX}")
    if not all(0 <= p.x_mm <= strokes.width_mm and 0 <= p.y_mm <= strokes.height_mm for p in points):
        raise BadSignature("a point off the pad")  # also what is not a number
    return points


def _length_mm(stroke: tuple[PenPoint, ...]) -> float:
    return float(sum(np.hypot(b.x_mm - a.x_mm, b.y_mm - a.y_mm) for a, b in pairwise(stroke)))
