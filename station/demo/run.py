"""One run of the demonstration: the office opens, the day is played to its end, and what it came to is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from station.assembly.live import live_beside
from station.assembly.station import Station, open_station
from station.demo.book import DemoBook
from station.demo.day import Citizen, citizens
from station.demo.office import KABUPATEN, OfficePlan, open_office, sort_faults
from station.demo.play import Play
from station.demo.prepare import prepare_station, write_module_key
from station.demo.progress import Progress
from station.demo.summary import Paths, summarise
from station.store.folder import make_private_folder
from station.workflows.carried_list import CarriedList

PRR_DELAY_S = 0.3
SPARE_BLANKS = 5
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
    book = DemoBook(plan.data)
    run, first = book.begin(plan.seed, plan.citizens)
    write_module_key(plan.data)
    office_plan = OfficePlan(plan.data, plan.seed, run, faults, plan.pace, PRR_DELAY_S, plan.web_port)
    with open_office(office_plan) as office:
        progress.told("office_opened", "data " + str(plan.data))
        station = open_station(office.config)
        try:
            run_from = station.log.head()[0]
            today = datetime.now().astimezone().date()
            play = Play(
                station,
                office,
                progress,
                plan.data / "receipts",
                whose=book.whose(plan.seed, station.regions),
                note_whose=lambda record_id, citizen: book.note(record_id, plan.seed, citizen.index, today),
                world_from=run_from,
            )
            with _board(station, progress, uplink=False) if stay else nullcontext():
                _prepare(play, plan)
                _play(play, plan, citizens(plan.seed, first + plan.citizens, station.regions, KABUPATEN, today)[first:])
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


def _play(play: Play, plan: DemoPlan, day: Sequence[Citizen]) -> None:
    """Each citizen is recorded; while the centre is away, the records wait; once it is back, all drains.

    First those are served whom an earlier run began with and did not end.
    """
    known = (*play.whose.values(), *day)
    CarriedList(play.station.vault).replace(citizen.listed for citizen in known if citizen.listed)
    offline = min(plan.offline_until, plan.citizens)
    if offline:
        play.office.line_down()
        play.progress.told("centre_away", f"1..{offline}")
    play.finish_open_records()
    for number, citizen in enumerate(day, start=1):
        play.record(citizen)
        if number == offline:
            play.office.line_up()
            play.progress.told("centre_back")
        if number >= offline:
            play.exchange()
            play.make_cards()
            play.hand_over_cards()
