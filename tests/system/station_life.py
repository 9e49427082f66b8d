"""One citizen's life at a station in a process of its own, which may be told to die at its nth event.

The office (devices, line, centre) is somebody else's and lives on. What the log acknowledged is written to
`acknowledged` before the process goes on, so that a parent can hold the log to its word.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from drivers.contracts.parts import Finger
from station.assembly.station import Station, open_station
from station.config import load_config
from station.demo.children import Child
from station.demo.day import Citizen, citizens
from station.demo.office import KABUPATEN, Office
from station.demo.people import PlayedDesk
from station.demo.play import Play
from station.demo.progress import Progress
from station.domain.card import CARD
from station.domain.events import Event
from station.ports import Acknowledgement, EventLog

# Two fingers are enough to live through every event, and eight missing ones are events of their own.
LACKS = tuple(f for f in Finger if f not in (Finger.RIGHT_INDEX, Finger.LEFT_INDEX))


class DyingLog:
    """The station's log; the process is killed just before or just after the nth event, or the nth of a card."""

    def __init__(self, log: EventLog, plan: LifePlan) -> None:
        self._log, self._left, self._before, self._of_cards = log, plan.die_at, plan.die_before, plan.die_at_card
        self._acknowledged = os.open(plan.acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(self, *events: Event) -> Acknowledgement:
        counts = not self._of_cards or any(CARD.concerns(event) for event in events)
        self._left -= counts
        if counts and self._left == 0 and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        acknowledgement = self._log.append(*events)
        os.write(self._acknowledged, f"{acknowledgement.seq} {acknowledgement.head}\n".encode())
        if counts and self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return acknowledgement


@dataclass(frozen=True, slots=True)
class LifePlan:
    """What the parent tells the child. `die_at` 0: live to the end."""

    data: str
    controls: dict[str, str]
    seed: int
    die_at: int
    die_before: bool
    die_at_card: bool  # count only what happens to cards
    before: Sequence[str]  # records of earlier lives
    acknowledged: str


class PlayedLife(Play):
    """The play, with a citizen who has two fingers only."""

    def _desk(self, citizen: Citizen) -> PlayedDesk:
        return replace(super()._desk(citizen), lacks=LACKS)


def live(plan: LifePlan) -> None:
    config = load_config(Path(plan.data) / "station.toml")
    opened = 0

    def dying(log: EventLog) -> EventLog:
        nonlocal opened
        opened, _ = log.head()
        return log

    station = open_station(config, around_log=dying)
    if plan.die_at:
        station = replace(station, log=DyingLog(station.log, plan))
    _play(station, plan)
    station.close()


def _play(station: Station, plan: LifePlan) -> None:
    children = {name: Child(name, None, {"control": control}) for name, control in plan.controls.items()}  # type: ignore[arg-type]
    data = Path(plan.data)
    office = Office(children, data / "station.toml", data / "centre", data / "cards")
    play = PlayedLife(station, office, Progress(Console(quiet=True)), data / "receipts")
    (citizen,) = citizens(plan.seed, 1, station.regions, KABUPATEN, date(2026, 1, 2))
    mine = [s.id for s in station.log.subjects("record") if s.id not in plan.before]
    play.whose = dict.fromkeys(mine, citizen)
    if mine:
        play.finish_open_records()
    else:
        play.record(citizen)
    play.exchange()
    play.make_cards()
    play.hand_over_cards()

