"""Making a card: whatever any device says at any moment, the card ends where the books say, and nobody gets two."""

from __future__ import annotations

import pytest

from drivers.contracts.card_printer import Face
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode
from station.workflows.personalise_card import CardOutcome
from station.workflows.resolve_in_doubt import Finding
from tests.unit.workflows.card_bench import INTENT, Trouble
from tests.unit.workflows.card_checks import (
    GOOD_LIFE,
    attempt,
    check_end,
    check_made_in_the_end,
    check_never_two,
    every_error,
    foreign_blank,
)
from tests.unit.workflows.card_office import CardOffice, settle


def test_a_card_is_made_in_the_order_in_which_it_is_told(office: CardOffice) -> None:
    blank, record = office.add_blank(), office.reserve()
    result = office.make(record)
    assert result.outcome is CardOutcome.DELIVERED
    assert office.kinds(result.card_id) == GOOD_LIFE
    assert [name for name, _ in office.steps] == [
        "card_prepared",
        "blank_fed",
        "chip_verified",
        "face_matched",
        "card_printed",
        "card_delivered",
    ]
    assert office.printer.tray == [blank]
    assert office.good_cards(record) == [blank]
    assert office.card(result.card_id).facts["chip_id"] == blank.chip_id
    check_end(office, record, result.card_id, result)


def test_each_motion_comes_after_its_intent(office: CardOffice) -> None:
    """The printer itself looks into the log before it moves (see `SmallPrinter`); here that it was asked to."""
    office.add_blank()
    office.make(office.reserve())
    assert [name for name in office.printer.asked if name in INTENT] == [
        "load_blank",
        "print_front",
        "present_to_encoder",
        "deliver",
    ]


def test_no_step_of_the_journal_holds_a_word_of_the_person(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.make(record)
    said = " ".join(f"{name} {detail}" for name, detail in office.steps) + str(office.log.read())
    assert record.biodata.nama not in said
    assert record.biodata.nik.digits not in said


def test_a_printer_that_lets_go_after_printing_delivers_without_a_second_look(office: CardOffice) -> None:
    office.printer.holds = False
    blank, record = office.add_blank(), office.reserve()
    assert office.make(record).outcome is CardOutcome.DELIVERED
    assert office.printer.asked.count("present_to_encoder") == 0
    assert office.printer.tray == [blank]
    office.check_books()


def test_without_a_counter_only_a_person_can_say_that_the_card_came_out(office: CardOffice) -> None:
    office.printer.counts = False
    blank, record = office.add_blank(), office.reserve()
    result = office.make(record)
    assert result.outcome is CardOutcome.IN_DOUBT
    check_end(office, record, result.card_id, result)
    assert settle(office, record, result.card_id, blank) is Finding.GOOD
    assert office.good_cards(record) == [blank]


# --- every error at every motion -------------------------------------------------------------------------------------

PRINTER_MOTIONS = [("load_blank", 1), ("status", 2), ("present_to_encoder", 1), ("deliver", 1)]
READER_MOTIONS = [("connect", 1), ("connect", 2), ("connect", 3), ("transmit", 1), ("transmit", 40), ("transmit", 79)]


@pytest.mark.parametrize("moved", [False, True], ids=["before_it", "after_it"])
@pytest.mark.parametrize(("motion", "n"), PRINTER_MOTIONS)
def test_every_error_of_the_printer_leaves_a_true_account(
    office: CardOffice, motion: str, n: int, moved: bool
) -> None:
    for error in every_error():
        blank = office.printer.hopper[0] if office.printer.hopper else office.add_blank()
        record = office.reserve()
        office.printer.asked.clear()
        office.printer.troubles = [Trouble(motion, error, n, moved)]
        card_id, result = attempt(office, record)
        assert motion in office.printer.asked
        check_end(office, record, card_id, result)
        check_never_two(office, record, card_id, blank)
    check_made_in_the_end(office, record)


@pytest.mark.parametrize("moved", [False, True], ids=["before_it", "after_it"])
@pytest.mark.parametrize("holds", [False, True], ids=["lets_go", "holds"])
def test_every_error_of_a_print_leaves_a_true_account(office: CardOffice, holds: bool, moved: bool) -> None:
    office.printer.holds = holds
    for error in every_error():
        blank = office.printer.hopper[0] if office.printer.hopper else office.add_blank()
        record = office.reserve()
        office.printer.asked.clear()
        office.printer.troubles = [Trouble("print_front", error, moved=moved)]
        card_id, result = attempt(office, record)
        check_end(office, record, card_id, result)
        check_never_two(office, record, card_id, blank)
    check_made_in_the_end(office, record)


@pytest.mark.parametrize("moved", [False, True], ids=["before_it", "after_it"])
@pytest.mark.parametrize(("motion", "n"), READER_MOTIONS)
def test_every_error_of_the_encoder_leaves_a_true_account(
    office: CardOffice, motion: str, n: int, moved: bool
) -> None:
    for error in every_error():
        blank = office.printer.hopper[0] if office.printer.hopper else office.add_blank()
        record = office.reserve()
        office.reader.asked.clear()
        office.reader.troubles = [Trouble(motion, error, n, moved)]
        card_id, result = attempt(office, record)
        check_end(office, record, card_id, result)
        check_never_two(office, record, card_id, blank)
    check_made_in_the_end(office, record)


@pytest.mark.parametrize("moved", [False, True], ids=["before_it", "after_it"])
def test_every_error_of_a_rejection_leaves_the_card_in_doubt(office: CardOffice, moved: bool) -> None:
    for error in every_error():
        blank = foreign_blank(office)
        record = office.reserve()
        office.printer.asked.clear()
        office.printer.troubles = [Trouble("reject", error, moved=moved)]
        card_id, result = attempt(office, record)
        assert result is not None
        assert result.outcome is CardOutcome.IN_DOUBT
        check_end(office, record, card_id, result)
        check_never_two(office, record, card_id, blank)
    check_made_in_the_end(office, record)


def test_a_spent_card_that_has_left_the_printer_is_not_called_rejected(office: CardOffice) -> None:
    """It lies in the tray, good, while the books would call it spoiled and let another be made."""
    office.add_blank()
    record = office.reserve()
    office.printer.troubles = [Trouble("deliver", DeviceFault(FaultCode.CARD_JAM, CardFate.SPENT), moved=True)]
    result = office.make(record)
    assert result.outcome is CardOutcome.IN_DOUBT
    assert len(office.good_cards(record)) == 1
    assert office.authorisation(record) == "in_doubt"


def test_a_blank_that_jammed_on_its_way_in_is_not_called_unused(office: CardOffice) -> None:
    """It is no longer in the hopper: whoever takes it out says what became of it."""
    blank, record = office.add_blank(), office.reserve()
    office.printer.troubles = [Trouble("load_blank", DeviceFault(FaultCode.CARD_JAM, CardFate.UNTOUCHED), moved=True)]
    assert office.make(record).outcome is CardOutcome.IN_DOUBT
    assert office.printer.inside is blank


def test_an_empty_hopper_uses_no_blank(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.printer.troubles = [Trouble("load_blank", DeviceFault(FaultCode.HOPPER_EMPTY, CardFate.UNTOUCHED))]
    result = office.make(record)
    assert (result.outcome, result.reason) == (CardOutcome.UNUSED, "fault.hopper_empty")
    assert office.make(record).outcome is CardOutcome.DELIVERED


def test_a_counter_that_did_not_move_puts_the_card_in_doubt(office: CardOffice) -> None:
    office.printer.skips_count = True
    blank, record = office.add_blank(), office.reserve()
    result = office.make(record)
    assert result.outcome is CardOutcome.IN_DOUBT
    assert office.card(result.card_id).facts["since"] == "printing"
    assert office.printer.inside is blank
    check_end(office, record, result.card_id, result)


def test_a_counter_that_moved_by_two_puts_the_card_in_doubt(office: CardOffice) -> None:
    """The printer ran another card by itself: which of them is in the tray, only a look can tell."""
    office.add_blank()
    record = office.reserve()
    print_front = office.printer.print_front

    def prints_twice(face: Face, *, timeout_s: float = 120.0) -> None:
        print_front(face, timeout_s=timeout_s)
        office.printer.cards_in += 1

    office.printer.print_front = prints_twice  # type: ignore[method-assign]
    result = office.make(record)
    assert result.outcome is CardOutcome.IN_DOUBT
    check_end(office, record, result.card_id, result)
