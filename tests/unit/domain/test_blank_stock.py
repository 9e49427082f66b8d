"""Each event moves blanks from one account to one other, so the equation holds whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.blank_stock import MOVES, Account, BlankEquation, Entry, entries
from station.domain.card import CARD, CardState
from station.domain.events import (
    KINDS,
    BlanksLoaded,
    BlanksMissing,
    BlanksReceived,
    BlanksUnloaded,
    CardDelivered,
    CardInDoubt,
    CardIntended,
    CardRejected,
    DoubtResolvedGood,
    DoubtResolvedLost,
    DoubtResolvedSpoiled,
    DoubtResolvedUnfed,
    DoubtResolvedUnused,
    Event,
    FeedFailed,
)
from station.domain.life import Refused

MakeEvent = Callable[..., Event]
_COUNTED = [cls for cls in MOVES if "count" in cls.__slots__]


def _written(event: Event) -> dict[tuple[Account, str], int]:
    return {(entry.account, entry.place): entry.change for entry in entries(event)}


def _equation(events: list[Event]) -> BlankEquation:
    sums: Counter[str] = Counter()
    for event in events:
        for entry in entries(event):
            sums[entry.account.value] += entry.change
    return BlankEquation.of({account.value: sums[account.value] for account in Account})


@pytest.mark.parametrize("kind", KINDS)
def test_each_event_keeps_both_sides_of_the_equation_equal(kind: str, make_event: MakeEvent) -> None:
    written = entries(make_event(KINDS[kind], **_two_people(KINDS[kind])))
    left = sum(entry.change for entry in written if entry.account is Account.RECEIVED)
    right = sum(entry.change for entry in written if entry.account is not Account.RECEIVED)
    assert left == right
    assert len(written) == (2 if KINDS[kind] in MOVES else 0)


def _two_people(cls: type[Event]) -> dict[str, Any]:
    return {"operator": "one", "second_person": "two"} if cls in (BlanksMissing, DoubtResolvedLost) else {}


def test_blanks_are_moved_between_the_store_and_the_named_printer() -> None:
    assert _written(BlanksReceived(500, "SJ-1", "op")) == {(Account.RECEIVED, ""): 500, (Account.IN_STORE, ""): 500}
    assert _written(BlanksLoaded("p1", 100, "op")) == {(Account.IN_STORE, ""): -100, (Account.IN_PRINTERS, "p1"): 100}
    assert _written(BlanksUnloaded("p1", 9, "op")) == {(Account.IN_PRINTERS, "p1"): -9, (Account.IN_STORE, ""): 9}


@pytest.mark.parametrize(
    ("event", "source", "target"),
    [
        (CardDelivered("c", "a", "p1"), (Account.AT_WORK, "p1"), Account.ISSUED),
        (CardRejected("c", "a", "p1", "why"), (Account.AT_WORK, "p1"), Account.SPOILED),
        (CardInDoubt("c", "a", "p1", "printing", "why"), (Account.AT_WORK, "p1"), Account.IN_DOUBT),
        (DoubtResolvedGood("c", "a", "op", "e"), (Account.IN_DOUBT, ""), Account.ISSUED),
        (DoubtResolvedSpoiled("c", "a", "op", "e"), (Account.IN_DOUBT, ""), Account.SPOILED),
        (DoubtResolvedUnused("c", "a", "op", "e"), (Account.IN_DOUBT, ""), Account.IN_STORE),
        (DoubtResolvedLost("c", "a", "op", "second"), (Account.IN_DOUBT, ""), Account.MISSING),
    ],
)
def test_a_card_is_one_blank(event: Event, source: tuple[Account, str], target: Account) -> None:
    assert _written(event) == {source: -1, (target, ""): 1}


def test_a_blank_that_was_never_fed_is_in_its_printer_again() -> None:
    unfed = DoubtResolvedUnfed("c", "a", "p1", "op", "e")
    assert _written(unfed) == {(Account.IN_DOUBT, ""): -1, (Account.IN_PRINTERS, "p1"): 1}


def test_the_blank_that_is_to_be_fed_is_set_apart_and_put_back_when_the_feed_fails() -> None:
    hopper, at_work = (Account.IN_PRINTERS, "p1"), (Account.AT_WORK, "p1")
    assert _written(CardIntended("c", "a", "p1", "", 0)) == {hopper: -1, at_work: 1}
    assert _written(FeedFailed("c", "a", "p1", "hopper_empty")) == {hopper: 1, at_work: -1}


def test_a_blank_that_is_becoming_a_card_counts_as_in_its_printer() -> None:
    assert BlankEquation.of({"received": 5, "in_printers": 4, "at_work": 1}).in_printers == 5


def test_one_person_alone_cannot_declare_a_card_lost() -> None:
    with pytest.raises(Refused, match="two people"):
        entries(DoubtResolvedLost("c", "a", "ani", "Ani"))


@pytest.mark.parametrize("cls", _COUNTED)
@pytest.mark.parametrize("count", [0, -1, -500])
def test_a_count_below_one_is_refused(cls: type[Event], count: int, make_event: MakeEvent) -> None:
    with pytest.raises(Refused, match=f"{cls.kind}: a count of {count}"):
        entries(make_event(cls, count=count, **_two_people(cls)))


@pytest.mark.parametrize(("first", "second"), [("ani", "ani"), ("ani", "Ani "), ("ani", ""), ("", "budi"), ("", "")])
def test_one_person_alone_cannot_write_blanks_off(first: str, second: str) -> None:
    with pytest.raises(Refused, match="two people"):
        entries(BlanksMissing(3, first, second))


def test_two_people_write_missing_blanks_off_from_the_store() -> None:
    assert entries(BlanksMissing(3, "ani", "budi")) == (
        Entry(Account.IN_STORE, "", -3),
        Entry(Account.MISSING, "", 3),
    )


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 50)), max_size=40))
def test_the_two_sides_stay_equal_and_only_a_negative_account_breaks_the_equation(
    make_event: MakeEvent, steps: list[tuple[str, int]]
) -> None:
    events = []
    for kind, count in steps:
        cls = KINDS[kind]
        counted = {"count": count} if cls in _COUNTED else {}
        events.append(make_event(cls, **counted, **_two_people(cls)))
    equation = _equation(events)
    counts = equation.to_json()
    received = counts.pop("received")
    assert received == sum(counts.values())
    assert equation.holds is (min(counts.values()) >= 0)


@pytest.mark.parametrize("account", [a for a in Account if a not in (Account.RECEIVED, Account.AT_WORK)])
def test_one_blank_too_many_or_too_few_breaks_the_equation(account: Account) -> None:
    assert BlankEquation(received=5, in_store=5).holds
    assert not BlankEquation(**{"received": 5, "in_store": 5, account.value: 6}).holds
    assert not BlankEquation(received=4, in_store=5).holds


def test_a_negative_account_breaks_the_equation_even_when_the_sum_is_right() -> None:
    assert not BlankEquation(received=5, in_store=6, in_printers=-1).holds


def test_every_way_in_which_a_card_ends_is_booked_exactly_once() -> None:
    """Along any path of a card's life, its blank leaves the printer once, and comes out of doubt once."""
    booked = {
        CardState.DELIVERED: Account.ISSUED,
        CardState.SPOILED: Account.SPOILED,
        CardState.IN_DOUBT: Account.IN_DOUBT,
        CardState.LOST: Account.MISSING,
    }
    for state, moves in CARD.table.items():
        for cls, after in moves.items():
            if after in booked and after != state:
                assert MOVES[cls][1] is booked[CardState(after)]
                assert MOVES[cls][0] is (Account.IN_DOUBT if state == CardState.IN_DOUBT else Account.AT_WORK)
            elif cls is DoubtResolvedUnused:
                assert MOVES[cls] == (Account.IN_DOUBT, Account.IN_STORE)
            elif cls is DoubtResolvedUnfed:
                assert MOVES[cls] == (Account.IN_DOUBT, Account.IN_PRINTERS)
            elif cls in (CardIntended, FeedFailed):
                assert set(MOVES[cls]) == {Account.IN_PRINTERS, Account.AT_WORK}
            else:
                assert cls not in MOVES
