"""The projection: what one event changes in the views, or why it is refused. Pure, so replaying gives the same views.

A log that was accepted must be accepted again at every rebuild: tables and rules may only ever grow wider.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from station.domain import blank_stock
from station.domain.blank_stock import Account
from station.domain.card import CARD, CardState
from station.domain.events import ChipIdentified, Event
from station.domain.life import Life, Refused
from station.domain.lives import LIVES
from station.ports import Subject

_FIXED_FOR_A_CARD = ("authorisation_id", "printer")
"""A card's first event says for whom and in which printer; an event that says otherwise is of another card."""


class Books(Protocol):
    """What the projection reads."""

    def subject(self, life: str, subject_id: str) -> Subject | None: ...

    def blanks(self, account: Account, place: str) -> int: ...

    def card_of_chip(self, chip_id: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Balance:
    """A blank account's new count."""

    account: Account
    place: str
    count: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What one event writes into the views."""

    subjects: tuple[Subject, ...]
    balances: tuple[Balance, ...]
    chip: tuple[str, str] | None  # (chip, card)


def project(event: Event, seq: int, books: Books) -> Changes:
    """`Refused` when a life's table, a blank account or a chip's binding does not allow the event."""
    subjects = tuple(_advanced(life, event, seq, books) for life in LIVES if life.concerns(event))
    chip = None
    if isinstance(event, ChipIdentified):
        _check_chip_is_free(event, books)
        chip = (event.chip_id, event.card_id)
    return Changes(subjects, tuple(_balances(event, books)), chip)


def _advanced(life: Life, event: Event, seq: int, books: Books) -> Subject:
    subject_id = life.subject(event)
    before = books.subject(life.name, subject_id)
    state = life.advance(before.state if before else None, event)
    if before is None:
        return Subject(life.name, subject_id, state, seq, seq, event.data())
    if life is CARD:
        _check_same_card(before, event)
    return replace(before, state=state, last_seq=seq, facts={**before.facts, **event.data()})


def _check_same_card(card: Subject, event: Event) -> None:
    data = event.data()
    for name in _FIXED_FOR_A_CARD:
        if name in data and data[name] != card.facts[name]:
            raise Refused(card.id, f"{event.kind} names {name} {data[name]}, the card's is {card.facts[name]}")


def _check_chip_is_free(event: ChipIdentified, books: Books) -> None:
    other_id = books.card_of_chip(event.chip_id)
    if other_id is None or other_id == event.card_id:
        return
    other = books.subject(CARD.name, other_id)
    if other is None or other.state != CardState.UNUSED:
        raise Refused(event.card_id, f"the chip is bound to card {other_id} already")


def _balances(event: Event, books: Books) -> Iterator[Balance]:
    for entry in blank_stock.entries(event):
        count = books.blanks(entry.account, entry.place) + entry.change
        if count < 0:
            where = f"{entry.account} {entry.place}".strip()
            raise Refused("blanks", f"{event.kind}: {where} holds {count - entry.change}, {-entry.change} are taken")
        yield Balance(entry.account, entry.place, count)
