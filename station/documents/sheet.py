"""A narrow sheet of lines, wrapped and never cut, on A6 pages or on one strip of an 80 mm roll."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from station.documents.loader import BOLD, REGULAR, register_fonts
from station.documents.texts import Words

_CODE_SIDE_PT: Final = 15 * mm
_PITCH: Final = 1.25  # of the size of the letters


class Paper(StrEnum):
    A6 = "a6"
    ROLL_80_MM = "roll_80_mm"


@dataclass(frozen=True, slots=True)
class _Format:
    width_pt: float
    height_pt: float | None  # None: as long as what is on it
    margin_pt: float


_FORMATS: Final = {
    Paper.A6: _Format(105 * mm, 148 * mm, 8 * mm),
    Paper.ROLL_80_MM: _Format(80 * mm, None, 4 * mm),  # 72 mm is what such printers print
}


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size_pt: float
    bold: bool = False
    grey: float = 0.0
    before_pt: float = 0.0

    @property
    def font(self) -> str:
        return BOLD if self.bold else REGULAR

    @property
    def height_pt(self) -> float:
        return self.before_pt + self.size_pt * _PITCH


@dataclass(frozen=True, slots=True)
class _Square:
    """A QR code at the right edge; the lines after it stand beside it, so it takes no height of its own."""

    text: str
    height_pt: float = 0.0


@dataclass(frozen=True, slots=True)
class _Rule:
    """A line across, with room above it: for a signature, or between parts."""

    height_pt: float


class Sheet:
    """What is written on it, top to bottom; `pdf()` sets it."""

    def __init__(self, paper: Paper) -> None:
        register_fonts()
        self._format = _FORMATS[paper]
        self._marks: list[_Line | _Square | _Rule] = []
        self._beside_code_pt = 0.0

    def title(self, office: str, words: Words) -> None:
        self._write(office, 8)
        self._write(words.id, 12, bold=True, before_pt=4)
        self._write(words.en, 8, grey=0.35)
        self.rule(4)

    def value(self, label: Words, value: str) -> None:
        name = label.id if label.id == label.en else f"{label.id} / {label.en}"
        self._write(name, 6.5, grey=0.35, before_pt=1.5)
        self._write(value, 9, bold=True)

    def heading(self, words: Words) -> None:
        self._write(f"{words.id} / {words.en}", 8.5, bold=True, before_pt=5)

    def item(self, words: Words) -> None:
        self._write(f"• {words.id} / {words.en}", 8, before_pt=1)

    def note(self, words: Words) -> None:
        self._write(words.id, 8, before_pt=3)
        self._write(words.en, 6.5, grey=0.35)

    def rule(self, room_pt: float) -> None:
        self._marks.append(_Rule(room_pt))

    def code(self, text: str) -> None:
        """To be followed by short lines, which stand beside it."""
        self._marks.append(_Square(text))
        self._beside_code_pt = _CODE_SIDE_PT + 4

    def pdf(self, *, title: str) -> bytes:
        """The same marks give the same bytes: no clock and no chance in them."""
        out, page = io.BytesIO(), self._format
        length = page.height_pt or 2 * page.margin_pt + sum(mark.height_pt for mark in self._marks)
        canvas = Canvas(out, pagesize=(page.width_pt, length), invariant=1, pageCompression=1)
        canvas.setTitle(title)
        y = length - page.margin_pt
        for mark in self._marks:
            if y - mark.height_pt < page.margin_pt - 0.01:
                canvas.showPage()
                y = length - page.margin_pt
            y -= mark.height_pt
            self._set(canvas, mark, y)
        canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _set(self, canvas: Any, mark: _Line | _Square | _Rule, y: float) -> None:
        left = self._format.margin_pt
        if isinstance(mark, _Rule):
            canvas.setLineWidth(0.5)
            canvas.line(left, y, self._format.width_pt - left, y)
        elif isinstance(mark, _Square):
            right = self._format.width_pt - left
            renderPDF.draw(_qr(mark.text), canvas, right - _CODE_SIDE_PT, y - _CODE_SIDE_PT - 4)
        else:
            canvas.setFont(mark.font, mark.size_pt)
            canvas.setFillGray(mark.grey)
            canvas.drawString(left, y + 0.25 * mark.size_pt, mark.text)

    def _write(self, text: str, size_pt: float, *, bold: bool = False, grey: float = 0, before_pt: float = 0) -> None:
        room_pt = self._format.width_pt - 2 * self._format.margin_pt
        if self._beside_code_pt > 0:
            room_pt -= _CODE_SIDE_PT + 4
        for line in _wrapped(text, BOLD if bold else REGULAR, size_pt, room_pt):
            self._marks.append(_Line(line, size_pt, bold, grey, before_pt))
            self._beside_code_pt -= self._marks[-1].height_pt
            before_pt = 0


def _wrapped(text: str, font: str, size_pt: float, room_pt: float) -> list[str]:
    """At spaces; a word wider than the room is broken where it must be, so that no letter is lost."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pdfmetrics.stringWidth(longer, font, size_pt) <= room_pt:
            lines[-1] = longer
        else:
            lines += _pieces(word, font, size_pt, room_pt)
    return lines


def _pieces(word: str, font: str, size_pt: float, room_pt: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and pdfmetrics.stringWidth(pieces[-1] + letter, font, size_pt) > room_pt:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _qr(text: str) -> Any:
    drawing = Drawing(_CODE_SIDE_PT, _CODE_SIDE_PT)
    drawing.add(QrCodeWidget(text, barLevel="M", barWidth=_CODE_SIDE_PT, barHeight=_CODE_SIDE_PT, barBorder=0))
    return drawing
