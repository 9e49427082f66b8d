"""What one card shows, and the words that its fields become; a value is never cut here, only spelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from station.artwork.binding import FieldBinding, Format, Part
from station.artwork.errors import FieldMissing
from station.domain.citizen import Biodata, Nik


@dataclass(frozen=True, slots=True, repr=False)
class CardData:
    """All that the front of one card needs. `photo_jpeg` is the picture the chip holds, so that both show one person.

    `signature_png` is dark ink on light, of any size; None when the citizen cannot sign.
    """

    biodata: Biodata
    photo_jpeg: bytes
    signature_png: bytes | None
    issued_place: str
    issued_on: date
    photo_background_replaced: bool = False

    def __repr__(self) -> str:
        return f"CardData({self.biodata!r})"


def field_text(bound: FieldBinding, data: CardData) -> str:
    """The field's words, spaces made single. `FieldMissing` when a value is needed and blank."""
    written = [_part_text(part, data) for part in bound.parts]
    if bound.required and "" in written:
        raise FieldMissing(bound.name)
    return bound.join.join(text for text in written if text)


def _part_text(part: Part, data: CardData) -> str:
    value = getattr(data if part.source in ("issued_place", "issued_on") else data.biodata, part.source)
    text = " ".join(_formatted(part.format, value, data).split())
    if not text:
        return part.empty or ""
    return text if text.startswith(part.prefix) else part.prefix + text


def _formatted(form: Format, value: object, data: CardData) -> str:
    if isinstance(value, date):
        # Not %d-%m-%Y: %Y leaves out leading zeros of early years on some systems.
        return f"{value.day:02}-{value.month:02}-{value.year:04}"
    text = value.digits if isinstance(value, Nik) else str(value)
    if form is Format.REGENCY:
        return _regency(text.strip().upper(), data.biodata.region_code)
    return text.upper() if form is Format.UPPER else text


def _regency(name: str, region_code: str) -> str:
    """Codes 01-69 of a province are kabupaten, 71-99 kota (Permendagri 58/2021); names mostly say so themselves."""
    if not name or name.split()[0] in ("KABUPATEN", "KAB.", "KAB", "KOTA"):
        return name
    return f"{'KOTA' if region_code[2:4] > '70' else 'KABUPATEN'} {name}"
