"""The only file of this package that opens files: the documents' texts, and the fonts they are set in."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from station.documents.texts import RECEIPT_TEXTS, Texts, parse_texts

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
REGULAR: Final = "station-regular"
BOLD: Final = "station-bold"


@lru_cache(maxsize=4)
def receipt_texts(folder: Path | None = None) -> Texts:
    """`receipts.toml`; an office may keep its own folder. `BadTexts` for what is in it."""
    file = (folder or TEMPLATES / "documents") / "receipts.toml"
    return parse_texts(file.read_bytes(), RECEIPT_TEXTS, file=file.name)


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """The names above are known to reportlab afterwards, which keeps fonts for the whole process."""
    for name, file in ((REGULAR, "LiberationSans-Regular.ttf"), (BOLD, "LiberationSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO((TEMPLATES / "fonts" / file).read_bytes())))
