"""Cards in doubt: shown until a person has looked at the card, and never guessed.

A good card is only taken as good when its chip was read on the desk and is this card's, and a blank is only taken as
never fed when the printer's own counter says so; spoiled and unused are a person's word, kept with his name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.contracts.card_printer import CardPlace
from station.domain.events import (
    DoubtResolvedGood,
    DoubtResolvedLost,
    DoubtResolvedSpoiled,
    DoubtResolvedUnfed,
    DoubtResolvedUnused,
    Event,
)
from station.ports import EventLog, OnLane, Subject
from station.workflows.lost_cards import find_lost_cards
from station.workflows.personalise_card import PrinterBench


class Finding(StrEnum):
    """What a person saw when he looked for the card."""

    GOOD = "good"  # printed, and its chip reads as this card's
    SPOILED = "spoiled"
    UNUSED = "unused"  # the blank came out untouched
    UNFED = "unfed"  # no blank was fed: the printer's counter says so
    LOST = "lost"  # two people found no card


class CannotResolve(Exception):
    """The card stays in doubt; `code` is a key of the language files."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class ChipLook:
    """What the desk reader saw: the chip's identifier, and whether everything on it is the print-ready record's."""

    chip_id: str
    holds_the_record: bool


def cards_in_doubt(log: EventLog) -> Sequence[Subject]:
    return log.subjects("card", "in_doubt")


def clear_printer(log: EventLog, bench: OnLane[PrinterBench]) -> bool:
    """A card in doubt that was left inside goes to the reject box, where a person looks at it. True if there was one.

    `CannotResolve` when a card is inside and none of this printer's is in doubt: the books do not know it, so it is
    taken out by hand and noted with `ektp stock unload` and `ektp stock spoil`.
    """

    def clear(at: PrinterBench) -> bool:
        find_lost_cards(log, bench.name)
        if at.printer.status().card is CardPlace.NONE:
            return False
        if not any(card.facts["printer"] == bench.name for card in cards_in_doubt(log)):
            raise CannotResolve("unknown_card_inside", bench.name)
        at.printer.reject()
        return True

    return bench.run(clear)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to go by: the chip for `GOOD`, the printer's counter for `UNFED`, another person for `LOST`."""

    look: ChipLook | None = None
    cards_in: int | None = None
    second_person: str = ""


def resolve(log: EventLog, card_id: str, finding: Finding, operator: str, seen: Seen = Seen()) -> None:
    """Ends the doubt; `CannotResolve` when what was seen does not support the finding."""
    card = log.subject("card", card_id)
    if card is None or card.state != "in_doubt":
        raise CannotResolve("not_in_doubt", card_id)
    log.append(_RESOLVERS[finding](card, operator, seen))


def _good(card: Subject, operator: str, seen: Seen) -> Event:
    look, bound = seen.look, card.facts.get("chip_id")
    if card.facts["since"] not in ("printing", "printed"):
        raise CannotResolve("not_printed", f"it was lost sight of while {card.facts['since']}")
    if look is None:
        raise CannotResolve("look_at_chip_first")
    if look.chip_id != bound:
        raise CannotResolve("chip_of_another_card", f"{look.chip_id} is not {bound}")
    if not look.holds_the_record:
        raise CannotResolve("chip_not_of_this_record")
    evidence = f"chip {look.chip_id} read on the desk"
    return DoubtResolvedGood(card.id, card.facts["authorisation_id"], operator, evidence)


def _spoiled(card: Subject, operator: str, _: Seen) -> Event:
    return DoubtResolvedSpoiled(card.id, card.facts["authorisation_id"], operator, "seen by a person")


def _unused(card: Subject, operator: str, _: Seen) -> Event:
    if card.facts["since"] not in ("intended", "bound"):
        raise CannotResolve("chip_was_written", f"it was lost sight of while {card.facts['since']}")
    return DoubtResolvedUnused(card.id, card.facts["authorisation_id"], operator, "seen by a person")


def _unfed(card: Subject, operator: str, seen: Seen) -> Event:
    before = card.facts["cards_in"]
    if card.facts["since"] != "intended" or before < 0 or seen.cards_in != before:
        raise CannotResolve("card_was_fed", f"the printer's counter went from {before} to {seen.cards_in}")
    evidence = f"the printer's counter still says {before}"
    return DoubtResolvedUnfed(card.id, card.facts["authorisation_id"], card.facts["printer"], operator, evidence)


def _lost(card: Subject, operator: str, seen: Seen) -> Event:
    if not seen.second_person.strip() or seen.second_person.strip().casefold() == operator.strip().casefold():
        raise CannotResolve("second_person_needed")
    return DoubtResolvedLost(card.id, card.facts["authorisation_id"], operator, seen.second_person.strip())


_RESOLVERS: Mapping[Finding, Callable[[Subject, str, Seen], Event]] = {
    Finding.GOOD: _good,
    Finding.SPOILED: _spoiled,
    Finding.UNUSED: _unused,
    Finding.UNFED: _unfed,
    Finding.LOST: _lost,
}
