"""The operator of the demonstration names a card in doubt by what is found, and the books are then what lies there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from drivers.contracts.errors import DeviceFault
from drivers.printers.evolis.simulator import EvolisSimulator
from drivers.simulators.control import ControlServer
from drivers.simulators.faults import FaultPlan
from drivers.simulators.field import Field
from drivers.simulators.printing import PrinterServer, Room, SharedPrinter, verbs
from station.assembly.station import Station, open_station
from station.config import DevicesConfig, PrinterConfig, StationConfig
from station.demo.children import Child
from station.demo.mending import SECOND_PERSON, Mender
from station.demo.office import PRINTER, Office
from station.demo.progress import Progress
from station.demo.world import World
from station.domain.events import (
    BlanksLoaded,
    BlanksReceived,
    CardInDoubt,
    CardIntended,
    ChipIdentified,
    Event,
    PrintReadyRecordReserved,
)

BLANKS = 4


@dataclass(slots=True)
class Counter:
    """An office with one printer whose machine and places a test can reach into."""

    station: Station
    office: Office
    machine: EvolisSimulator
    room: Room
    cards: int = 0

    def world(self, since_seq: int = 0) -> World:
        return World(self.station.log, self.office, since_seq)

    def settle(self, since_seq: int = 0) -> None:
        Mender(self.station, self.office, Progress(Console(file=StringIO())), self.world(since_seq)).settle_doubts()

    def lose_sight(self, *, fed: bool, bound: bool = False) -> str:
        """A card goes into doubt before its chip was written; its name."""
        self.cards += 1
        card_id, authorisation_id = f"card-{self.cards}", f"authorisation-{self.cards}"
        counter = self.machine.stock.cards_in
        events: list[Event] = [
            PrintReadyRecordReserved(authorisation_id, f"record-{self.cards}", "2099-01-01T00:00:00+00:00", "00"),
            CardIntended(card_id, authorisation_id, PRINTER, "00", counter),
        ]
        if fed:
            self.station.benches.printers[PRINTER].run(lambda at: at.printer.load_blank())
        if bound:
            events.append(ChipIdentified(card_id, self.room.identifier_of(counter + 1)))
        since = "bound" if bound else "intended"
        events.append(CardInDoubt(card_id, authorisation_id, PRINTER, since, "TransportError"))
        self.station.log.append(*events)
        return card_id

    def named(self, card_id: str) -> str:
        *_, last = self.station.log.history("card", card_id)
        return last.event.kind.removeprefix("doubt_resolved_")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    faults, contactless = FaultPlan(), Field(None)
    room = Room("1", faults, contactless, None)
    machine = EvolisSimulator(room, fires=faults.fires, pace=lambda _: None, blanks=BLANKS, serial="T")
    shared = SharedPrinter(machine)
    hands = ControlServer(verbs(shared, room, faults))
    printer = PrinterConfig(PRINTER, "evolis", PrinterServer(shared, 0).endpoint, "vpcd", "vpcd://127.0.0.1:0")
    station = open_station(StationConfig(str(tmp_path / "data"), devices=DevicesConfig(card_printers=(printer,))))
    station.log.append(BlanksReceived(BLANKS, "SJ-1", "op"), BlanksLoaded(PRINTER, BLANKS, "op"))
    control = Child("printer", None, {"control": hands.endpoint})  # type: ignore[arg-type]
    yield Counter(station, Office({"printer": control}, tmp_path, tmp_path, tmp_path), machine, room)
    station.close()
    hands.close()


def _agree(counter: Counter) -> bool:
    return all(books == world for books, world in counter.world().books_and_world().values())


@pytest.mark.parametrize("bound", [False, True], ids=["no chip was read", "its chip is bound"])
def test_a_blank_that_was_fed_is_found_in_the_reject_box_and_named_unused(counter: Counter, bound: bool) -> None:
    card = counter.lose_sight(fed=True, bound=bound)
    counter.settle()
    assert counter.named(card) == "unused"
    assert len(counter.room.places.reject_box) == 1
    assert counter.world().books_and_world()["put_aside"] == (1, 1)
    assert _agree(counter)


def test_a_blank_that_the_counter_did_not_count_is_named_unfed(counter: Counter) -> None:
    card = counter.lose_sight(fed=False)
    counter.settle()
    assert counter.named(card) == "unfed"
    assert _agree(counter)


def test_a_blank_that_is_nowhere_is_lost_by_the_word_of_two(counter: Counter) -> None:
    card = counter.lose_sight(fed=True)
    counter.machine.card = None  # somebody opened the printer and took it away
    counter.settle()
    assert counter.named(card) == "lost"
    (found,) = counter.station.log.subjects("card", "lost")
    assert (found.facts["second_person"], counter.station.log.stock().missing) == (SECOND_PERSON, 1)
    assert _agree(counter)


def test_the_blank_of_another_card_is_not_taken_for_the_one_that_is_gone(counter: Counter) -> None:
    first = counter.lose_sight(fed=True)
    counter.settle()
    second = counter.lose_sight(fed=True)
    counter.machine.card = None
    counter.settle()
    assert (counter.named(first), counter.named(second)) == ("unused", "lost")
    assert _agree(counter)


def test_a_card_of_an_office_that_is_gone_is_lost_whatever_the_new_counter_says(counter: Counter) -> None:
    card = counter.lose_sight(fed=False)
    counter.settle(since_seq=counter.station.log.head()[0])
    assert counter.named(card) == "lost"


def test_a_blank_that_vanishes_or_comes_out_of_nowhere_is_seen(counter: Counter) -> None:
    assert _agree(counter)
    for change in (-1, 1):
        counter.machine.stock.blanks = BLANKS + change
        assert counter.world().books_and_world()["hopper"] == (BLANKS, BLANKS + change)
        counter.machine.stock.blanks = BLANKS
    counter.station.benches.printers[PRINTER].run(lambda at: at.printer.load_blank())
    assert counter.world().books_and_world()["inside"] == (0, 1)
    counter.station.benches.printers[PRINTER].run(lambda at: at.printer.reject())
    assert counter.world().books_and_world()["put_aside"] == (0, 1)


def test_a_feeder_that_picks_nothing_is_mended_without_a_new_blank(counter: Counter) -> None:
    counter.office.hands("printer", "fault hopper-empty@card=1")
    assert counter.machine.stock.blanks == BLANKS
    with pytest.raises(DeviceFault):
        counter.station.benches.printers[PRINTER].run(lambda at: at.printer.load_blank())
    Mender(
        counter.station, counter.office, Progress(Console(file=StringIO())), counter.world()
    ).mend("fault.hopper_empty")
    counter.station.benches.printers[PRINTER].run(lambda at: at.printer.load_blank())
    assert counter.machine.stock.blanks == BLANKS - 1
