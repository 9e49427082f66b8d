"""A paired station, opened as in an office, with a printer that a test can tell what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.chips.ktp_el.simulator import KtpElChip
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.chip_profile import ChipFiles
from drivers.modules.memory.key_file import write_key_file
from station.assembly.commands import Result, run_command
from station.assembly.station import Station, open_station
from station.config import StationConfig, parse_config
from station.devices.lane import Lane
from station.domain.canonical import canonical
from station.domain.events import BlanksLoaded, BlanksReceived, PrintReadyRecordReserved
from station.domain.print_ready_record import PrintReadyRecord
from station.sealing.signatures import generate_signing_key
from station.sealing.suites import generate_sealing_key
from station.uplink.identity import Pairing
from station.uplink.receiving import PRINT_READY_RECORD
from station.web.owner_socket import CommandRefused
from station.workflows.personalise_card import PrinterBench
from tests.unit.workflows.card_bench import Blank, SmallPrinter, SmallReader
from tests.unit.workflows.card_office import PRINTER, HandClock
from tests.unit.workflows.card_people import ISSUER, print_ready_record


def config_in(folder: Path) -> StationConfig:
    key = folder / "module.key"
    if not key.exists():
        write_key_file(key, PUBLISHED_TEST_MASTER_KEY)
    devices = {
        "secure_access_module": {"model": "memory", "endpoint": f"file://{key}"},
        "card_printers": [{"name": PRINTER, "model": "evolis", "endpoint": "tcp://127.0.0.1:9"}],
    }
    return parse_config({"data": str(folder / "data"), "devices": devices}, "station.toml")


@dataclass
class Desk:
    """The station, its printer, and how a person at the command line asks it."""

    folder: Path
    clock: HandClock
    station: Station
    printer: SmallPrinter
    reader: SmallReader

    def __call__(self, command: str, **arguments: object) -> Result:
        return run_command(self.station, command, arguments)

    def refused(self, command: str, **arguments: object) -> CommandRefused:
        with pytest.raises(CommandRefused) as refused:
            self(command, **arguments)
        return refused.value

    def pair(self) -> None:
        signing, sealing = generate_signing_key().public, generate_sealing_key().public
        self.station.keep_pairing(Pairing("c-1", "s-1", signing, sealing, ISSUER.public))

    def add_blank(self) -> Blank:
        blank = Blank(KtpElChip(b"\x80" + (len(self.printer.hopper) + 1).to_bytes(7, "big")))
        self.printer.hopper.append(blank)
        self.station.log.append(BlanksReceived(1, "SJ-1", "op"), BlanksLoaded(PRINTER, 1, "op"))
        return blank

    def reserve(self, name: str = "authorisation-1", chip: ChipFiles | None = None) -> PrintReadyRecord:
        record = print_ready_record(name, chip)
        self.station.vault.put(record.record_id, PRINT_READY_RECORD, canonical(record.to_json()))
        until = record.valid_until.isoformat()
        self.station.log.append(PrintReadyRecordReserved(record.authorisation_id, record.record_id, until, "00"))
        return record


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = HandClock()
    station = open_station(config_in(tmp_path), clock=clock)
    printer = SmallPrinter(station.log)
    reader = SmallReader(printer)
    station.benches.printers[PRINTER].close()
    station.benches.printers[PRINTER] = Lane(PRINTER, lambda: PrinterBench(printer, reader), lambda _: None)
    made = Desk(tmp_path, clock, station, printer, reader)
    made.pair()
    yield made
    station.close()
