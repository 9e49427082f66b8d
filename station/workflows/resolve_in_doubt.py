"""Cards in doubt: found at every start, shown until a person has looked at the card, and never guessed.

A good card is only taken as good when its chip was read on the desk and is this card's; spoiled and unused are a
person's word, kept with his name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.contracts.card_printer import CardPlace
from station.domain.events import (
    CardInDoubt,
    DoubtResolvedGood,
    DoubtResolvedSpoiled,
    DoubtResolvedUnused,
)
from station.domain.lives import LIVES
from station.ports import EventLog, OnLane, Subject
from station.workflows.personalise_card import PrinterBench


class Finding(StrEnum):
    """What a person saw when he looked for the card."""

    GOOD = "good"  # printed, and its chip reads as this card's
    SPOILED = "spoiled"
    UNUSED = "unused"  # the blank is untouched


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


def find_lost_cards(log: EventLog) -> Sequence[Subject]:
    """At a start: every card that was at work when the station stopped is put in doubt. Safe to repeat."""
    (life,) = (life for life in LIVES if life.name == "card")
    states = {state for state in life.table if state is not None and state not in life.ends}
    lost = log.subjects("card", *sorted(states))
    for card in lost:
        facts = card.facts
        log.append(CardInDoubt(card.id, facts["authorisation_id"], facts["printer"], card.state, "the station stopped"))
    return lost


def clear_printer(bench: OnLane[PrinterBench]) -> bool:
    """A card that was left inside goes to the reject box, where a person looks at it. True if there was one."""

    def clear(at: PrinterBench) -> bool:
        if at.printer.status().card is CardPlace.NONE:
            return False
        at.printer.reject()
        return True

    return bench.run(clear)


def resolve(log: EventLog, card_id: str, finding: Finding, operator: str, look: ChipLook | None) -> None:
    """Ends the doubt. `GOOD` needs a look at the chip; `CannotResolve` when what was seen does not support it."""
    card = log.subject("card", card_id)
    if card is None or card.state != "in_doubt":
        raise CannotResolve("not_in_doubt", card_id)
    authorisation_id, bound = card.facts["authorisation_id"], card.facts.get("chip_id")
    if finding is Finding.GOOD:
        if look is None:
            raise CannotResolve("look_at_chip_first")
        if look.chip_id != bound:
            raise CannotResolve("chip_of_another_card", f"{look.chip_id} is not {bound}")
        if not look.holds_the_record:
            raise CannotResolve("chip_not_of_this_record")
        log.append(DoubtResolvedGood(card_id, authorisation_id, operator, f"chip {look.chip_id} read on the desk"))
    elif finding is Finding.SPOILED:
        log.append(DoubtResolvedSpoiled(card_id, authorisation_id, operator, "seen by a person"))
    else:
        if card.facts["since"] not in ("intended", "bound"):
            raise CannotResolve("chip_was_written", f"it was lost sight of while {card.facts['since']}")
        log.append(DoubtResolvedUnused(card_id, authorisation_id, operator, "seen by a person"))
