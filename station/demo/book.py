"""What one data folder remembers of its runs: how many, who comes next, and whose record is whose.

The people are made from a seed, an index and a day; nothing else of them is kept outside the vault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from station.demo.day import Citizen, citizen_of
from station.demo.office import KABUPATEN
from station.regions import RegionTables

_RUNS = "runs.json"
_WHOSE = "whose.jsonl"


class DemoBook:
    """A later run goes on with the next citizens, on new blanks, and with what a run that was killed left open."""

    def __init__(self, folder: Path) -> None:
        self._runs, self._whose = folder / _RUNS, folder / _WHOSE

    def begin(self, seed: int, count: int) -> tuple[int, int]:
        """(number of this run, index of its first citizen)."""
        known: dict[str, Any] = {"runs": 0, "next": {}}
        if self._runs.exists():
            known = json.loads(self._runs.read_text())
        run, first = int(known["runs"]), int(known["next"].get(str(seed), 0))
        known["runs"], known["next"][str(seed)] = run + 1, first + count
        self._runs.write_text(json.dumps(known))
        return run, first

    def note(self, record_id: str, seed: int, index: int, day: date) -> None:
        with self._whose.open("a", encoding="ascii") as file:
            file.write(json.dumps([record_id, seed, index, day.isoformat()]) + "\n")

    def whose(self, seed: int, regions: RegionTables) -> dict[str, Citizen]:
        """Record -> its citizen, of the people with this seed: only they can stand before the devices of this run."""
        return {
            record_id: citizen_of(seed, index, regions, KABUPATEN, date.fromisoformat(day))
            for record_id, its_seed, index, day in self._lines()
            if its_seed == seed
        }

    def _lines(self) -> Iterator[tuple[str, int, int, str]]:
        if not self._whose.exists():
            return
        for line in self._whose.read_text(encoding="ascii").splitlines():
            record_id, seed, index, day = json.loads(line)
            yield record_id, seed, index, day
