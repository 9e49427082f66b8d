"""A disk that fills, or an error that nobody thought of, while a card is made: nothing is claimed, and it shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from drivers.contracts.card_printer import CardPlace
from station.ports import StoreFull
from station.workflows.lost_cards import AT_WORK, find_lost_cards
from station.workflows.personalise_card import CardOutcome, NotPrintable
from station.workflows.resolve_in_doubt import cards_in_doubt
from tests.unit.workflows.card_bench import FullDisk
from tests.unit.workflows.card_checks import (
    GOOD_LIFE,
    check_end,
    check_made_in_the_end,
    check_never_two,
    check_nothing_begun,
)
from tests.unit.workflows.card_office import CardOffice
from tests.unit.workflows.card_people import artwork


@pytest.mark.parametrize("room_for", range(len(GOOD_LIFE)))
def test_a_disk_that_fills_at_an_event_claims_nothing(office: CardOffice, room_for: int) -> None:
    """Nothing moves after the event that was refused; at the next start the card is in doubt, and one card is made."""
    blank, record = office.add_blank(), office.reserve()
    office.log = FullDisk(office.store, room_for)
    with pytest.raises(StoreFull):
        office.make(record)
    assert office.printer.reject_box == []
    assert len(office.log.history("authorisation", record.authorisation_id)) <= 2
    office.reopen()
    lost = find_lost_cards(office.log)
    assert len(lost) == (room_for > 0)
    assert find_lost_cards(office.log) == []
    assert not office.log.subjects("card", *AT_WORK)
    if room_for == 0:
        assert office.authorisation(record) == "reserved"
        assert office.make(record).outcome is CardOutcome.DELIVERED
        return
    (card,) = cards_in_doubt(office.log)
    check_end(office, record, card.id, None)
    check_never_two(office, record, card.id, blank)
    check_made_in_the_end(office, record)


def test_where_room_comes_back_the_card_is_shown_in_doubt_at_once(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.log = FullDisk(office.store, 5, comes_back=True)
    with pytest.raises(StoreFull):
        office.make(record)
    (card,) = cards_in_doubt(office.store)
    assert card.facts["reason"] == "StoreFull"
    assert office.printer.place is CardPlace.AT_ENCODER


def test_the_next_card_on_a_printer_first_shows_the_lost_one(office: CardOffice) -> None:
    office.add_blank()
    office.add_blank()
    record, next_one = office.reserve(), office.reserve()
    office.log = FullDisk(office.store, 5)
    with pytest.raises(StoreFull):
        office.make(record)
    office.log = office.store
    with pytest.raises(NotPrintable, match="card_left_in_printer"):
        office.make(next_one)
    assert [card.facts["authorisation_id"] for card in cards_in_doubt(office.log)] == [record.authorisation_id]


def test_an_error_that_nobody_thought_of_leaves_the_card_in_doubt(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()

    def breaks(jpeg: bytes) -> float:
        raise ZeroDivisionError

    office.draw = lambda _record, _facts: replace(artwork(), resemblance=breaks)
    with pytest.raises(ZeroDivisionError):
        office.make(record)
    (card,) = cards_in_doubt(office.log)
    check_end(office, record, card.id, None)


def test_a_clock_behind_the_last_event_prints_nothing_and_lets_nothing_expire(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.clock.time -= timedelta(days=400)
    check_nothing_begun(office, record, "clock_doubtful")
    assert office.authorisation(record) == "reserved"
