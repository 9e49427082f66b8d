"""Colours become amounts of dye, and back: a face can be looked at again from its panels alone.

A pixel of yellow, magenta or cyan is 255 minus blue, green or red of the sRGB picture, rounded to the steps the printer
has; the printer's own curves follow in the printer. Black resin covers whatever is under it.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from drivers.contracts.card_printer import Bitmap, Face, Panel

Pixels = npt.NDArray[np.uint8]

# The channel that a dye takes out of white.
DYES: Final = ((Panel.YELLOW, 2), (Panel.MAGENTA, 1), (Panel.CYAN, 0))


@lru_cache(maxsize=8)
def _dye_amounts(levels: int) -> list[int]:
    """Channel value 0..255 -> dye 0..255 in `levels` even steps, which a driver's own rounding or shifting keeps."""
    top = levels - 1
    return [round(round((255 - value) * top / 255) * 255 / top) for value in range(256)]


def split(picture: Image.Image, *, levels: int) -> dict[Panel, Bitmap]:
    """An RGB picture as the three dye panels."""
    dyed = picture.point(_dye_amounts(levels) * 3).split()
    return {panel: bitmap(dyed[channel]) for panel, channel in DYES}


def overlaid(ground: Bitmap, patch: Bitmap, *, left_px: int, top_px: int) -> Bitmap:
    """`ground` with `patch`, which must lie inside it, in place of what was there."""
    plane = _plane(ground).copy()
    plane[top_px : top_px + patch.height_px, left_px : left_px + patch.width_px] = _plane(patch)
    return Bitmap(ground.width_px, ground.height_px, plane.tobytes())


def bitmap(plane: Image.Image) -> Bitmap:
    return Bitmap(plane.width, plane.height, plane.tobytes())


def recompose(face: Face) -> Pixels:
    """How the printed card looks: height x width x 3, RGB. A missing panel prints nothing; the overlay is clear."""
    sizes = {(b.width_px, b.height_px) for b in face.values()}
    if len(sizes) != 1 or any(len(b.pixels) != b.width_px * b.height_px for b in face.values()):
        raise ValueError("face: panels differ in size")
    ((width, height),) = sizes
    picture = np.full((height, width, 3), 255, np.uint8)
    for panel, channel in DYES:
        if panel in face:
            picture[:, :, channel] = 255 - _plane(face[panel])
    if Panel.BLACK in face:
        picture[_plane(face[Panel.BLACK]) > 0] = 0
    return picture


def _plane(b: Bitmap) -> Pixels:
    return np.frombuffer(b.pixels, np.uint8).reshape(b.height_px, b.width_px)


def png(picture: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()
