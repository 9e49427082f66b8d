"""What lies where in the office, as a person sees it who looks, and whether that is what the books say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from station.demo.office import PRINTER, Office
from station.domain.card import CardState
from station.domain.events import DoubtResolvedUnused
from station.ports import EventLog, Subject

_PLACES = ("tray", "reject_box", "taken_out")
_CARDS_MAX = 100_000
_ISSUED = (CardState.DELIVERED, CardState.HANDED_OVER)


@dataclass(frozen=True, slots=True)
class Lying:
    """A card or blank outside the hopper; `index` counts from the first that came to its place."""

    place: str
    index: int
    chip_id: str


@dataclass(frozen=True, slots=True)
class World:
    """This office and the books of its station. Cards before `since_seq` were of an office that is gone."""

    log: EventLog
    office: Office
    since_seq: int = 0

    def find(self, card: Subject) -> Lying | None:
        """By its chip; a card whose chip was never bound is the one that no card of the books accounts for."""
        if not self.is_ours(card):
            return None
        lying = self._lying()
        if chip_id := card.facts.get("chip_id"):
            return next((each for each in lying if each.chip_id == chip_id), None)
        nameless = [each for each in lying if self.log.card_of_chip(each.chip_id) is None]
        accounted = sum("chip_id" not in settled.facts for settled in self._put_aside())
        return nameless[-1] if len(nameless) > accounted else None

    def is_ours(self, card: Subject) -> bool:
        return card.first_seq > self.since_seq

    def books_and_world(self) -> dict[str, tuple[int, int]]:
        """Each place with what the books say of it and what is there, when nothing is at work or in doubt."""
        seen, lying = self._seen(), self._lying()
        issued = {card.facts["chip_id"] for card in self._cards(*_ISSUED)}
        there = {each.chip_id for each in lying if each.place == "tray"}
        outside = [each for each in lying if each.place != "inside"]
        return {
            "hopper": (self.log.in_printer(PRINTER), seen["blanks"]),
            "inside": (len(self._cards(CardState.IN_DOUBT)), len(lying) - len(outside)),
            "issued": (len(issued), len(issued & there)),
            "put_aside": (len(self._put_aside()), sum(each.chip_id not in issued for each in outside)),
        }

    def _put_aside(self) -> Sequence[Subject]:
        """Cards that ended without being issued and lie somewhere: spoiled, or fed and not used."""
        unused = self._cards(CardState.UNUSED)
        return [*self._cards(CardState.SPOILED), *(card for card in unused if self._was_fed(card))]

    def _was_fed(self, unused: Subject) -> bool:
        return any(isinstance(entry.event, DoubtResolvedUnused) for entry in self.log.history("card", unused.id))

    def _cards(self, *states: CardState) -> list[Subject]:
        return [card for card in self.log.subjects("card", *states, limit=_CARDS_MAX) if self.is_ours(card)]

    def _lying(self) -> list[Lying]:
        seen = self._seen()
        inside = [seen["inside"]] if seen["inside"] else []
        places = {**{place: seen[place] for place in _PLACES}, "inside": inside}
        return [Lying(place, n, each["chip"]) for place, cards in places.items() for n, each in enumerate(cards)]

    def _seen(self) -> Mapping[str, Any]:
        return self.office.hands("printer", "status")
