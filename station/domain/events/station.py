"""What happens to the station itself: it opens, is paired, gets a region table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from station.domain.events.base import Event, untraced


@dataclass(frozen=True, slots=True)
class StationOpened(Event):
    kind: ClassVar[str] = "station_opened"
    program: str = untraced()
    key_guard: str = "plain-file"  # how the station's keys are unwrapped


@dataclass(frozen=True, slots=True)
class StationPaired(Event):
    kind: ClassVar[str] = "station_paired"
    centre: str
    sealing_key: str = untraced()
    signing_key: str = untraced()


@dataclass(frozen=True, slots=True)
class RegionTableApplied(Event):
    kind: ClassVar[str] = "region_table_applied"
    decree: str
    decree_date: str
