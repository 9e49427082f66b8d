"""Letters of the card's own fonts at whole pixel sizes; faces are opened once and kept."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import ImageFont

from station.artwork.template import Fonts


@lru_cache(maxsize=256)
def _face(font: bytes, size_px: int) -> ImageFont.FreeTypeFont:
    # BASIC: names are Latin, and shaping would make the result hang on which libraries are installed.
    return ImageFont.truetype(io.BytesIO(font), size_px, layout_engine=ImageFont.Layout.BASIC)


def face(fonts: Fonts, size_px: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    return _face(fonts.bold if bold else fonts.regular, size_px)


@lru_cache(maxsize=8)
def _empty_box(font: bytes) -> bytes:
    return bytes(_face(font, 32).getmask("\U0010fffd", mode="1"))


@lru_cache(maxsize=4096)
def _has_letter(font: bytes, letter: str) -> bool:
    return letter == " " or bytes(_face(font, 32).getmask(letter, mode="1")) != _empty_box(font)


def has_all_letters(fonts: Fonts, text: str, *, bold: bool) -> bool:
    """False when a letter would come out as the font's empty box."""
    return all(_has_letter(fonts.bold if bold else fonts.regular, letter) for letter in text)
