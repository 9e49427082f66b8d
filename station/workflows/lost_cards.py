"""Cards that were at work when the work stopped, by a crash or an error: each becomes a card in doubt, visibly."""

from __future__ import annotations

from collections.abc import Sequence

from station.domain.card import CARD
from station.domain.events import CardInDoubt
from station.ports import EventLog, Subject

AT_WORK = frozenset(str(state) for state in CARD.table if state is not None and state not in CARD.ends)
"""The states between the intent and an end."""


def find_lost_cards(log: EventLog, printer: str | None = None) -> Sequence[Subject]:
    """Puts every card that is still at work into doubt; safe to repeat.

    To be called when nothing can be at work: at a start for all printers, later on the lane of one printer.
    """
    lost = [c for c in log.subjects("card", *sorted(AT_WORK)) if printer is None or c.facts["printer"] == printer]
    for card in lost:
        facts = card.facts
        log.append(CardInDoubt(card.id, facts["authorisation_id"], facts["printer"], card.state, "work stopped"))
    return lost
