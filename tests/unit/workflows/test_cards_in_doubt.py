"""A doubt ends only with the evidence for what is said; without it the card stays in doubt and nothing is appended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.contracts.card_printer import CardPlace
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, TransportError
from station.domain.print_ready_record import PrintReadyRecord
from station.ports import StoreFull
from station.workflows.lost_cards import find_lost_cards
from station.workflows.personalise_card import CardOutcome, NotPrintable
from station.workflows.resolve_in_doubt import (
    CannotResolve,
    ChipLook,
    Finding,
    Seen,
    cards_in_doubt,
    clear_printer,
    resolve,
)
from tests.unit.workflows.card_bench import Blank, FullDisk, Trouble
from tests.unit.workflows.card_office import CardOffice

CUT = TransportError("small", "the line is cut")
Doubt = tuple[str, PrintReadyRecord, Blank]


def in_doubt(office: CardOffice, trouble: Trouble) -> Doubt:
    """A card that was lost sight of by this trouble of the printer."""
    blank, record = office.add_blank(), office.reserve()
    office.printer.asked.clear()
    office.printer.troubles = [trouble]
    result = office.make(record)
    assert result.outcome is CardOutcome.IN_DOUBT
    office.printer.troubles = []
    return result.card_id, record, blank


def printed(office: CardOffice) -> Doubt:
    """Printed, and lost before anybody could say so."""
    return in_doubt(office, Trouble("print_front", CUT, moved=True))


def fed(office: CardOffice) -> Doubt:
    """A blank came to the encoder, and its chip was not heard."""
    return in_doubt(office, Trouble("load_blank", CUT, moved=True))


def stopped_at(office: CardOffice, room_for: int) -> Doubt:
    """The disk was full for a moment after so many events of the card."""
    blank, record = office.add_blank(), office.reserve()
    office.log = FullDisk(office.store, room_for, comes_back=True)
    with pytest.raises(StoreFull):
        office.make(record)
    office.log = office.store
    (card,) = cards_in_doubt(office.log)
    return card.id, record, blank


def bound(office: CardOffice) -> Doubt:
    """Its chip is known, and nothing was written."""
    return stopped_at(office, 2)


def unfed(office: CardOffice) -> Doubt:
    return in_doubt(office, Trouble("load_blank", CUT))


def check_refused(office: CardOffice, card_id: str, finding: Finding, code: str, seen: Seen | None = None) -> None:
    before = office.log.head()
    with pytest.raises(CannotResolve) as refused:
        resolve(office.log, card_id, finding, "op", seen or Seen())
    assert refused.value.code == code
    assert office.log.head() == before
    assert office.card(card_id).state == "in_doubt"


# --- good ------------------------------------------------------------------------------------------------------------


def test_a_printed_card_whose_chip_reads_as_its_record_is_good(office: CardOffice) -> None:
    card_id, record, blank = printed(office)
    clear_printer(office.log, office.lane)
    resolve(office.log, card_id, Finding.GOOD, "op", Seen(look=office.look(blank, record)))
    assert (office.card(card_id).state, office.authorisation(record)) == ("delivered", "printed")
    assert office.log.stock().issued == 1
    with pytest.raises(NotPrintable, match="already_printed"):
        office.make(record)


def test_nobody_is_believed_that_a_card_is_good_without_its_chip(office: CardOffice) -> None:
    card_id, _, blank = printed(office)
    check_refused(office, card_id, Finding.GOOD, "look_at_chip_first")
    other = Seen(look=ChipLook("8000000000000099", holds_the_record=True))
    check_refused(office, card_id, Finding.GOOD, "chip_of_another_card", other)
    empty = Seen(look=ChipLook(blank.chip_id, holds_the_record=False))
    check_refused(office, card_id, Finding.GOOD, "chip_not_of_this_record", empty)


def test_the_chip_of_another_good_card_does_not_speak_for_this_one(office: CardOffice) -> None:
    other, other_record = office.add_blank(), office.reserve()
    office.make(other_record)
    card_id, record, _ = printed(office)
    look = office.look(other, record)
    assert not look.holds_the_record
    check_refused(office, card_id, Finding.GOOD, "chip_of_another_card", Seen(look=look))


def test_a_card_that_was_never_printed_cannot_be_good(office: CardOffice) -> None:
    """Its chip reads as the record, and its face is white."""
    card_id, record, blank = stopped_at(office, 5)
    assert office.card(card_id).facts["since"] == "matched"
    clear_printer(office.log, office.lane)
    look = office.look(blank, record)
    assert look.holds_the_record
    check_refused(office, card_id, Finding.GOOD, "not_printed", Seen(look=look))


# --- unfed and unused ------------------------------------------------------------------------------------------------


def test_a_blank_was_never_fed_only_if_the_counter_says_so(office: CardOffice) -> None:
    card_id, record, blank = unfed(office)
    for counted in (None, -1, office.printer.cards_in + 1):
        check_refused(office, card_id, Finding.UNFED, "card_was_fed", Seen(cards_in=counted))
    resolve(office.log, card_id, Finding.UNFED, "op", Seen(cards_in=office.printer.cards_in))
    assert office.card(card_id).state == "unused"
    assert office.printer.hopper == [blank]
    office.check_books()
    assert office.make(record).outcome is CardOutcome.DELIVERED


def test_a_fed_blank_is_not_called_unfed(office: CardOffice) -> None:
    card_id, _, _ = fed(office)
    check_refused(office, card_id, Finding.UNFED, "card_was_fed", Seen(cards_in=office.printer.cards_in))


@pytest.mark.parametrize("lost", [printed, bound])
def test_a_card_lost_later_is_never_unfed_whatever_the_counter_says(
    office: CardOffice, lost: Callable[[CardOffice], Doubt]
) -> None:
    before = office.printer.cards_in
    card_id, _, _ = lost(office)
    check_refused(office, card_id, Finding.UNFED, "card_was_fed", Seen(cards_in=before))


@pytest.mark.parametrize("lost", [fed, bound])
def test_an_untouched_blank_goes_back_to_the_store(office: CardOffice, lost: Callable[[CardOffice], Doubt]) -> None:
    card_id, record, blank = lost(office)
    clear_printer(office.log, office.lane)
    resolve(office.log, card_id, Finding.UNUSED, "op")
    assert (office.card(card_id).state, office.authorisation(record)) == ("unused", "reserved")
    office.put(blank, office.store_room)
    office.check_books()


def test_a_blank_that_went_back_to_the_store_can_become_another_card(office: CardOffice) -> None:
    card_id, record, blank = fed(office)
    clear_printer(office.log, office.lane)
    resolve(office.log, card_id, Finding.UNUSED, "op")
    again = office.add_blank(identifier=blank.chip.identifier)
    assert office.make(record).outcome is CardOutcome.DELIVERED
    assert again.is_printed


@pytest.mark.parametrize("n", [20, 50])
def test_a_blank_whose_writing_had_begun_cannot_be_unused(office: CardOffice, n: int) -> None:
    """A second cut ends the second try of the writing as well."""
    blank, record = office.add_blank(), office.reserve()
    office.reader.troubles = [Trouble("transmit", CUT, n), Trouble("connect", CUT, 2), Trouble("connect", CUT, 3)]
    office.printer.troubles = [Trouble("reject", CUT)]
    result = office.make(record)
    assert result.outcome is CardOutcome.IN_DOUBT
    assert blank.chip.commands > 0
    check_refused(office, result.card_id, Finding.UNUSED, "chip_was_written")


# --- spoiled and lost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [unfed, fed, bound, printed])
def test_a_person_may_always_call_a_card_spoiled(office: CardOffice, lost: Callable[[CardOffice], Doubt]) -> None:
    card_id, record, _ = lost(office)
    resolve(office.log, card_id, Finding.SPOILED, "op-7")
    card = office.card(card_id)
    assert (card.state, card.facts["operator"]) == ("spoiled", "op-7")
    assert office.authorisation(record) == "reserved"
    assert office.log.stock().spoiled == 1
    assert office.log.stock().holds


def test_a_card_that_nobody_finds_is_lost_by_the_word_of_two_people(office: CardOffice) -> None:
    card_id, record, _ = printed(office)
    for second in ("", "  ", "op", " OP "):
        check_refused(office, card_id, Finding.LOST, "second_person_needed", Seen(second_person=second))
    resolve(office.log, card_id, Finding.LOST, "op", Seen(second_person="op-2"))
    assert (office.card(card_id).state, office.authorisation(record)) == ("lost", "withdrawn")
    assert office.log.stock().missing == 1
    assert office.log.stock().holds
    with pytest.raises(NotPrintable, match="revoked"):
        office.make(record)


@pytest.mark.parametrize("finding", Finding)
def test_a_card_that_is_not_in_doubt_has_nothing_to_resolve(office: CardOffice, finding: Finding) -> None:
    office.add_blank()
    result = office.make(office.reserve())
    before = office.log.head()
    for card_id in (result.card_id, "card-of-nobody"):
        with pytest.raises(CannotResolve, match="not_in_doubt"):
            resolve(office.log, card_id, finding, "op", Seen(ChipLook("00", True), 0, "op-2"))
    assert office.log.head() == before


def test_a_doubt_is_settled_once(office: CardOffice) -> None:
    card_id, _, _ = printed(office)
    resolve(office.log, card_id, Finding.SPOILED, "op")
    with pytest.raises(CannotResolve, match="not_in_doubt"):
        resolve(office.log, card_id, Finding.SPOILED, "op")


# --- finding and clearing --------------------------------------------------------------------------------------------


def test_doubts_outlive_a_start_and_are_not_doubted_twice(office: CardOffice) -> None:
    card_id, _, _ = printed(office)
    for _ in range(2):
        office.reopen()
        assert find_lost_cards(office.log) == []
        assert [card.id for card in cards_in_doubt(office.log)] == [card_id]


def test_an_empty_printer_needs_no_clearing(office: CardOffice) -> None:
    assert clear_printer(office.log, office.lane) is False
    assert "reject" not in office.printer.asked


def test_a_card_in_doubt_is_cleared_into_the_reject_box_and_stays_in_doubt(office: CardOffice) -> None:
    card_id, _, blank = fed(office)
    assert clear_printer(office.log, office.lane) is True
    assert office.printer.reject_box == [blank]
    assert office.printer.place is CardPlace.NONE
    assert office.card(card_id).state == "in_doubt"
    assert clear_printer(office.log, office.lane) is False


def test_a_card_that_the_books_do_not_know_is_not_moved(office: CardOffice) -> None:
    office.add_blank()
    office.printer.inside, office.printer.place = office.printer.hopper.pop(), CardPlace.INSIDE
    with pytest.raises(CannotResolve, match="unknown_card_inside"):
        clear_printer(office.log, office.lane)
    assert office.printer.reject_box == []


def test_a_reject_box_that_is_full_says_so_and_leaves_the_card_inside(office: CardOffice) -> None:
    _, _, blank = fed(office)
    office.printer.asked.clear()
    office.printer.troubles = [Trouble("reject", DeviceFault(FaultCode.REJECT_BOX_FULL, CardFate.IN_DOUBT))]
    with pytest.raises(DeviceFault, match="reject_box_full"):
        clear_printer(office.log, office.lane)
    assert office.printer.inside is blank
