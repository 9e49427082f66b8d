"""A region table's life: applied once, at a moment that the log knows."""

from __future__ import annotations

from station.domain.events import RegionTableApplied
from station.domain.life import Life

REGION_TABLE = Life(
    name="region_table",
    id_field="decree",
    table={None: {RegionTableApplied: "applied"}},
    ends=frozenset({"applied"}),
)
