"""The binding says what is written in each field of a card and how it is fitted; a key it does not know is refused.

TOML's reader keeps no line numbers, so `_lines` finds them again: tables and keys stand at the start of their lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, TypeVar

from drivers.contracts.card_printer import Panel
from station.artwork.errors import TemplateError
from station.artwork.svg_values import Colour, colour
from station.domain.citizen import Biodata

_T = TypeVar("_T")
_BYTES_MAX: Final = 1 << 18
_LINES_MAX: Final = 4
_HEADER: Final = re.compile(r"\s*\[([A-Za-z0-9_.-]+)\]")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_TOML_LINE: Final = re.compile(r"\(at line (\d+)")

ISSUE_SOURCES: Final = ("issued_place", "issued_on")
SOURCES: Final = (*(f.name for f in fields(Biodata)), *ISSUE_SOURCES)
_DATE_SOURCES: Final = ("tanggal_lahir", "issued_on")


class Format(StrEnum):
    TEXT = "text"
    UPPER = "upper"
    DATE = "date"  # DD-MM-YYYY
    REGENCY = "regency"  # upper, with KABUPATEN or KOTA before a name that has neither


@dataclass(frozen=True, slots=True)
class Part:
    source: str
    format: Format
    prefix: str
    empty: str | None  # written when the value is blank; None: the value is needed


@dataclass(frozen=True, slots=True)
class Fit:
    min_size_mm: float
    lines_max: int


@dataclass(frozen=True, slots=True)
class FieldBinding:
    name: str
    line: int
    parts: tuple[Part, ...]
    join: str
    fit: Fit
    panel: Panel
    required: bool


@dataclass(frozen=True, slots=True)
class PhotoBinding:
    """A frame outside the photo's box, in the colour that the rule gives to the birth year."""

    frame_mm: float
    odd_birth_year: Colour
    even_birth_year: Colour


@dataclass(frozen=True, slots=True)
class SignatureBinding:
    required: bool
    ink_below: int  # grey values under it are ink


@dataclass(frozen=True, slots=True)
class Binding:
    name: str
    version: int
    layout: str
    photo: PhotoBinding
    signature: SignatureBinding
    fields: tuple[FieldBinding, ...]


def parse_binding(data: bytes, *, file: str) -> Binding:
    """`TemplateError` names the line of the first thing that is unknown, missing or of the wrong kind."""
    if len(data) > _BYTES_MAX:
        raise TemplateError(file, 0, f"larger than {_BYTES_MAX} bytes")
    try:
        text = data.decode()
        tables = tomllib.loads(text)
    except UnicodeDecodeError:
        raise TemplateError(file, 0, "not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        at = _TOML_LINE.search(str(error))
        raise TemplateError(file, int(at[1]) if at else 0, f"not TOML: {error}") from None
    return _binding(_Table(tables, "", file, _lines(text)))


def _lines(text: str) -> dict[str, int]:
    """Dotted name of each table and key -> its line, from 1."""
    found: dict[str, int] = {}
    table = ""
    for at, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[1]
            found.setdefault(table, at)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}.{key[1]}".lstrip("."), at)
    return found


class _Table:
    """A TOML table that must be emptied: what nobody took is unknown."""

    def __init__(self, values: Mapping[str, Any], path: str, file: str, lines: Mapping[str, int]) -> None:
        self._left = dict(values)
        self.path, self._file, self._lines = path, file, lines

    def refuse(self, key: str, reason: str) -> TemplateError:
        path = f"{self.path}.{key}".strip(".")
        return TemplateError(self._file, self.line(path), f"{path}: {reason}")

    def line(self, path: str) -> int:
        while path and path not in self._lines:  # inside an inline table: the line of the key that holds it
            path = path.rpartition(".")[0]
        return self._lines.get(path, 0)

    def take(self, key: str, kind: type[_T], default: _T | None = None) -> _T:
        if key not in self._left:
            if default is None:
                raise self.refuse(key, "missing")
            return default
        value = self._left.pop(key)
        if type(value) is not kind:
            raise self.refuse(key, f"must be {kind.__name__}")
        return value

    def text_or_none(self, key: str) -> str | None:
        return self.take(key, str) if key in self._left else None

    def millimetres(self, key: str) -> float:
        value = self._left.pop(key, None)
        if type(value) not in (int, float) or not 0 <= value <= 100:
            raise self.refuse(key, "must be a number of millimetres")
        return float(value)

    def colour(self, key: str) -> Colour:
        found = colour(self.take(key, str), name=key, refuse=lambda reason: self.refuse(key, reason))
        if found is None:
            raise self.refuse(key, "must be #rrggbb")
        return found

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, dict), f"{self.path}.{key}".strip("."), self._file, self._lines)

    def tables(self, key: str) -> list[_Table]:
        values = self.take(key, list)
        if not values or any(type(value) is not dict for value in values):
            raise self.refuse(key, "must be a list of tables")
        return [_Table(value, f"{self.path}.{key}", self._file, self._lines) for value in values]

    def names(self) -> list[str]:
        return list(self._left)

    def done(self) -> None:
        for key in self._left:
            raise self.refuse(key, "unknown key")


def _binding(table: _Table) -> Binding:
    if (profile := table.take("colour_profile", str)) != "srgb":
        raise table.refuse("colour_profile", f"unknown profile {profile!r}")
    bound = table.table("fields")
    found = Binding(
        name=table.take("name", str),
        version=table.take("version", int),
        layout=table.take("layout", str),
        photo=_finished(table.table("photo"), _photo),
        signature=_finished(table.table("signature"), _signature),
        fields=tuple(_finished(bound.table(name), _field) for name in bound.names()),
    )
    table.done()
    return found


def _finished(table: _Table, read: Callable[[_Table], _T]) -> _T:
    found = read(table)
    table.done()
    return found


def _photo(table: _Table) -> PhotoBinding:
    return PhotoBinding(
        frame_mm=table.millimetres("frame_mm"),
        odd_birth_year=table.colour("odd_birth_year"),
        even_birth_year=table.colour("even_birth_year"),
    )


def _signature(table: _Table) -> SignatureBinding:
    found = SignatureBinding(required=table.take("required", bool), ink_below=table.take("ink_below", int))
    if not 1 <= found.ink_below <= 255:
        raise table.refuse("ink_below", "must be 1 to 255")
    return found


def _field(table: _Table) -> FieldBinding:
    if table.take("panel", str) != Panel.BLACK:
        raise table.refuse("panel", "text is printed in k")
    return FieldBinding(
        name=table.path.rpartition(".")[2],
        line=table.line(table.path),
        parts=tuple(_finished(part, _part) for part in table.tables("parts")),
        join=table.take("join", str, " "),
        fit=_finished(table.table("fit"), _fit),
        panel=Panel.BLACK,
        required=table.take("required", bool),
    )


def _fit(table: _Table) -> Fit:
    found = Fit(min_size_mm=table.millimetres("min_size_mm"), lines_max=table.take("max_lines", int))
    if not 1 <= found.lines_max <= _LINES_MAX:
        raise table.refuse("max_lines", f"must be 1 to {_LINES_MAX}")
    if found.min_size_mm <= 0:
        raise table.refuse("min_size_mm", "must be above 0")
    return found


def _part(table: _Table) -> Part:
    source, written = table.take("source", str), table.take("format", str)
    if source not in SOURCES:
        raise table.refuse("source", f"unknown source {source!r}")
    if written not in tuple(Format):
        raise table.refuse("format", f"unknown format {written!r}")
    if (source in _DATE_SOURCES) != (written == Format.DATE):
        raise table.refuse("format", f"{written!r} does not go with {source!r}")
    return Part(source, Format(written), table.take("prefix", str, ""), table.text_or_none("empty"))
