"""An independent reader (tesseract) finds each value in its own place on the card as it is printed."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from station.artwork.card_data import CardData, field_text
from station.artwork.panels import recompose
from station.artwork.rendering import CardGeometry, render
from station.artwork.svg_subset import HEIGHT_MM, WIDTH_MM, Box
from station.artwork.template import CardTemplate

GEOMETRY = CardGeometry()
PER_MM = GEOMETRY.dpi / 25.4


@pytest.fixture
def tesseract(require_peer: Callable[[str, str], Path]) -> Path:
    return require_peer("tesseract", "tesseract")


def place_of(room: Box) -> tuple[int, int, int, int]:
    """The room of a field in the bitmap, found without the renderer's own arithmetic of scales."""
    left = (GEOMETRY.width_px - WIDTH_MM * PER_MM) / 2 + room.x_mm * PER_MM
    top = (GEOMETRY.height_px - HEIGHT_MM * PER_MM) / 2 + room.y_mm * PER_MM
    return int(left) - 2, int(top) - 2, int(left + room.width_mm * PER_MM) + 2, int(top + room.height_mm * PER_MM) + 2


def read_back(tesseract: Path, part: Image.Image, mode: str) -> str:
    # The size and the white margin that a reader of paper expects.
    grey = part.convert("L").resize((part.width * 2, part.height * 2), Image.Resampling.LANCZOS)
    black_on_white = ImageOps.expand(grey.point([255 if value > 110 else 0 for value in range(256)]), 20, 255)
    out = io.BytesIO()
    black_on_white.save(out, "PNG", dpi=(600, 600))
    ran = subprocess.run(
        [tesseract, "stdin", "stdout", "-l", "eng", "--psm", mode],
        input=out.getvalue(), capture_output=True, check=True, timeout=60, env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    return "".join(ran.stdout.decode().split())


@pytest.mark.peer("tesseract")
def test_another_program_reads_each_value_in_its_place_on_the_printed_card(
    tesseract: Path, template: CardTemplate, card_of: Callable[..., CardData]
) -> None:
    data = card_of(nama="Abimanyu Kusumawardhana Hadiningrat Wirasentana Putri Sari")
    printed = Image.fromarray(recompose(render(template, data, GEOMETRY).face))
    for field in template.fields:
        expected = field_text(field.binding, data).replace(" ", "")
        if len(expected) > 2:  # a reader of words does not read the single letter of a blood type
            mode = "6" if field.binding.name == "nama" else "7"
            assert read_back(tesseract, printed.crop(place_of(field.room)), mode) == expected, field.binding.name
