"""An office that makes cards: one printer on its lane, its books in a real log, and the people around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from drivers.chips.ktp_el.simulator import KtpElChip
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.card_printer import PrinterFacts
from drivers.contracts.chip_profile import ChipFiles, ChipLife
from drivers.contracts.errors import DeviceError
from drivers.contracts.secure_access_module import SecureAccessModule
from drivers.modules.memory.driver import MemoryModule
from drivers.simulators.faults import FaultPlan, parse_faults
from station.devices.lane import Lane
from station.domain.events import BlanksLoaded, BlanksReceived, PrintReadyRecordReserved
from station.domain.print_ready_record import PrintReadyRecord
from station.ports import DeviceAway, Subject
from station.store.event_log import SqliteEventLog
from station.workflows.personalise_card import CardArtwork, CardResult, CardWorkshop, PrinterBench, make_card
from station.workflows.read_card import CardReading, read_card
from station.workflows.resolve_in_doubt import CannotResolve, ChipLook, Finding, Seen, clear_printer, resolve
from tests.unit.workflows.card_bench import Blank, SmallPrinter, SmallReader
from tests.unit.workflows.card_people import ISSUER, PROFILE, START, artwork, print_ready_record

PRINTER = "printer-a"
_ISSUER_SIGNATURE = 0x6FF6


@dataclass
class HandClock:
    """Stands until a test moves it."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time


@dataclass
class CardOffice:
    """One printer, its books, and the people around it. `reopen` is what a start of the station does to the log."""

    folder: Path
    clock: HandClock
    store: SqliteEventLog
    printer: SmallPrinter
    reader: SmallReader
    lane: Lane[PrinterBench]
    log: Any  # an `EventLog`
    draw: Callable[[PrintReadyRecord, PrinterFacts], CardArtwork]
    module_away: bool = False
    module: SecureAccessModule | None = None  # instead of a new one each time
    steps: list[tuple[str, str]] = field(default_factory=list)
    blanks: list[Blank] = field(default_factory=list)
    store_room: list[Blank] = field(default_factory=list)
    _count: int = 0

    def next(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count}"

    def add_blank(self, faults: str = "", *, key: bytes | None = None, identifier: bytes = b"") -> Blank:
        """A blank comes into the office and into the hopper, with its chip."""
        number = len(self.blanks) + 1
        plan = FaultPlan(parse_faults(faults))
        blank = Blank(KtpElChip(identifier or b"\x80" + number.to_bytes(7, "big"), key=key, faults=plan))
        self.blanks.append(blank)
        self.printer.hopper.append(blank)
        self.log.append(BlanksReceived(1, "SJ-1", "op"), BlanksLoaded(PRINTER, 1, "op"))
        return blank

    def reserve(self, chip: ChipFiles | None = None) -> PrintReadyRecord:
        record = print_ready_record(self.next("authorisation"), chip)
        until = record.valid_until.isoformat()
        self.log.append(PrintReadyRecordReserved(record.authorisation_id, record.record_id, until, "00"))
        return record

    @property
    def workshop(self) -> CardWorkshop:
        return CardWorkshop(
            log=self.log,
            bench=self.lane,
            profile=PROFILE,
            open_module=self.open_module,
            issuer=ISSUER.public,
            draw=self.draw,
            clock=self.clock,
            step=lambda name, detail: self.steps.append((name, detail)),
        )

    def open_module(self) -> SecureAccessModule:
        if self.module_away:
            raise DeviceAway("secure_access_module", "no key file")
        return self.module or MemoryModule(PUBLISHED_TEST_MASTER_KEY)

    def put(self, blank: Blank, place: list[Blank]) -> None:
        """By hand, from wherever it lies outside the printer."""
        for pile in (self.printer.tray, self.printer.reject_box, self.store_room):
            if blank in pile:
                pile.remove(blank)
        place.append(blank)

    def make(self, record: PrintReadyRecord) -> CardResult:
        return make_card(self.workshop, record, self.next("card"))

    def reopen(self) -> None:
        """The station stops and starts: what was only in memory is gone."""
        self.store.close()
        self.log = self.store = self.printer.log = SqliteEventLog(self.folder, self.clock)

    # --- looks ---

    def card(self, card_id: str) -> Subject:
        found = self.log.subject("card", card_id)
        assert found is not None
        return found

    def authorisation(self, record: PrintReadyRecord) -> str:
        found = self.log.subject("authorisation", record.authorisation_id)
        assert found is not None
        return found.state

    def kinds(self, card_id: str) -> list[str]:
        return [entry.event.kind for entry in self.log.history("card", card_id)]

    def read(self, blank: Blank) -> CardReading:
        """A person lays this card on the reader."""
        self.reader.laid = blank
        try:
            return self.lane.run(lambda at: read_card(at.encoder, PROFILE, self.open_module, ISSUER.public))
        finally:
            self.reader.laid = None

    def look(self, blank: Blank, record: PrintReadyRecord) -> ChipLook:
        reading = self.read(blank)
        return ChipLook(reading.chip_id, reading.genuine and reading.files == record.chip)

    def good_cards(self, record: PrintReadyRecord) -> list[Blank]:
        """Cards outside the printer and the reject box that anybody would take for this record's card."""
        out = [blank for blank in self.printer.tray if blank.is_printed]
        whole = [blank for blank in out if blank.chip.life is ChipLife.PERSONALISED]
        # Each record's signature is its own: reading every chip of a long day would take longer than the day.
        signature = record.chip.issuer_signature
        named = [blank for blank in whole if signature in blank.chip.eeprom.files[_ISSUER_SIGNATURE]]
        return [blank for blank in named if self.look(blank, record).holds_the_record]

    def check_books(self) -> None:
        """The equation holds and every account is what lies in its place. Only a card in doubt may lie anywhere."""
        books, at = self.log.stock(), self.printer
        assert books.holds
        if books.in_doubt:
            assert books.issued <= len(at.tray)
            assert books.spoiled <= len(at.reject_box)
            assert len(at.hopper) - books.in_doubt <= books.in_printers <= len(at.hopper)
            return
        assert at.inside is None
        assert books.in_printers == len(at.hopper)
        assert (books.issued, books.spoiled) == (len(at.tray), len(at.reject_box))
        assert books.in_store == len(self.store_room)


@contextmanager
def card_office(folder: Path) -> Iterator[CardOffice]:
    clock = HandClock()
    store = SqliteEventLog(folder, clock)
    printer = SmallPrinter(store)
    reader = SmallReader(printer)
    lane: Lane[PrinterBench] = Lane(PRINTER, lambda: PrinterBench(printer, reader), lambda bench: bench.encoder.close())
    office = CardOffice(folder, clock, store, printer, reader, lane, store, lambda _record, _facts: artwork())
    try:
        yield office
    finally:
        lane.close()
        office.store.close()


def settle(office: CardOffice, record: PrintReadyRecord, card_id: str, blank: Blank) -> Finding:
    """A person clears the printer, looks for the card in doubt, says what he finds, and puts it where it belongs."""
    clear_printer(office.log, office.lane)
    at, seen_before = office.printer, office.card(card_id).facts["since"]
    if blank in at.hopper:
        resolve(office.log, card_id, Finding.UNFED, "op", Seen(cards_in=at.cards_in))
        return Finding.UNFED
    if seen_before in ("intended", "bound"):
        resolve(office.log, card_id, Finding.UNUSED, "op")
        office.put(blank, office.store_room)
        return Finding.UNUSED
    finding = Finding.SPOILED
    if blank.is_printed:
        with suppress(CannotResolve, DeviceError):
            resolve(office.log, card_id, Finding.GOOD, "op", Seen(look=office.look(blank, record)))
            finding = Finding.GOOD
    if finding is Finding.SPOILED:
        resolve(office.log, card_id, finding, "op")
    office.put(blank, at.tray if finding is Finding.GOOD else at.reject_box)
    return finding
