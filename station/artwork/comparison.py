"""Whether the face sent to the printer shows the photo that the chip holds, measured on the panels themselves."""

from __future__ import annotations

from typing import Final

import numpy as np

from drivers.contracts.card_printer import Face
from station.artwork.panels import recompose
from station.artwork.pictures import photo

# Half a step of a printer with 32 levels is 4; three steps are no rounding any more.
_DIFFERENT: Final = 25
# Measured: a portrait compressed again at 180 x 240 and quality 30 0.10, another person before the same ground 0.28.
SAME_PHOTO_MAX: Final = 0.15


def photo_difference(face: Face, photo_box_px: tuple[int, int, int, int], photo_jpeg: bytes) -> float:
    """Share of the box's pixels that differ visibly from the photo at its size, 0..1. `BadPicture` if it is none.

    The same file gives 0; SAME_PHOTO_MAX leaves room for a chip's copy that is smaller and compressed harder.
    """
    left, top, right, bottom = photo_box_px
    expected, _ = photo(photo_jpeg, size_px=(right - left, bottom - top))
    shown = recompose(face)[top:bottom, left:right]
    apart = np.abs(shown.astype(np.int16) - np.asarray(expected, np.int16)).max(axis=2)
    return float((apart > _DIFFERENT).mean())
