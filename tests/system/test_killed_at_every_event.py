"""The station is killed at each event of a citizen's life, before it is written and after: nothing is lost.

After each death the station starts again and finishes that life, beside devices and a centre that lived on. Every
citizen gets exactly one card for his print authorisation; what was open at the death was shown as in doubt.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

from station.assembly.commands import run_command
from station.assembly.station import Station, open_station
from station.demo.office import Office, OfficePlan, open_office
from station.demo.prepare import prepare_station, write_module_key
from station.demo.world import World
from station.domain.card import CARD
from station.store.chain import verify
from tests.system.station_life import LifePlan, live

LIFE_TIMEOUT_S = 120.0
# Every station is a process of its own, forked from one that has imported everything.
STATIONS = multiprocessing.get_context("forkserver")
STATIONS.set_forkserver_preload(["tests.system.warm"])
EVENTS_MAX = 60  # of one life; the loop ends by itself when a life is over before its nth event
OPEN_CARD = {state for state in CARD.table if state is not None and state not in CARD.ends}


@dataclass(slots=True)
class Lives:
    """The office that lives on, and one life after the other at its station."""

    office: Office
    data: Path
    number: int = 0
    before: list[str] = field(default_factory=list)

    def child(self, *, die_at: int = 0, die_before: bool = False, die_at_card: bool = False) -> int:
        """Runs a station process; its exit code (-9: it died as planned)."""
        plan = LifePlan(
            data=str(self.data),
            controls={name: child.control for name, child in self.office.children.items() if name != "centre"},
            seed=1000 + self.number,
            die_at=die_at,
            die_before=die_before,
            die_at_card=die_at_card,
            before=tuple(self.before),
            acknowledged=str(self.data / "acknowledged"),
        )
        process = STATIONS.Process(target=live, args=(plan,))
        process.start()
        process.join(LIFE_TIMEOUT_S)
        if process.exitcode is None:
            process.kill()
        assert process.exitcode in (0, -signal.SIGKILL), "the station's own words are in the captured standard error"
        return process.exitcode


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    data = tmp_path / "office"
    data.mkdir(mode=0o700)
    write_module_key(data)
    plan = OfficePlan(data, seed=5, run=0, faults={}, pace=0.0, prr_delay_s=0.0, web_port=0)
    with open_office(plan) as office:
        station = open_station(office.config)
        try:
            prepare_station(station, office, blanks=2 * EVENTS_MAX)
        finally:
            station.close()
        yield Lives(office, data)


def _look(lives: Lives) -> Station:
    return open_station(lives.office.config)


def _check_after_death(lives: Lives, open_before: dict[str, str]) -> None:
    """Opened again: the log holds what was acknowledged, and each card that was at work is shown as in doubt."""
    station = _look(lives)
    try:
        lines = list(station.store.lines(limit=100_000))
        held = {f"{line.seq} {line.hash}" for line in lines}
        promised = set((lives.data / "acknowledged").read_text().split("\n")) - {""}
        assert promised <= held
        assert verify(lines).holds
        shown = {row["id"] for row in run_command(station, "print.status", {})["in_doubt"]}
        assert set(open_before) == shown
        assert station.log.stock().holds
    finally:
        station.close()


def _cards_at_work(lives: Lives) -> dict[str, str]:
    """As the log says before anybody opens the station: cards between intent and end."""
    station = open_station(lives.office.config, only_reads=True)
    try:
        return {card.id: card.state for card in station.log.subjects("card", *sorted(OPEN_CARD))}
    finally:
        station.close()


def _check_after_life(lives: Lives) -> None:
    """One good card for each authorisation, in the books and in the tray; the centre has each record once."""
    station = _look(lives)
    try:
        good = Counter(c.facts["authorisation_id"] for c in station.log.subjects("card", "delivered", "handed_over"))
        assert set(good.values()) == {1}
        records = station.log.subjects("record")
        assert len(good) == len(records) == lives.number + 1
        assert {card.state for card in station.log.subjects("card")} <= {"handed_over", "spoiled", "unused"}
        blanks = station.log.stock()
        assert blanks.holds
        assert blanks.in_doubt == 0
        places = World(station.log, lives.office).books_and_world()
        assert {place: books for place, (books, _) in places.items()} == {p: world for p, (_, world) in places.items()}
        seen: dict[str, Any] = lives.office.hands("printer", "status")
        chips = Counter(card["chip"] for card in seen["tray"] if card["printed"])
        assert set(chips.values()) == {1}
        lives.before = [record.id for record in records]
    finally:
        station.close()
    assert _held_by_centre(lives.office.centre_folder) == lives.number + 1


def _held_by_centre(folder: Path) -> int:
    connection = apsw.Connection(str(folder / "catalogue.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        ((count,),) = connection.execute("SELECT count(DISTINCT record_id) FROM records").fetchall()
        ((rows,),) = connection.execute("SELECT count(*) FROM records").fetchall()
        assert count == rows
        return int(count)
    finally:
        connection.close()


both_sides = pytest.mark.parametrize("die_before", [True, False], ids=["before_the_event", "after_the_event"])


def _may_print(lives: Lives) -> bool:
    station = open_station(lives.office.config, only_reads=True)
    try:
        return bool(station.log.subjects("authorisation", "reserved"))
    finally:
        station.close()


@pytest.mark.timeout(900)
@both_sides
def test_a_recording_whose_station_dies_at_every_event_reaches_the_centre_once(lives: Lives, die_before: bool) -> None:
    """One life: each station process lives for one event of it, up to the print-ready record; then one lives on."""
    deaths = 0
    while deaths < EVENTS_MAX and not _may_print(lives):
        # Who dies before his second event has written one, and done the deed of the next.
        assert lives.child(die_at=2 if die_before else 1, die_before=die_before) == -signal.SIGKILL
        _check_after_death(lives, {})
        deaths += 1
    assert _may_print(lives)
    assert deaths >= 20  # as many events as a recording has; fewer would mean that they are not counted
    assert lives.child() == 0
    _check_after_life(lives)


@pytest.mark.timeout(900)
@both_sides
def test_a_card_whose_station_dies_at_any_event_is_made_once(lives: Lives, die_before: bool) -> None:
    """One life for each event of a card: its station dies there, the next finds the card in doubt, and finishes."""
    for n in range(1, EVENTS_MAX):
        died = lives.child(die_at=n, die_before=die_before, die_at_card=True) != 0
        if died:
            _check_after_death(lives, _cards_at_work(lives))
            assert lives.child() == 0
        _check_after_life(lives)
        lives.number += 1
        if not died:
            break
    assert 10 <= n < EVENTS_MAX  # a card has ten events
