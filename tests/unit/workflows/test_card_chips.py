"""A chip that is not what it should be, or fails at any command: the right card or none, never a wrong one."""

from __future__ import annotations

import pytest

from drivers.contracts.card_printer import Face
from drivers.contracts.chip_profile import ChipLife
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode
from station.workflows.personalise_card import CardOutcome
from tests.unit.workflows.card_bench import Trouble
from tests.unit.workflows.card_checks import check_end, foreign_blank
from tests.unit.workflows.card_office import CardOffice
from tests.unit.workflows.card_people import artwork


@pytest.mark.parametrize("life", [ChipLife.INCOMPLETE, ChipLife.PERSONALISED, ChipLife.BLOCKED])
def test_a_chip_that_is_not_blank_is_rejected_unwritten(office: CardOffice, life: ChipLife) -> None:
    blank, record = office.add_blank(), office.reserve()
    blank.chip.eeprom.set_life(life)
    before = {name: bytes(content) for name, content in blank.chip.eeprom.files.items()}
    result = office.make(record)
    assert (result.outcome, result.reason) == (CardOutcome.REJECTED, f"chip_{life}")
    assert {name: bytes(content) for name, content in blank.chip.eeprom.files.items()} == before
    assert "encoding_intended" not in office.kinds(result.card_id)
    check_end(office, record, result.card_id, result)


def test_foreign_chips_are_rejected_one_after_another(office: CardOffice) -> None:
    for _ in range(2):
        foreign_blank(office)
        result = office.make(office.reserve())
        assert (result.outcome, result.reason) == (CardOutcome.REJECTED, "chip_foreign")
    office.check_books()


def test_a_chip_that_belongs_to_another_card_is_rejected(office: CardOffice) -> None:
    first = office.add_blank()
    first_record = office.reserve()
    made = office.make(first_record)
    twin, record = office.add_blank(identifier=first.chip.identifier), office.reserve()
    result = office.make(record)
    assert (result.outcome, result.reason) == (CardOutcome.REJECTED, "chip_bound_to_another_card")
    assert not twin.is_printed
    assert twin.chip.life is ChipLife.BLANK
    bound = office.log.card_of_chip(first.chip_id)
    assert bound is not None
    assert bound.id == made.card_id
    check_end(office, record, result.card_id, result)


def test_a_chip_with_another_key_is_rejected_before_a_drop_of_ink(office: CardOffice) -> None:
    blank, record = office.add_blank(key=bytes(range(16))), office.reserve()
    result = office.make(record)
    assert result.outcome is CardOutcome.REJECTED
    assert not blank.is_printed
    check_end(office, record, result.card_id, result)


def test_a_blank_without_a_chip_is_rejected(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.reader.troubles = [Trouble("connect", DeviceFault(FaultCode.NO_CHIP, CardFate.UNTOUCHED))]
    result = office.make(record)
    assert (result.outcome, result.reason) == (CardOutcome.REJECTED, "fault.no_chip")
    check_end(office, record, result.card_id, result)


def test_the_face_of_another_person_is_rejected_before_a_drop_of_ink(office: CardOffice) -> None:
    blank, record = office.add_blank(), office.reserve()
    office.draw = lambda _record, _facts: artwork(face_of=1)
    result = office.make(record)
    assert (result.outcome, result.reason) == (CardOutcome.REJECTED, "chip_and_face_differ")
    assert "print_front" not in office.printer.asked
    assert not blank.is_printed
    check_end(office, record, result.card_id, result)


def test_a_card_exchanged_while_the_face_was_printed_is_rejected(office: CardOffice) -> None:
    """The chip of another card of the same person: what it holds is right, whose blank it is is not."""
    other = office.add_blank()
    office.make(office.reserve())
    blank, record = office.add_blank(), office.reserve()
    print_front = office.printer.print_front

    def exchanges(face: Face, *, timeout_s: float = 120.0) -> None:
        print_front(face, timeout_s=timeout_s)
        blank.chip = other.chip

    office.printer.print_front = exchanges  # type: ignore[method-assign]
    result = office.make(record)
    assert (result.outcome, result.reason) == (CardOutcome.REJECTED, "chip_and_face_differ")
    check_end(office, record, result.card_id, result)


FAULTS_MAX = 200


def undisturbed_commands(office: CardOffice) -> int:
    blank = office.add_blank()
    assert office.make(office.reserve()).outcome is CardOutcome.DELIVERED
    return blank.chip.commands


@pytest.mark.parametrize("fault", ["bad-sw", "tear", "flip-bit"])
def test_a_chip_fault_at_any_command_gives_the_right_card_or_none(office: CardOffice, fault: str) -> None:
    """In doubt is allowed only once the face is being printed or looked at; a wrong chip is never delivered."""
    commands = undisturbed_commands(office)
    assert commands < FAULTS_MAX
    outcomes: dict[str, int] = {}
    for n in range(1, commands + 1):
        blank, record = office.add_blank(f"{fault}@apdu={n}"), office.reserve()
        result = office.make(record)
        outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
        assert result.outcome in (CardOutcome.DELIVERED, CardOutcome.REJECTED)
        if result.outcome is CardOutcome.DELIVERED:
            assert office.good_cards(record) == [blank]
        else:
            assert office.good_cards(record) == []
        check_end(office, record, result.card_id, result)
    assert outcomes[CardOutcome.DELIVERED] > 0
    assert outcomes[CardOutcome.REJECTED] > 0


def test_a_write_that_was_torn_is_begun_again_on_the_same_chip(office: CardOffice) -> None:
    office.add_blank("tear@apdu=20")
    result = office.make(office.reserve())
    assert result.outcome is CardOutcome.DELIVERED
    assert "chip_write_again" in dict(office.steps)


def test_a_chip_that_refuses_twice_is_rejected(office: CardOffice) -> None:
    blank = office.add_blank("bad-sw@apdu=20 bad-sw@apdu=40")
    record = office.reserve()
    result = office.make(record)
    assert result.outcome is CardOutcome.REJECTED
    assert result.reason.startswith("chip_not_written")
    assert not blank.is_printed
    check_end(office, record, result.card_id, result)
