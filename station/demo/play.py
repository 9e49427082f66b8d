"""The day as it is played: each citizen is recorded, the line carries what it can, cards are made and handed over.

The play uses the station as a person would. What goes wrong is mended as a person would mend it: a new ribbon, more
blanks, a card looked at. Everything is bounded: a play that does not come to its end says what is left.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from drivers.contracts.errors import DeviceError
from drivers.contracts.parts import Finger
from station.assembly.station import Station
from station.assembly.uplinks import open_uplink
from station.demo.day import Citizen
from station.demo.mending import Mender
from station.demo.office import PRINTER, Office
from station.demo.people import PlayedDesk
from station.demo.progress import Progress
from station.demo.receipts import write_receipt
from station.demo.world import World
from station.domain.enrolment import RecordState
from station.package import EnrolmentPackage
from station.ports import DeviceAway
from station.uplink.report import TurnReport
from station.workflows.enrol import carry_on, open_enrolment
from station.workflows.hand_over import HandOverResult, NotForHandOver, hand_over, hand_over_without_finger
from station.workflows.personalise_card import CardOutcome, CardResult, NotPrintable, make_card

T = TypeVar("T")
DEVICE_TRIES_MAX = 4
CARD_TRIES_MAX = 6
TURNS_MAX = 400
TURN_PAUSE_S = 0.05


class PlayStuck(Exception):
    """The day did not come to its end within its bounds; says what is left."""


@dataclass(slots=True)
class Tally:
    """What the day gave, for the summary."""

    receipts_kept: list[Path] = field(default_factory=list)
    sent_bytes: int = 0
    cards: list[CardResult] = field(default_factory=list)
    times_s: dict[str, float] = field(default_factory=dict)

    def add_time(self, what: str, seconds: float) -> None:
        self.times_s[what] = self.times_s.get(what, 0.0) + seconds


@dataclass(slots=True)
class Play:
    """One run of the day. `whose` says which citizen a record is of: only the play knows."""

    station: Station
    office: Office
    progress: Progress
    receipts: Path
    tally: Tally = field(default_factory=Tally)
    whose: dict[str, Citizen] = field(default_factory=dict)
    recorded: list[str] = field(default_factory=list)
    note_whose: Callable[[str, Citizen], None] = lambda _record_id, _citizen: None
    world_from: int = 0  # last entry of the log before this office: cards up to there lay in another one

    @property
    def world(self) -> World:
        return World(self.station.log, self.office, self.world_from)

    # --- recording ---

    def record(self, citizen: Citizen) -> str:
        """From the first look at the NIK to the sealed record; devices that fail are tried again."""
        started = time.monotonic()
        self.progress.whose = f"warga {citizen.index + 1}"
        desk = self._desk(citizen)
        at = self.station.recording_desk(desk)
        record_id = open_enrolment(at, citizen.truth.nik)
        self.whose[record_id] = citizen
        self.recorded.append(record_id)
        self.note_whose(record_id, citizen)
        self._keep_receipt(self._with_devices(lambda: carry_on(at, record_id)))
        self.tally.add_time("record", time.monotonic() - started)
        return record_id

    def finish_open_records(self) -> None:
        """After a stop: records that were begun are carried on; nothing captured is asked for again."""
        states = (RecordState.OPEN, RecordState.READ_OUT, RecordState.VERIFIED, RecordState.CONFIRMED)
        for subject in self.station.log.subjects("record", *states):
            citizen = self.whose.get(subject.id)
            if citizen is not None:
                self.progress.whose = f"warga {citizen.index + 1}"
                self._keep_receipt(self._carry_on(subject.id, citizen))

    def _carry_on(self, record_id: str, citizen: Citizen) -> EnrolmentPackage | None:
        at = self.station.recording_desk(self._desk(citizen))
        return self._with_devices(lambda: carry_on(at, record_id))

    def _keep_receipt(self, package: EnrolmentPackage | None) -> None:
        """On paper in an office; here a file beside the cards' pictures."""
        if package is not None:
            self.tally.receipts_kept.append(write_receipt(package, self.station, self.receipts))

    def _desk(self, citizen: Citizen) -> PlayedDesk:
        self.office.seat(citizen.index)
        seen = self.office.hands("finger", "status")
        lacks = tuple(Finger[name.upper()] for name in seen["lacks"])
        return PlayedDesk(citizen, lacks, self.station.config.office.operator, self.progress.told)

    def _with_devices(self, work: Callable[[], T]) -> T:
        for tries_left in reversed(range(DEVICE_TRIES_MAX)):
            try:
                return work()
            except (DeviceError, DeviceAway) as error:
                if not tries_left:
                    raise
                self.progress.told("device_again", type(error).__name__)
        raise AssertionError("the last try returns or raises")

    # --- the line ---

    def exchange(self) -> None:
        """Turns of the uplink until nothing waits at either end, or the centre is away."""
        started = time.monotonic()
        for _ in range(TURNS_MAX):
            report = self._turn()
            if report.away is not None and not self._mended(report):
                break
            if not self._waiting():
                break
            time.sleep(TURN_PAUSE_S)
        else:
            raise PlayStuck(f"{self._waiting()} records still wait for the centre")
        self.tally.add_time("exchange", time.monotonic() - started)

    def _turn(self) -> TurnReport:
        report = asyncio.run(open_uplink(self.station).turn())
        self.tally.sent_bytes += report.sent_bytes
        if report.receipts:
            self.progress.told("sent", f"{report.receipts}, {report.sent_bytes:,} B")
        if report.print_ready_records:
            self.progress.told("print_ready", str(report.print_ready_records))
        for problem in report.problems:
            self.progress.told("status_noted", problem)
        return report

    def _mended(self, report: TurnReport) -> bool:
        """A cut line is tried again at once; a line that is down is left for later."""
        assert report.away is not None
        self.progress.told("centre_away", report.away.reason)
        return bool(self.office.hands("link", "status")["up"])

    def _waiting(self) -> int:
        """Records that the centre does not hold yet, or has said nothing final about."""
        log = self.station.log
        waiting = len(log.subjects("record", RecordState.SEALED))
        ready = {subject.facts["record_id"] for subject in log.subjects("authorisation")}
        settled = ("DUPLICATE_RECORD", "ENROLL_FAILURE_AT_CENTRAL", "ADJUDICATE_RECORD")
        for subject in log.subjects("record", RecordState.RECEIVED):
            waiting += subject.id not in ready and subject.facts.get("status") not in settled
        return waiting

    # --- cards ---

    def make_cards(self) -> None:
        """Every citizen of this play whose print-ready record is reserved here gets his card, within reason."""
        self._mender().settle_doubts()
        for subject in self.station.log.subjects("authorisation", "reserved", "in_doubt"):
            started = time.monotonic()
            citizen = self.whose.get(subject.facts["record_id"])
            if citizen is None:
                continue  # of other people than this run's, who come again with their seed
            self.progress.whose = f"warga {citizen.index + 1}"
            self._make_card(subject.id)
            self.tally.add_time("card", time.monotonic() - started)

    def _mender(self) -> Mender:
        return Mender(self.station, self.office, self.progress, self.world)

    def _make_card(self, authorisation_id: str) -> None:
        mender, trouble = self._mender(), ""
        for _ in range(CARD_TRIES_MAX):
            mender.settle_doubts()
            subject = self.station.log.subject("authorisation", authorisation_id)
            assert subject is not None
            if subject.state == "printed":
                return
            try:
                result = make_card(
                    self.station.workshop(PRINTER, self.progress.told),
                    self.station.print_ready_record(authorisation_id),
                    self.station.new_id("card"),
                )
            except NotPrintable as not_now:
                trouble = str(not_now)
                mender.mend(not_now.code)
                continue
            self.tally.cards.append(result)
            if result.outcome is CardOutcome.DELIVERED:
                return
            trouble = result.reason
            mender.mend(trouble)
        raise PlayStuck(f"no good card for {authorisation_id} in {CARD_TRIES_MAX} tries; the last: {trouble}")

    def hand_over_cards(self) -> None:
        """Each delivered card is laid on the reader while its citizen stands at the scanner."""
        started = time.monotonic()
        for card in self.station.log.subjects("card", "delivered"):
            authorisation = self.station.log.subject("authorisation", card.facts["authorisation_id"])
            assert authorisation is not None
            citizen = self.whose.get(authorisation.facts["record_id"])
            if citizen is not None:
                self.progress.whose = f"warga {citizen.index + 1}"
                self._hand_over(citizen, card.facts["chip_id"])
        self.tally.add_time("hand_over", time.monotonic() - started)

    def _hand_over(self, citizen: Citizen, chip_id: str) -> None:
        self.office.seat(citizen.index)
        tray = self.office.hands("printer", "status")["tray"]
        place = next((n for n, card in enumerate(tray) if card["chip"] == chip_id), None)
        if place is None:
            return  # from an earlier run: the card is in a drawer, not in this play's tray
        self.office.hands("printer", f"present {place}")
        try:
            result = self._with_devices(self._match_and_hand_over)
        finally:
            self.office.hands("printer", "withdraw")
        self.progress.told("handed_over" if result.handed_over else "hand_over_refused", str(result.score))

    def _match_and_hand_over(self) -> HandOverResult:
        station, operator = self.station, self.station.config.office.operator
        reading = station.read_card(PRINTER)
        timeout_s = station.config.capture.timeout_s
        try:
            return hand_over(
                station.log, reading, station.benches.fingers, station.matcher(), operator, timeout_s=timeout_s
            )
        except NotForHandOver as refused:
            if refused.code != "no_template_on_chip":
                raise
            return hand_over_without_finger(station.log, reading, "face", operator)
