"""What a person at the command line is answered: the kind of reason, the text with its remedy, whose word it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drivers.printers.evolis.simulator import EvolisSimulator
from drivers.simulators.faults import FaultPlan
from drivers.simulators.field import Field
from drivers.simulators.printing import PrinterServer, Room, SharedPrinter
from station.assembly.commands import run_command
from station.assembly.station import Station, open_station
from station.config import DevicesConfig, OfficeConfig, PrinterConfig, StationConfig
from station.domain.events import (
    BlanksLoaded,
    BlanksReceived,
    CardInDoubt,
    CardIntended,
    PrintReadyRecordReserved,
)
from station.domain.print_ready_record import PrintReadyRecord
from station.languages import both
from station.sealing.signatures import generate_signing_key
from station.sealing.suites import generate_sealing_key
from station.uplink.identity import Pairing
from station.uplink.receiving import PRINT_READY_RECORD
from station.web.owner_socket import CommandRefused
from tests.unit.workflows.card_people import ISSUER, START, biodata_of, print_ready_record

PRINTER = "printer-a"
Opened = Callable[[str], Station]


@dataclass(slots=True)
class Morning:
    def now(self) -> object:
        return START


@pytest.fixture
def machine() -> EvolisSimulator:
    room = Room("1", FaultPlan(), Field(None), None)
    return EvolisSimulator(room, fires=FaultPlan().fires, pace=lambda _: None, blanks=3, serial="TEST")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """A paired station with a printer at that endpoint, and three blanks in its books."""
    stations: list[Station] = []

    def opening(endpoint: str) -> Station:
        printer = PrinterConfig(PRINTER, "evolis", endpoint, "vpcd", "vpcd://127.0.0.1:0")
        config = StationConfig(
            str(tmp_path / "data"), OfficeConfig(operator="pagi"), devices=DevicesConfig(card_printers=(printer,))
        )
        station = open_station(config, clock=Morning())  # type: ignore[arg-type]
        stations.append(station)
        signing, sealing = generate_signing_key().public, generate_sealing_key().public
        station.keep_pairing(Pairing("centre", "office", signing, sealing, ISSUER.public))
        station.log.append(BlanksReceived(3, "SJ-1", "pagi"), BlanksLoaded(PRINTER, 3, "pagi"))
        return station

    yield opening
    for station in stations:
        station.close()


@pytest.fixture
def station(opened: Opened, machine: EvolisSimulator) -> Station:
    return opened(PrinterServer(SharedPrinter(machine), 0).endpoint)


def _reserve(station: Station, record: PrintReadyRecord) -> None:
    until = record.valid_until.isoformat()
    station.vault.put(record.record_id, PRINT_READY_RECORD, json.dumps(record.to_json()).encode())
    station.log.append(PrintReadyRecordReserved(record.authorisation_id, record.record_id, until, "00"))


def _refused(station: Station, command: str, **arguments: object) -> CommandRefused:
    with pytest.raises(CommandRefused) as refused:
        run_command(station, command, arguments)
    return refused.value


def _with_a_card_in_doubt(station: Station) -> None:
    record = print_ready_record("authorisation-1")
    _reserve(station, record)
    station.log.append(CardIntended("card-1", record.authorisation_id, PRINTER, "00", 0))
    station.log.append(CardInDoubt("card-1", record.authorisation_id, PRINTER, "intended", "TransportError"))


def test_a_printer_that_is_off_is_a_devices_trouble_and_its_line_is_named(opened: Opened) -> None:
    station = opened("tcp://127.0.0.1:9")
    _reserve(station, print_ready_record("authorisation-1"))
    refused = _refused(station, "print.card")
    assert refused.code == "device"
    assert both("not_printable.printer_away") in refused.text
    assert "127.0.0.1:9" in refused.text


def test_a_module_that_is_missing_is_a_devices_trouble(station: Station) -> None:
    _reserve(station, print_ready_record("authorisation-1"))
    refused = _refused(station, "print.card")
    assert (refused.code, both("not_printable.module_away") in refused.text) == ("device", True)


def test_a_text_that_does_not_fit_is_told_with_the_name_of_its_field(station: Station) -> None:
    record = print_ready_record("authorisation-1")
    _reserve(station, replace(record, biodata=replace(biodata_of(0), nama="PANJANG " * 40)))
    refused = _refused(station, "print.card")
    assert refused.code == "refused"
    assert both("not_printable.text_too_long") in refused.text
    assert "nama" in refused.text
    assert "PANJANG" not in refused.text


def test_a_card_left_inside_is_told_with_the_two_commands_that_end_it(station: Station) -> None:
    _reserve(station, print_ready_record("authorisation-1"))
    station.benches.printers[PRINTER].run(lambda bench: bench.printer.load_blank())
    text = _refused(station, "print.card").text
    assert 0 < text.index("`ektp print clear`") < text.index("`ektp print resolve`")


def test_an_authorisation_whose_card_is_in_doubt_is_a_doubt(station: Station) -> None:
    _with_a_card_in_doubt(station)
    assert _refused(station, "print.card", authorisation="authorisation-1").code == "doubt"


def test_a_card_that_the_books_do_not_know_is_not_cleared_away(station: Station) -> None:
    station.benches.printers[PRINTER].run(lambda bench: bench.printer.load_blank())
    refused = _refused(station, "print.clear")
    assert (refused.code, both("resolve.unknown_card_inside") in refused.text) == ("doubt", True)


def test_a_finding_is_kept_with_the_name_of_who_looked(station: Station) -> None:
    _with_a_card_in_doubt(station)
    assert _refused(station, "print.resolve", card="card-1", finding="spoiled").code == "usage"
    run_command(station, "print.resolve", {"card": "card-1", "finding": "spoiled", "operator": "petugas-7"})
    card = station.log.subject("card", "card-1")
    assert card is not None
    assert (card.state, card.facts["operator"]) == ("spoiled", "petugas-7")


def test_a_card_is_lost_only_by_the_word_of_two(station: Station) -> None:
    _with_a_card_in_doubt(station)
    asked = {"card": "card-1", "finding": "lost", "operator": "petugas-7"}
    refused = _refused(station, "print.resolve", **asked)
    assert (refused.code, both("resolve.second_person_needed") in refused.text) == ("doubt", True)
    assert run_command(station, "print.resolve", {**asked, "second": "petugas-8"})["blanks"]["missing"] == 1


def test_stock_is_booked_by_who_does_it(station: Station) -> None:
    run_command(station, "stock.receive", {"count": 1, "document": "SJ-2"})
    run_command(station, "stock.receive", {"count": 1, "document": "SJ-3", "operator": "siang"})
    entries = run_command(station, "log.show", {"count": 2})["entries"]
    assert [entry["data"]["operator"] for entry in entries] == ["pagi", "siang"]


def test_a_device_that_needs_a_person_is_not_ready_and_says_what_to_do(
    station: Station, machine: EvolisSimulator
) -> None:
    assert run_command(station, "devices.check", {})["all_ready"]
    machine.stock.blanks = 0
    checked = run_command(station, "devices.check", {})
    (row,) = [row for row in checked["devices"] if row["name"] == PRINTER]
    assert not checked["all_ready"]
    assert row["condition"] == "needs_person"
    assert "ektp stock load" in row["faults"]["hopper_empty"]
    json.dumps(checked)
