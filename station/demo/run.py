"""One run of the demonstration: the office opens, the day is played to its end, and what it came to is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from station.assembly.live import live_beside
from station.assembly.station import Station, open_station
from station.demo.day import citizens
from station.demo.office import KABUPATEN, OfficePlan, open_office, sort_faults
from station.demo.play import Play
from station.demo.prepare import prepare_station, write_module_key
from station.demo.progress import Progress
from station.demo.summary import Paths, summarise
from station.store.folder import make_private_folder
from station.workflows.carried_list import CarriedList

PRR_DELAY_S = 0.3
SPARE_BLANKS = 5
_BOOK = "runs.json"
Stay = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What is asked for on the command line."""

    citizens: int
    seed: int
    offline_until: int
    faults: str
    data: Path
    pace: float = 0.0
    web_port: int = 0


def run_demo(plan: DemoPlan, progress: Progress, stay: Stay | None = None) -> dict[str, Any]:
    """Plays the day. With `stay` the board is live beside it, and everything runs on until `stay(result)` returns.

    `ValueError` for a fault that nobody knows, before anything is started.
    """
    started = time.monotonic()
    faults = sort_faults(plan.faults)
    make_private_folder(plan.data)
    book = _Book(plan.data / _BOOK)
    run, first = book.begin(plan.seed, plan.citizens)
    write_module_key(plan.data)
    office_plan = OfficePlan(plan.data, plan.seed, run, faults, plan.pace, PRR_DELAY_S, plan.web_port)
    with open_office(office_plan) as office:
        progress.told("office_opened", "data " + str(plan.data))
        station = open_station(office.config)
        try:
            run_from = station.log.head()[0]
            play = Play(station, office, progress, plan.data / "receipts")
            with _board(station, progress, uplink=False) if stay else nullcontext():
                _prepare(play, plan)
                _play(play, plan, first)
            faces = tuple(sorted(office.pictures.glob("*.png")))
            paths = Paths(plan.data, faces, tuple(play.tally.receipts_kept))
            result = summarise(
                station, play, plan.citizens, plan.seed, paths, run_from, time.monotonic() - started
            )
            if stay:
                with _board(station, progress, uplink=True):
                    stay(result)
            return result
        finally:
            station.close()


@contextmanager
def _board(station: Station, progress: Progress, *, uplink: bool) -> Iterator[None]:
    """The live board. During the play the play itself works the line; afterwards the uplink does, as in an office."""
    with live_beside(station, uplink=uplink) as address:
        progress.told("board", address)
        yield


def _prepare(play: Play, plan: DemoPlan) -> None:
    """Says what was prepared; the pairing is of the first run."""
    fingerprint = prepare_station(play.station, play.office, blanks=plan.citizens + SPARE_BLANKS)
    play.progress.told("paired", fingerprint)
    play.progress.told("stock_received", str(plan.citizens + SPARE_BLANKS))


def _play(play: Play, plan: DemoPlan, first: int) -> None:
    """Each citizen is recorded; while the centre is away, the records wait; once it is back, all drains."""
    today = datetime.now().astimezone().date()
    day = citizens(plan.seed, first + plan.citizens, play.station.regions, KABUPATEN, today)[first:]
    CarriedList(play.station.vault).replace(citizen.listed for citizen in day if citizen.listed)
    offline = min(plan.offline_until, plan.citizens)
    if offline:
        play.office.line_down()
        play.progress.told("centre_away", f"1..{offline}")
    for number, citizen in enumerate(day, start=1):
        play.record(citizen)
        if number == offline:
            play.office.line_up()
            play.progress.told("centre_back")
        if number >= offline:
            play.exchange()
            play.make_cards()
            play.hand_over_cards()


class _Book:
    """How often this folder was played with which seed: a later run goes on with the next citizens, on new blanks."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, seed: int, count: int) -> tuple[int, int]:
        """(number of this run, index of its first citizen)."""
        known: dict[str, Any] = {"runs": 0, "next": {}}
        if self._path.exists():
            known = json.loads(self._path.read_text())
        run, first = int(known["runs"]), int(known["next"].get(str(seed), 0))
        known["runs"], known["next"][str(seed)] = run + 1, first + count
        self._path.write_text(json.dumps(known))
        return run, first

