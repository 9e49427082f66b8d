"""One station, joined from its configuration: log, vault, keys, devices, and what each workflow needs of them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from drivers.catalogue import CHIP_PROFILES
from drivers.contracts.card_printer import PrinterFacts
from drivers.contracts.chip_profile import ChipProfile
from station import __version__
from station.artwork.loader import TEMPLATES, load_template
from station.assembly.benches import Benches
from station.assembly.clocks import SystemClock
from station.assembly.identifiers import new_id
from station.assembly.judge import StationJudge, fingers_on_chip
from station.assembly.studio import Studio
from station.config import StationConfig
from station.domain.events import RegionTableApplied, StationOpened, StationPaired
from station.domain.print_ready_record import PrintReadyRecord
from station.ports import Clock, EventLog, Random, ServiceDesk, StoreError
from station.regions import RegionTables, load_region_tables
from station.sealing.key_guards import KeyGuard, PassphraseGuard, PlainFileGuard, check_tight
from station.sealing.key_ring import BadKeyRing, StationKeyRing, load_station, save
from station.store.event_log import SqliteEventLog
from station.store.folder import make_private_folder, sync_folder
from station.store.vault import SqliteVault
from station.uplink.identity import Pairing
from station.uplink.receiving import PRINT_READY_RECORD
from station.workflows.capture_parts import CaptureBench
from station.workflows.carried_list import CarriedList
from station.workflows.enrol import RecordingDesk
from station.workflows.hand_over import FingerMatcher
from station.workflows.lost_cards import find_lost_cards
from station.workflows.personalise_card import CardArtwork, CardWorkshop, NotPrintable
from station.workflows.read_card import CardReading, read_card
from station.workflows.resolve_in_doubt import ChipLook, Finding, Seen
from station.workflows.sweep import sweep

_PAIRING_FILE = "pairing.json"


class NotPaired(Exception):
    """The station knows no centre yet: records cannot be sealed. `ektp pair` ends that."""


@dataclass(frozen=True)
class Station:
    """A station that owns its data folder until `close`. Build it with `open_station`."""

    config: StationConfig
    folder: Path
    keys: StationKeyRing
    guard: KeyGuard
    log: EventLog
    store: SqliteEventLog
    vault: SqliteVault
    benches: Benches
    regions: RegionTables
    profile: ChipProfile
    studio: Studio
    judge: StationJudge
    clock: Clock
    random: Random
    turns: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    """The uplink's, shared by all that turn it."""

    def close(self) -> None:
        self.benches.close()
        self.vault.close()
        self.store.close()

    def new_id(self, prefix: str) -> str:
        return new_id(prefix, self.clock.now(), self.random)

    # --- pairing ---

    @property
    def pairing(self) -> Pairing:
        """`NotPaired` until `pair` was done; `StoreError` when the file is damaged."""
        path = self.folder / _PAIRING_FILE
        if not path.exists():
            raise NotPaired(f"{self.folder}: not paired with a centre; run `ektp pair`")
        check_tight(path)
        try:
            return Pairing.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError):  # a `BadMessage` is one
            raise StoreError(f"{path}: cannot be read; restore it, or run `ektp pair --again`") from None

    @property
    def is_paired(self) -> bool:
        return (self.folder / _PAIRING_FILE).exists()

    def keep_pairing(self, pairing: Pairing) -> None:
        """Pins the centre's keys: from now on only they are trusted."""
        path = self.folder / _PAIRING_FILE
        unfinished = path.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(pairing.to_json(), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(self.folder)
        self.log.append(StationPaired(pairing.centre_id, pairing.sealing.key_id, pairing.signing.key_id))

    # --- what the workflows need ---

    def recording_desk(self, desk: ServiceDesk) -> RecordingDesk:
        pairing = self.pairing
        return RecordingDesk(
            log=self.log,
            vault=self.vault,
            carried=CarriedList(self.vault),
            regions=self.regions,
            devices=CaptureBench(
                self.benches.fingers, self.benches.irises, self.benches.camera, self.benches.pad, self.judge
            ),
            desk=desk,
            settings=self.config.capture,
            station_id=pairing.station_id,
            centre_key=pairing.sealing,
            clock=self.clock,
            new_id=self.new_id,
            check_room=self.vault.check_room,
        )

    def workshop(self, printer: str, step: Callable[[str, str], None]) -> CardWorkshop:
        """`NotPrintable` for a printer that the configuration does not name."""
        bench = self.benches.printers.get(printer)
        if bench is None:
            raise NotPrintable("printer_away", f"no printer {printer!r} in the configuration")
        return CardWorkshop(
            log=self.log,
            bench=bench,
            profile=self.profile,
            open_module=self.benches.open_module,
            issuer=self.pairing.issuer,
            draw=self._draw,
            clock=self.clock,
            step=step,
        )

    def _draw(self, record: PrintReadyRecord, facts: PrinterFacts) -> CardArtwork:
        return self.studio.draw(record, facts, self.clock.now().date())

    def print_ready_record(self, authorisation_id: str) -> PrintReadyRecord:
        """What the centre sent for this authorisation; `NotPrintable` when it is not here."""
        subject = self.log.subject("authorisation", authorisation_id)
        if subject is None:
            raise NotPrintable("unknown_authorisation", authorisation_id)
        record = PrintReadyRecord.from_json(json.loads(self.vault.get(subject.facts["record_id"], PRINT_READY_RECORD)))
        if record.authorisation_id != authorisation_id:
            raise NotPrintable("unknown_authorisation", f"a newer one replaced {authorisation_id}")
        return record

    def read_card(self, printer: str) -> CardReading:
        """The card that lies on the desk's reader; where none is fitted, on this printer's encoder."""
        return self.benches.read(
            printer, lambda reader: read_card(reader, self.profile, self.benches.open_module, self.pairing.issuer)
        )

    def matcher(self) -> FingerMatcher:
        return FingerMatcher(fingers_on_chip, self.judge.match_template, self.judge.match_threshold)

    def seen(self, card_id: str, finding: Finding) -> Seen:
        """What the card's printer shows that bears on a finding: its encoder reads, its counter counts."""
        card = self.log.subject("card", card_id)
        if card is None or card.facts["printer"] not in self.benches.printers:
            return Seen()
        if finding is Finding.GOOD:
            return Seen(look=self.look_at(card_id, self.read_card(card.facts["printer"])))
        if finding is Finding.UNFED:
            bench = self.benches.printers[card.facts["printer"]]
            return Seen(cards_in=bench.run(lambda at: at.printer.status().cards_in))
        return Seen()

    def look_at(self, card_id: str, reading: CardReading) -> ChipLook:
        """Whether what was read is the record that this card was made for."""
        card = self.log.subject("card", card_id)
        wanted = self.print_ready_record(card.facts["authorisation_id"]).chip if card else None
        return ChipLook(reading.chip_id, reading.genuine and reading.files == wanted)


LogWrapper = Callable[[EventLog], EventLog]


def open_station(
    config: StationConfig,
    *,
    clock: Clock | None = None,
    random: Random = os.urandom,
    around_log: LogWrapper = lambda log: log,
    only_reads: bool = False,
) -> Station:
    """Takes the data folder, opens everything, and puts cards that were at work into doubt.

    `around_log` may stand between the workflows and the log (tests kill there). A station that `only_reads` appends
    nothing by being opened. Raises `StoreError`, `FilesExposed`,
    `GuardRefused` or `BadKeyRing`; a device that is missing or broken raises nothing.
    """
    clock = clock or SystemClock()
    folder = Path(config.data)
    make_private_folder(folder)
    guard = guard_of(config)
    with ExitStack() as opened:  # what fails half-way leaves no lock behind
        store = opened.enter_context(SqliteEventLog(folder, clock))
        keys = _keys(folder / "keys" / "station.json", guard, store)
        benches = Benches(config)
        opened.callback(benches.close)
        station = Station(
            config=config,
            folder=folder,
            keys=keys,
            guard=guard,
            log=around_log(store),
            store=store,
            vault=opened.enter_context(SqliteVault(folder, keys, clock, random=random)),
            benches=benches,
            regions=load_region_tables(),
            profile=CHIP_PROFILES[config.card.chip](TEMPLATES),
            studio=Studio(load_template(config.card.template), config.card.place_of_issue),
            judge=StationJudge(),
            clock=clock,
            random=random,
        )
        if not only_reads:
            _say_what_is_new(station)
            find_lost_cards(station.log)
            sweep(station.log, station.vault, PRINT_READY_RECORD)
        opened.pop_all()
    return station


def guard_of(config: StationConfig) -> KeyGuard:
    if config.keys.guard == "plain-file":
        return PlainFileGuard()
    path = Path(config.keys.passphrase_file)

    def passphrase() -> str:
        check_tight(path)
        return path.read_text(encoding="utf-8").strip()

    return PassphraseGuard(passphrase)


def _keys(path: Path, guard: KeyGuard, store: SqliteEventLog) -> StationKeyRing:
    """The station's keys, made at the first start, before the log's first line. `BadKeyRing` when they are lost."""
    try:
        return load_station(path, guard)
    except FileNotFoundError:
        if store.head()[0]:
            what = "without it nothing that is kept here can be read; restore it from its copy"
            raise BadKeyRing(f"{path}: is gone, and this station has worked with it: {what}") from None
        make_private_folder(path.parent)
        save(StationKeyRing.generate(), path, guard)
        return load_station(path, guard)


def _say_what_is_new(station: Station) -> None:
    station.log.append(StationOpened(__version__, station.guard.name))
    table = station.regions.in_force
    if station.log.subject("region_table", table.decree) is None:
        station.log.append(RegionTableApplied(table.decree, table.dated.isoformat()))
