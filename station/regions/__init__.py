"""The region tables in force and before, as data: a code is in force, retired, or never was."""

from __future__ import annotations

import csv
import gzip
import re
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from station.domain.citizen import RegionStanding


class BadRegionTable(Exception):
    """A table that cannot be read; names the file and line."""


_CODE = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?", re.ASCII)


@dataclass(frozen=True)
class RegionTable:
    """One decree's table. Codes are undotted digits: province 2, kabupaten/kota 4, kecamatan 6, village 10."""

    decree: str
    dated: date
    path: Path

    @cached_property
    def names(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        line = 0
        try:
            with gzip.open(self.path, "rt", encoding="utf-8", newline="") as text:
                rows = csv.reader(text, strict=True)
                for row in rows:
                    line = rows.line_num
                    if line == 1:
                        self._check_heading(row)
                        continue
                    code, name = self._line(row, line)
                    if code in found:
                        raise BadRegionTable(f"{self.path}: line {line} names a code a second time")
                    found[code] = name
        # A cut or foreign file shows as one of these, after the last line that could be read.
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            raise BadRegionTable(f"{self.path}: after line {line}: {error}") from None
        if not found:
            raise BadRegionTable(f"{self.path}: line {line}: no codes")
        return found

    def _check_heading(self, row: list[str]) -> None:
        if row != ["code", "name"]:
            raise BadRegionTable(f"{self.path}: line 1 is not 'code,name'")

    def _line(self, row: list[str], line: int) -> tuple[str, str]:
        code, name = row if len(row) == 2 else ("", "")
        if not _CODE.fullmatch(code) or not name.strip():
            raise BadRegionTable(f"{self.path}: line {line} is not a code and a name")
        return code.replace(".", ""), name


@dataclass(frozen=True)
class RegionTables:
    """Newest first; the first is in force."""

    tables: tuple[RegionTable, ...]

    @property
    def in_force(self) -> RegionTable:
        return self.tables[0]

    def standing(self, code: str) -> RegionStanding:
        """`code` in digits, of any level."""
        for table in self.tables:
            if code in table.names:
                return RegionStanding(in_force=table is self.in_force, last_decree=table.decree)
        return RegionStanding(in_force=False)

    def villages(self, kabupaten: str) -> list[str]:
        """The village codes in force under a kabupaten/kota, in code order."""
        return sorted(code for code in self.in_force.names if len(code) == 10 and code.startswith(kabupaten))

    def names_of(self, village: str) -> tuple[str, str, str, str]:
        """(provinsi, kabupaten, kecamatan, kelurahan) of a village in force, upper case as on the card. `KeyError`."""
        names = self.in_force.names
        return tuple(names[village[:n]].upper() for n in (2, 4, 6, 10))  # type: ignore[return-value]


def load_region_tables(folder: Path = Path(__file__).parent) -> RegionTables:
    """The tables that `index.toml` names; each is read when it is first asked. `BadRegionTable` for a bad index."""
    path = folder / "index.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["tables"]
        tables = tuple(RegionTable(row["decree"], row["dated"], folder / row["file"]) for row in rows)
        newest_first = sorted(tables, key=lambda table: table.dated, reverse=True)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadRegionTable(f"{path}: {type(error).__name__}: {error}") from None
    if not tables or list(tables) != newest_first:
        raise BadRegionTable(f"{path}: the tables are not named newest first")
    return RegionTables(tables)
