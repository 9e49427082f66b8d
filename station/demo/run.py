"""One run of the demonstration: the office opens, the day is played to its end, and what it came to is told."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.modules.memory.key_file import write_key_file
from station.assembly.station import Station, open_station
from station.assembly.uplinks import pair_station
from station.demo.day import citizens
from station.demo.office import KABUPATEN, PRINTER, STATION_ID, Office, OfficePlan, key_file, open_office, sort_faults
from station.demo.play import Play
from station.demo.progress import Progress
from station.demo.summary import Paths, summarise
from station.store.folder import make_private_folder
from station.workflows.carried_list import CarriedList

PRR_DELAY_S = 0.3
CODE_TIMEOUT_S = 30.0
_BOOK = "runs.json"


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


class FingerprintsDiffer(Exception):
    """Somebody stood between station and centre at pairing."""


def run_demo(plan: DemoPlan, progress: Progress, while_open: Callable[[Station], None] | None = None) -> dict[str, Any]:
    """Plays the day; with `while_open`, leaves everything running until that returns. `ValueError`: a bad fault."""
    started = time.monotonic()
    faults = sort_faults(plan.faults)
    make_private_folder(plan.data)
    book = _Book(plan.data / _BOOK)
    run, first = book.begin(plan.seed, plan.citizens)
    make_private_folder(plan.data / "simulators")
    if not key_file(plan.data).exists():
        write_key_file(key_file(plan.data), PUBLISHED_TEST_MASTER_KEY)
    office_plan = OfficePlan(plan.data, plan.seed, run, faults, plan.pace, PRR_DELAY_S, plan.web_port)
    with open_office(office_plan) as office:
        progress.told("office_opened", "data " + str(plan.data))
        station = open_station(office.config)
        try:
            run_from = station.log.head()[0]
            play = Play(station, office, progress, plan.data / "receipts")
            _prepare(play, plan)
            _play(play, plan, first)
            faces = tuple(sorted(office.pictures.glob("*.png")))
            paths = Paths(plan.data, faces, tuple(play.tally.receipts_kept))
            result = summarise(
                station, play, plan.citizens, plan.seed, paths, run_from, time.monotonic() - started
            )
            if while_open is not None:
                while_open(station)
            return result
        finally:
            station.close()


def _prepare(play: Play, plan: DemoPlan) -> None:
    """Pairs at the first run, receives blanks, and fills the hopper with what the books say is in it."""
    if not play.station.is_paired:
        _pair(play.station, play.office)
        play.progress.told("paired", play.station.pairing.fingerprint)
    play.receive_blanks(plan.citizens)
    play.fill_hopper()


def _pair(station: Station, office: Office) -> None:
    """A person carries the code from the centre to the station, and both read their fingerprints aloud."""
    folder = str(office.centre_folder)
    asyncio.run(pair_station(station, _said("central", "code", STATION_ID, "--data", folder)))
    if _said("central", "fingerprint", "--data", folder) != station.pairing.fingerprint:
        raise FingerprintsDiffer("the centre's fingerprint is not what the station pinned")


def _said(*arguments: str) -> str:
    """What `ektp` prints, run as its own process: at the centre's machine, not here."""
    done = subprocess.run(
        [sys.executable, "-m", "station", *arguments], capture_output=True, timeout=CODE_TIMEOUT_S, check=True
    )
    return done.stdout.decode().strip()


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
        known = json.loads(self._path.read_text()) if self._path.exists() else {"runs": 0, "next": {}}
        run, first = int(known["runs"]), int(known["next"].get(str(seed), 0))
        known["runs"], known["next"][str(seed)] = run + 1, first + count
        self._path.write_text(json.dumps(known))
        return run, first


__all__ = ["PRINTER", "DemoPlan", "FingerprintsDiffer", "run_demo"]
