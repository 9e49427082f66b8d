"""A portrait as the best JPEG that fits a number of bytes: the highest quality, then a smaller size, then a refusal."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from station.biometrics.verdicts import Modality, Rgb, UnusableInput

_QUALITY_BEST, _QUALITY_FLOOR = 95, 30  # below 30 the eyes become blocks
_SIDE_PX_FLOOR = 72
_SHRINK = 0.85


class PhotoTooLarge(UnusableInput):
    """Not even the smallest and poorest picture allowed fits the budget."""


def encode_jpeg_within(rgb: Rgb, max_bytes: int) -> bytes:
    """Baseline JPEG 4:2:0 without metadata, at most `max_bytes`; raises `PhotoTooLarge`."""
    picture = Image.fromarray(np.ascontiguousarray(rgb))
    while min(picture.size) >= _SIDE_PX_FLOOR:
        if (found := _best_quality(picture, max_bytes)) is not None:
            return found
        width, height = (round(side * _SHRINK) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    raise PhotoTooLarge(Modality.FACE, f"{max_bytes} bytes hold no {_SIDE_PX_FLOOR} px at quality {_QUALITY_FLOOR}")


def _best_quality(picture: Image.Image, max_bytes: int) -> bytes | None:
    """Bisection over the quality: seven encodings at most."""
    fitting: bytes | None = None
    low, high = _QUALITY_FLOOR, _QUALITY_BEST
    while low <= high:
        quality = (low + high) // 2
        encoded = _encode(picture, quality)
        if len(encoded) <= max_bytes:
            fitting, low = encoded, quality + 1
        else:
            high = quality - 1
    return fitting


def _encode(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
    return buffer.getvalue()
