"""What an operator does when a card does not come out well: a new ribbon, more blanks, a look at the card in doubt."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contracts.errors import DeviceError
from station.assembly.station import Station
from station.demo.office import PRINTER, Office
from station.demo.progress import Progress
from station.ports import Subject
from station.workflows.resolve_in_doubt import CannotResolve, Finding, cards_in_doubt, clear_printer, resolve

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
            finding = self._settle(card)
            self.progress.told("doubt_resolved", f"{card.id[:13]} {finding}")

    def _settle(self, card: Subject) -> Finding:
        """The first finding that what is seen supports; spoiled is always supported."""
        operator = self.station.config.office.operator
        if card.facts["since"] in ("intended", "bound"):
            possible: tuple[Finding, ...] = (Finding.UNFED, Finding.UNUSED)
        else:
            possible = (Finding.GOOD, Finding.SPOILED) if self._lay_on_reader(card) else (Finding.SPOILED,)
        try:
            for finding in possible:
                try:
                    resolve(self.station.log, card.id, finding, operator, self.station.seen(card.id, finding))
                except (CannotResolve, DeviceError):
                    continue
                return finding
        finally:
            self.office.hands("printer", "withdraw")
        raise AssertionError("the last finding is always possible")

    def _clear(self) -> None:
        """A card that is still inside is put into the reject box, a jammed one is taken out by hand."""
        status = self.office.hands("printer", "status")
        if status["jammed"]:
            self.office.hands("printer", "clear-jam")
        try:
            clear_printer(self.station.log, self.station.benches.printers[PRINTER])
        except (DeviceError, CannotResolve) as error:
            self.progress.told("device_again", type(error).__name__)

    def _lay_on_reader(self, card: Subject) -> bool:
        """The card whose chip was bound, if it lies in the tray."""
        tray = self.office.hands("printer", "status")["tray"]
        place = next((n for n, lying in enumerate(tray) if lying["chip"] == card.facts["chip_id"]), None)
        if place is not None:
            self.office.hands("printer", f"present {place}")
        return place is not None
