"""What an operator does when a card does not come out well: a new ribbon, more blanks, a look at the card in doubt."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contracts.errors import DeviceError
from station.assembly.station import Station
from station.demo.office import PRINTER, Office
from station.demo.progress import Progress
from station.ports import Subject
from station.workflows.resolve_in_doubt import CannotResolve, ChipLook, Finding, cards_in_doubt, clear_printer, resolve

_HANDS = {
    "fault.ribbon_out": ("new-ribbon",),
    "fault.hopper_empty": ("load-blanks 0",),
    "fault.card_jam": ("clear-jam",),
    "fault.mechanical": ("clear-jam",),
    "fault.cover_open": ("close-cover",),
    "fault.reject_box_full": ("empty-reject-box",),
}


@dataclass(frozen=True, slots=True)
class Mender:
    """Looks before it decides: a card in doubt is good only if its chip reads as its record."""

    station: Station
    office: Office
    progress: Progress

    def mend(self, reason: str) -> None:
        """Puts right what `reason` says; does nothing for a reason that needs no hands."""
        for key, lines in _HANDS.items():
            if reason.startswith(key):
                for line in lines:
                    self.office.hands("printer", line)
                self.progress.told("operator_mends", f"{key} -> {', '.join(lines)}")
        if reason == "card_left_in_printer":
            self._clear()

    def settle_doubts(self) -> None:
        """Every card in doubt is looked for and named good, spoiled or unused."""
        doubts = cards_in_doubt(self.station.log)
        if doubts:
            self._clear()
        for card in doubts:
            finding, look = self._look_for(card)
            try:
                resolve(self.station.log, card.id, finding, self.station.config.office.operator, look)
            except CannotResolve:
                finding = Finding.SPOILED
                resolve(self.station.log, card.id, finding, self.station.config.office.operator, None)
            self.progress.told("doubt_resolved", f"{card.id[:13]} {finding}")

    def _clear(self) -> None:
        """A card that is still inside is put into the reject box, a jammed one is taken out by hand."""
        status = self.office.hands("printer", "status")
        if status["jammed"]:
            self.office.hands("printer", "clear-jam")
        try:
            clear_printer(self.station.benches.printers[PRINTER])
        except DeviceError as error:
            self.progress.told("device_again", type(error).__name__)

    def _look_for(self, card: Subject) -> tuple[Finding, ChipLook | None]:
        if card.facts["since"] in ("intended", "bound"):
            return Finding.UNUSED, None  # nothing was written yet: the blank, wherever it lies, is as it was
        chip_id = card.facts["chip_id"]
        tray = self.office.hands("printer", "status")["tray"]
        place = next((n for n, lying in enumerate(tray) if lying["chip"] == chip_id), None)
        if place is None:
            return Finding.SPOILED, None
        self.office.hands("printer", f"present {place}")
        try:
            look = self.station.look_at(card.id, self.station.read_card(PRINTER))
        except DeviceError:
            return Finding.SPOILED, None
        finally:
            self.office.hands("printer", "withdraw")
        return Finding.GOOD if look.holds_the_record else Finding.SPOILED, look
