"""What an operator does when a card does not come out well: a new ribbon, more blanks, a look at the card in doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.contracts.errors import DeviceError
from station.assembly.station import Station
from station.demo.office import PRINTER, Office
from station.demo.progress import Progress
from station.demo.world import Lying, World
from station.ports import DeviceAway, Subject
from station.workflows.resolve_in_doubt import CannotResolve, Finding, cards_in_doubt, clear_printer, resolve

SECOND_PERSON = "operator-2"  # who looks too, where a card is nowhere to be found
_HANDS = {
    "fault.hopper_empty": ("reseat-blanks",),
    "fault.ribbon_out": ("new-ribbon",),
    "fault.card_jam": ("clear-jam",),
    "fault.mechanical": ("clear-jam",),
    "fault.cover_open": ("close-cover",),
    "fault.reject_box_full": ("empty-reject-box",),
}


@dataclass(frozen=True, slots=True)
class Mender:
    """Looks before it names: what a card in doubt is called is what was seen of it, where it lay."""

    station: Station
    office: Office
    progress: Progress
    world: World

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
        """Every card in doubt is looked for and named; one that is still inside the printer waits for the next time."""
        doubts = cards_in_doubt(self.station.log)
        if doubts:
            self._clear()
        for card in doubts:
            lying = self.world.find(card)
            if lying is None or lying.place != "inside":
                self.progress.told("doubt_resolved", f"{card.id[:13]} {self._settle(card, lying)}")

    def _settle(self, card: Subject, lying: Lying | None) -> Finding:
        """The first finding that what is seen supports; the last is always supported."""
        try:
            for finding in self._possible(card, lying):
                try:
                    self._resolve(card, finding)
                except (CannotResolve, DeviceError, DeviceAway):
                    continue
                return finding
        finally:
            self.office.hands("printer", "withdraw")
        raise AssertionError("the last finding is always possible")

    def _possible(self, card: Subject, lying: Lying | None) -> tuple[Finding, ...]:
        since = card.facts["since"]
        if lying is None:
            # The counter of a printer that is gone says nothing of a card.
            counted = since == "intended" and self.world.is_ours(card)
            return (Finding.UNFED, Finding.LOST) if counted else (Finding.LOST,)
        if since in ("intended", "bound"):
            return (Finding.UNUSED,)
        if since in ("printing", "printed") and lying.place == "tray":
            self.office.hands("printer", f"present {lying.index}")
            return (Finding.GOOD, Finding.SPOILED)
        return (Finding.SPOILED,)

    def _resolve(self, card: Subject, finding: Finding) -> None:
        seen = self.station.seen(card.id, finding)
        if finding is Finding.LOST:
            seen = replace(seen, second_person=SECOND_PERSON)
        resolve(self.station.log, card.id, finding, self.station.config.office.operator, seen)

    def _clear(self) -> None:
        """A card that is still inside is put into the reject box, a jammed one is taken out by hand."""
        status = self.office.hands("printer", "status")
        if status["jammed"]:
            self.office.hands("printer", "clear-jam")
        try:
            clear_printer(self.station.log, self.station.benches.printers[PRINTER])
        except (DeviceError, DeviceAway, CannotResolve) as error:
            self.progress.told("device_again", type(error).__name__)
