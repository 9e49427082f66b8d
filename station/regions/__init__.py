"""The region tables in force and before, as data: a code is in force, retired, or never was."""

from __future__ import annotations

import csv
import gzip
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from station.domain.citizen import RegionStanding


class BadRegionTable(Exception):
    """A table that cannot be read; names the file and line."""


@dataclass(frozen=True)
class RegionTable:
    """One decree's table. Codes are undotted digits: province 2, kabupaten/kota 4, kecamatan 6, village 10."""

    decree: str
    dated: date
    path: Path

    @cached_property
    def names(self) -> Mapping[str, str]:
        with gzip.open(self.path, "rt", encoding="utf-8", newline="") as text:
            rows = csv.reader(text)
            if next(rows, None) != ["code", "name"]:
                raise BadRegionTable(f"{self.path}: line 1 is not 'code,name'")
            return {self._code(row, rows.line_num): row[1] for row in rows}

    def _code(self, row: list[str], line: int) -> str:
        digits = row[0].replace(".", "") if len(row) == 2 else ""
        if len(digits) not in (2, 4, 6, 10) or not (digits.isascii() and digits.isdigit()):
            raise BadRegionTable(f"{self.path}: line {line} is not a code and a name")
        return digits


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
    """The tables that `index.toml` names; each is read when it is first asked."""
    index = tomllib.loads((folder / "index.toml").read_text(encoding="utf-8"))
    return RegionTables(
        tuple(RegionTable(t["decree"], t["dated"], folder / t["file"]) for t in index["tables"])
    )
