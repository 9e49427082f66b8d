"""A printer and its encoder that do what a test tells them to: blanks move between hopper, tray and reject box.

Before the printer moves a card it looks whether the intent stands in the log, as rule 5 of the house wants it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from drivers.chips.ktp_el.simulator import ChipTorn, KtpElChip
from drivers.contracts.card_printer import CardPlace, Face, Panel, PrinterFacts, PrinterStatus
from drivers.contracts.chip_reader import ChipPresence
from drivers.contracts.errors import CardFate, DeviceError, DeviceFault, FaultCode
from station.domain.events import (
    CardIntended,
    CardPrinted,
    Event,
    FaceMatched,
    PrintingIntended,
    RejectionIntended,
)
from station.ports import Acknowledgement, EventLog, StoreFull
from station.workflows.lost_cards import AT_WORK

FACTS = PrinterFacts(
    model="small",
    device_model="Small",
    serial="1",
    firmware="1",
    dpi=300,
    width_px=1016,
    height_px=648,
    panels=tuple(Panel),
    colour_levels=256,
    encodes_inside=True,
    counts_cards=True,
    holds_card_after_print=True,
)
INTENT: dict[str, tuple[type[Event], ...]] = {
    "load_blank": (CardIntended,),
    "print_front": (PrintingIntended,),
    "present_to_encoder": (CardPrinted,),
    "deliver": (CardPrinted, FaceMatched),
    "reject": (RejectionIntended,),
}
"""What the last fact must be when the printer is asked to move a card."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`error` at the nth call of `motion`; `moved`: the card went where it was to go, and only then the error came."""

    motion: str
    error: DeviceError
    n: int = 1
    moved: bool = False


@dataclass(slots=True)
class Blank:
    """One physical card. `is_printed` says that there is ink on it."""

    chip: KtpElChip
    is_printed: bool = False

    @property
    def chip_id(self) -> str:
        return self.chip.identifier.hex()


class SmallPrinter:
    """Implements `CardPrinter`: four places for blanks, a counter that only rises, and one planned trouble."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.hopper: list[Blank] = []
        self.inside: Blank | None = None
        self.tray: list[Blank] = []
        self.reject_box: list[Blank] = []
        self.place, self.cards_in = CardPlace.NONE, 0
        self.asked: list[str] = []
        self.troubles: list[Trouble] = []
        self.holds, self.counts, self.skips_count = True, True, False
        self.faults: tuple[FaultCode, ...] = ()

    # --- the contract ---

    def facts(self) -> PrinterFacts:
        return replace(FACTS, holds_card_after_print=self.holds, counts_cards=self.counts)

    def status(self, *, timeout_s: float = 5.0) -> PrinterStatus:
        with self._motion("status"):
            cards_in = self.cards_in if self.counts else None
            return PrinterStatus(self.faults, self.place, cards_in, None, None)

    def load_blank(self, *, timeout_s: float = 30.0) -> None:
        with self._motion("load_blank"):
            if self.inside is None:
                self.inside = self.hopper.pop(0)
                self.cards_in += not self.skips_count
            self.place = CardPlace.AT_ENCODER

    def print_front(self, face: Face, *, timeout_s: float = 120.0) -> None:
        with self._motion("print_front"):
            assert self.inside is not None, "printed without a card"
            assert set(face) == set(FACTS.panels)
            self.inside.is_printed = True
            self.place = CardPlace.INSIDE
            if not self.holds:
                self._out(self.tray)

    def present_to_encoder(self, *, timeout_s: float = 30.0) -> None:
        with self._motion("present_to_encoder"):
            if self.inside is None:
                raise DeviceFault(FaultCode.NO_CARD, CardFate.IN_DOUBT)
            self.place = CardPlace.AT_ENCODER

    def deliver(self, *, timeout_s: float = 30.0) -> None:
        with self._motion("deliver"):
            self._out(self.tray)

    def reject(self, *, timeout_s: float = 30.0) -> None:
        with self._motion("reject"):
            self._out(self.reject_box)

    def close(self) -> None:
        return

    # --- inside ---

    def _out(self, target: list[Blank]) -> None:
        if self.inside is not None:
            target.append(self.inside)
        self.inside, self.place = None, CardPlace.NONE

    @contextmanager
    def _motion(self, name: str) -> Iterator[None]:
        """The deed is the block: left out by a trouble that comes before the card has moved."""
        self.asked.append(name)
        self._check_intent(name)
        trouble = next((t for t in self.troubles if (t.motion, t.n) == (name, self.asked.count(name))), None)
        if trouble and not trouble.moved:
            raise trouble.error
        yield
        if trouble:
            raise trouble.error

    def _check_intent(self, name: str) -> None:
        at_work = self.log.subjects("card", *AT_WORK)
        if name in INTENT and at_work:
            last = self.log.history("card", at_work[0].id)[-1].event
            assert isinstance(last, INTENT[name]), f"{name} after {last.kind}"


class SmallReader:
    """Implements `ChipReader` at the printer's encoder, or over a card that lies on it: `laid`."""

    name = "small"

    def __init__(self, printer: SmallPrinter) -> None:
        self._printer = printer
        self.laid: Blank | None = None
        self.asked: list[str] = []
        self.troubles: list[Trouble] = []
        self._session = 0

    def connect(self, *, timeout_s: float) -> ChipPresence:
        with self._goal("connect"):
            chip = self._chip()
            if chip is None:
                raise DeviceFault(FaultCode.NO_CHIP, CardFate.UNTOUCHED)
            chip.power_off()
            chip.power_on()
            self._session += 1
            return ChipPresence(chip.atr, self._session)

    def transmit(self, apdu: bytes, *, timeout_s: float) -> bytes:
        with self._goal("transmit"):
            chip = self._chip()
            try:
                if chip is None:
                    raise ChipTorn("not in the field")
                return chip.process(apdu)
            except ChipTorn as torn:
                raise DeviceFault(FaultCode.CHIP_LOST, CardFate.IN_DOUBT) from torn

    def disconnect(self) -> None:
        if chip := self._chip():
            chip.power_off()

    def close(self) -> None:
        self.disconnect()

    def _chip(self) -> KtpElChip | None:
        if self.laid is not None:
            return self.laid.chip
        inside = self._printer.inside
        return inside.chip if inside and self._printer.place is CardPlace.AT_ENCODER else None

    @contextmanager
    def _goal(self, name: str) -> Iterator[None]:
        self.asked.append(name)
        trouble = next((t for t in self.troubles if (t.motion, t.n) == (name, self.asked.count(name))), None)
        if trouble and not trouble.moved:
            raise trouble.error
        yield
        if trouble:
            raise trouble.error


class FullDisk:
    """The log of a disk that has room for so many appends; after one refusal there may be room again."""

    def __init__(self, log: EventLog, room_for: int, *, comes_back: bool = False) -> None:
        self._log, self._left, self._comes_back = log, room_for, comes_back

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(self, *events: Event) -> Acknowledgement:
        self._left -= 1
        if self._left == -1 or (self._left < 0 and not self._comes_back):
            raise StoreFull("no room")
        return self._log.append(*events)
