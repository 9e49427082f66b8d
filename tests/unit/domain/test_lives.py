"""Every life is its table and nothing else, none has a dead end, and an authorisation makes at most one good card."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from station.domain.card import CARD, CardState
from station.domain.enrolment import RECORD, RecordState
from station.domain.events import KINDS, CardIntended, Event
from station.domain.life import Life, Refused
from station.domain.lives import LIVES
from station.domain.print_ready_record import AUTHORISATION, AuthorisationState
from station.domain.region import REGION_TABLE

MakeEvent = Callable[..., Event]
_NAMES = [life.name for life in LIVES]


def _states(life: Life) -> set[str | None]:
    return {*life.table, *life.ends, *(state for moves in life.table.values() for state in moves.values())}


def _moves(life: Life) -> set[tuple[str | None, str]]:
    return {(state, after) for state, moves in life.table.items() for after in moves.values()}


def _reach(life: Life, start: set[str | None], *, backwards: bool = False) -> set[str | None]:
    reached = set(start)
    while True:
        pairs = ((b, a) if backwards else (a, b) for a, b in _moves(life))
        more = {after for before, after in pairs if before in reached} - reached
        if not more:
            return reached
        reached |= more


@pytest.mark.parametrize("life", LIVES, ids=_NAMES)
def test_every_event_in_every_state_is_accepted_exactly_if_the_table_has_it(life: Life, make_event: MakeEvent) -> None:
    for state, cls in itertools.product(_states(life), KINDS.values()):
        event = make_event(cls, **({life.id_field: "x-1"} if life.id_field in cls.__slots__ else {}))
        following = dict(life.table.get(state, {})).get(cls)
        if following is not None:
            assert life.advance(state, event) == following
        elif life.concerns(event):
            with pytest.raises(Refused) as refused:
                life.advance(state, event)
            assert refused.value.subject == "x-1"
            assert cls.kind in refused.value.reason
            assert str(state or "unknown") in refused.value.reason


@pytest.mark.parametrize("life", LIVES, ids=_NAMES)
def test_a_life_concerns_exactly_the_events_of_its_table_and_each_names_its_subject(
    life: Life, make_event: MakeEvent
) -> None:
    in_table = {cls for moves in life.table.values() for cls in moves}
    assert {cls for cls in KINDS.values() if life.concerns(make_event(cls))} == in_table
    for cls in in_table:
        assert life.subject(make_event(cls, **{life.id_field: "x-1"})) == "x-1"


@pytest.mark.parametrize("life", LIVES, ids=_NAMES)
def test_every_state_can_be_reached_from_the_beginning(life: Life) -> None:
    assert _reach(life, {None}) == _states(life)


@pytest.mark.parametrize("life", LIVES, ids=_NAMES)
def test_from_every_state_an_end_can_be_reached(life: Life) -> None:
    assert _reach(life, set(life.ends), backwards=True) == _states(life)


@pytest.mark.parametrize("life", LIVES, ids=_NAMES)
def test_a_state_without_a_way_on_is_an_end(life: Life) -> None:
    assert {state for state in _states(life) if not life.table.get(state)} <= life.ends


@pytest.mark.parametrize("life", LIVES, ids=_NAMES)
def test_no_life_begins_twice(life: Life) -> None:
    beginnings = set(life.table[None])
    later = {cls for state, moves in life.table.items() if state is not None for cls in moves}
    if life is not AUTHORISATION and life is not REGION_TABLE:
        assert beginnings.isdisjoint(later)
    assert all(None not in moves.values() for moves in life.table.values())


@pytest.mark.parametrize(
    ("life", "states"), [(RECORD, RecordState), (CARD, CardState), (AUTHORISATION, AuthorisationState)]
)
def test_every_named_state_stands_in_its_table(life: Life, states: type) -> None:
    assert _states(life) == {None, *states}


# --- a card and its authorisation move together -----------------------------------------------------------------------

_GOOD = {CardState.DELIVERED, CardState.HANDED_OVER}
_PAST = {CardState.UNUSED, CardState.SPOILED}
_Office = tuple[str | None, tuple[str | None, ...]]  # the authorisation, and the cards begun for it


def _steps(office: _Office, *, and_authorisation: bool) -> Iterator[tuple[type[Event], int | None, _Office]]:
    """What the tables allow next: (event, which card, the office after it), for up to three cards."""
    authorisation, cards = office
    own = set(KINDS.values()) - {cls for moves in CARD.table.values() for cls in moves}
    for cls, after in AUTHORISATION.table.get(authorisation, {}).items():
        if cls in own:
            yield cls, None, (after, cards)
    for at, card in enumerate(cards):
        for cls, after in CARD.table.get(card, {}).items():
            moves = AUTHORISATION.table.get(authorisation, {})
            concerns = any(cls in each for each in AUTHORISATION.table.values())
            if concerns and and_authorisation and cls not in moves:
                continue
            yield cls, at, (moves.get(cls, authorisation), (*cards[:at], after, *cards[at + 1 :]))


def _offices() -> set[_Office]:
    start: _Office = (None, (None, None, None))
    seen, edge = {start}, [start]
    while edge:
        for _, _, after in _steps(edge.pop(), and_authorisation=True):
            if after not in seen:
                seen.add(after)
                edge.append(after)
    return seen


def test_one_authorisation_never_has_two_cards_that_are_good_or_may_become_so() -> None:
    offices = _offices()
    assert len(offices) > 50
    for authorisation, cards in offices:
        alive = [card for card in cards if card is not None and card not in _PAST]
        assert len(alive) <= 1, (authorisation, cards)
        if authorisation in (AuthorisationState.RESERVED, AuthorisationState.EXPIRED, AuthorisationState.REVOKED):
            assert alive == []


def test_what_befalls_a_card_is_never_refused_by_its_authorisation() -> None:
    """Otherwise a fact about a card could not be written down. Only beginning a card may be refused."""
    for office in _offices():
        together = {(cls, at) for cls, at, _ in _steps(office, and_authorisation=True)}
        card_alone = {(cls, at) for cls, at, _ in _steps(office, and_authorisation=False)}
        assert {cls for cls, _ in card_alone - together} <= {CardIntended}, office


def test_a_good_card_always_stands_on_a_printed_authorisation() -> None:
    for authorisation, cards in _offices():
        printed = authorisation in (AuthorisationState.PRINTED, AuthorisationState.FULFILLED)
        assert any(card in _GOOD for card in cards) is printed


def test_an_authorisation_is_at_work_or_in_doubt_exactly_while_a_card_is() -> None:
    at_work = _states(CARD) - CARD.ends - {None}
    for authorisation, cards in _offices():
        assert (authorisation == AuthorisationState.AT_WORK) is any(card in at_work for card in cards)
        assert (authorisation == AuthorisationState.IN_DOUBT) is (CardState.IN_DOUBT in cards)


def test_every_card_at_work_can_be_put_in_doubt() -> None:
    at_work = _states(CARD) - CARD.ends - {None}
    assert {state for state in at_work if CardState.IN_DOUBT in CARD.table[state].values()} == at_work


# --- what must come before what: written out here, not read from the tables ---


def _without(life: Life, *closed: str) -> set[str | None]:
    """The states that can be reached without ever being in a closed one."""
    table = {
        state: {cls: after for cls, after in moves.items() if after not in closed}
        for state, moves in life.table.items()
        if state not in closed
    }
    return _reach(Life(life.name, life.id_field, table, life.ends), {None})


@pytest.mark.parametrize("step", ["bound", "encoding", "encoded", "matched", "printing", "printed"])
def test_no_card_is_delivered_without_each_step_unless_a_person_found_it_good(step: str) -> None:
    assert "delivered" not in _without(CARD, step, "in_doubt")
    assert "delivered" in _without(CARD, "in_doubt")


def test_no_face_is_printed_on_a_chip_that_was_not_read_back_and_matched() -> None:
    assert "printing" not in _without(CARD, "encoded")
    assert "printing" not in _without(CARD, "matched")


def test_a_printed_face_may_be_compared_with_its_chip_again() -> None:
    assert "printed" in {after for cls, after in CARD.table["printed"].items() if cls.kind == "face_matched"}


def test_a_card_is_handed_over_only_after_it_was_delivered() -> None:
    assert "handed_over" not in _without(CARD, "delivered")
    assert "fulfilled" not in _without(AUTHORISATION, "printed")


def test_a_card_once_spoiled_handed_over_or_unused_stays_so() -> None:
    assert [state for state in ("spoiled", "handed_over", "unused") if CARD.table.get(state)] == []


@pytest.mark.parametrize("step", ["open", "read_out", "verified", "confirmed"])
def test_no_record_is_sealed_that_was_not_read_out_verified_and_confirmed(step: str) -> None:
    assert "sealed" not in _without(RECORD, step)


def test_a_record_is_received_only_after_it_was_sealed_and_stays_received() -> None:
    assert "received" not in _without(RECORD, "sealed")
    assert set(RECORD.table["received"].values()) == {"received"}
    assert "abandoned" not in _reach(RECORD, {"sealed"})


def test_what_was_captured_is_not_changed_after_it_was_verified() -> None:
    late = {cls.kind for state in ("verified", "confirmed", "sealed", "received") for cls in RECORD.table[state]}
    assert late.isdisjoint({"biodata_corrected", "biodata_read_out", "modality_captured", "part_missing"})


def test_an_expired_or_revoked_authorisation_makes_no_card() -> None:
    assert _reach(AUTHORISATION, {"expired", "revoked"}) == {"expired", "revoked"}


def test_an_authorisation_at_work_or_in_doubt_can_neither_expire_nor_be_revoked() -> None:
    closing = {"print_ready_record_expired", "print_ready_record_revoked"}
    able = {state for state, moves in AUTHORISATION.table.items() if closing & {cls.kind for cls in moves}}
    assert able == {"reserved"}
