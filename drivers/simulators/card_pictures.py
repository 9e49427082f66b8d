"""Pictures of simulated cards: what was printed, as PNG, and a plain factory back that copies no real card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

WIDTH_PX, HEIGHT_PX = 1016, 648
_GROUND, _INK, _LINE = (238, 243, 240), (96, 112, 108), (200, 210, 206)


def picture_path(folder: Path, number: int, side: str) -> Path:
    return folder / f"card-{number:04}-{side}.png"


def save_front(folder: Path, number: int, face: npt.NDArray[np.uint8]) -> None:
    _save(Image.fromarray(face), picture_path(folder, number, "front"))


def save_back(folder: Path, number: int) -> None:
    """Every blank comes with its back printed: a neutral pattern, SPECIMEN / CONTOH, and the blank's number."""
    back = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _GROUND)
    pen = ImageDraw.Draw(back)
    for offset in range(-HEIGHT_PX, WIDTH_PX, 24):
        pen.line((offset, HEIGHT_PX, offset + HEIGHT_PX, 0), fill=_LINE, width=2)
    centre = WIDTH_PX // 2
    pen.text((centre, 270), "SPECIMEN", fill=_INK, font=ImageFont.load_default(96), anchor="mm")
    pen.text((centre, 370), "CONTOH", fill=_INK, font=ImageFont.load_default(64), anchor="mm")
    pen.text((centre, 590), f"{number:06}", fill=_INK, font=ImageFont.load_default(32), anchor="mm")
    _save(back, picture_path(folder, number, "back"))


def _save(picture: Image.Image, path: Path) -> None:
    """Under its name only when whole: somebody may be waiting for it."""
    partial = path.with_suffix(".partial")
    picture.save(partial, format="PNG", compress_level=1, dpi=(300, 300))
    partial.replace(path)
