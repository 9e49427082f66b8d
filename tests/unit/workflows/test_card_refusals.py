"""What stops a card before a blank is fed: nothing has moved, nothing is logged, and the reason has a name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.card_printer import CardPlace
from drivers.contracts.errors import FaultCode
from drivers.modules.memory.driver import MemoryModule
from station.domain.events import PrintReadyRecordRevoked
from station.domain.print_ready_record import PrintReadyRecord
from station.sealing.signatures import generate_issuer_key
from station.workflows.personalise_card import CardOutcome, NotPrintable
from tests.unit.workflows.card_bench import Trouble
from tests.unit.workflows.card_checks import check_end, check_nothing_begun, every_error
from tests.unit.workflows.card_office import CardOffice
from tests.unit.workflows.card_people import chip_of


def test_an_expired_authorisation_makes_no_card_and_expiry_is_a_fact(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.clock.time = record.valid_until
    for _ in range(2):
        with pytest.raises(NotPrintable, match="expired"):
            office.make(record)
    assert office.authorisation(record) == "expired"
    assert [entry.event.kind for entry in office.log.read()].count("print_ready_record_expired") == 1
    assert office.printer.asked == []


def test_the_last_moment_before_expiry_is_early_enough(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    office.clock.time = record.valid_until - timedelta(milliseconds=1)
    assert office.make(record).outcome is CardOutcome.DELIVERED


def test_a_revoked_an_unknown_and_a_printed_authorisation_make_no_card(office: CardOffice) -> None:
    office.add_blank()
    office.add_blank()
    revoked, printed = office.reserve(), office.reserve()
    office.log.append(PrintReadyRecordRevoked(revoked.authorisation_id, "duplicate"))
    office.make(printed)
    office.printer.asked.clear()
    check_nothing_begun(office, revoked, "revoked")
    check_nothing_begun(office, printed, "already_printed")
    unknown = PrintReadyRecord.from_json({**printed.to_json(), "authorisation_id": "nobody-knows"})
    check_nothing_begun(office, unknown, "unknown_authorisation")


def test_a_chip_that_another_issuer_signed_is_not_written(office: CardOffice) -> None:
    office.add_blank()
    check_nothing_begun(office, office.reserve(chip_of(issuer=generate_issuer_key())), "issuer_signature_wrong")


def test_content_changed_after_it_was_signed_is_not_written(office: CardOffice) -> None:
    office.add_blank()
    record = office.reserve()
    data = record.to_json()
    data["chip"]["biodata"] = office.reserve(chip_of(1)).to_json()["chip"]["biodata"]
    check_nothing_begun(office, PrintReadyRecord.from_json(data), "issuer_signature_wrong")


def test_a_module_that_is_away_is_noticed_before_a_blank_is_fed(office: CardOffice) -> None:
    office.add_blank()
    office.module_away = True
    check_nothing_begun(office, office.reserve(), "module_away")


def test_a_module_that_refuses_with_a_blank_inside_spoils_that_blank(office: CardOffice) -> None:
    blank, record = office.add_blank(), office.reserve()
    module = MemoryModule(PUBLISHED_TEST_MASTER_KEY)
    module.close()
    office.module = module
    result = office.make(record)
    assert result.outcome is CardOutcome.REJECTED
    assert not blank.is_printed
    check_end(office, record, result.card_id, result)


def test_a_card_left_in_the_printer_stops_the_next_one(office: CardOffice) -> None:
    blank = office.add_blank()
    office.printer.inside, office.printer.place = office.printer.hopper.pop(), CardPlace.INSIDE
    check_nothing_begun(office, office.reserve(), "card_left_in_printer")
    assert office.printer.tray == office.printer.reject_box == []
    assert blank.chip.commands == 0


def test_a_fault_that_the_printer_tells_and_books_without_blanks_stop_a_card(office: CardOffice) -> None:
    record = office.reserve()
    check_nothing_begun(office, record, "no_blanks_in_books")
    office.add_blank()
    office.printer.faults = (FaultCode.RIBBON_OUT,)
    check_nothing_begun(office, record, "fault.ribbon_out")


def test_a_printer_that_cannot_be_reached_stops_a_card(office: CardOffice) -> None:
    office.add_blank()
    for error in every_error():
        office.printer.asked.clear()
        office.printer.troubles = [Trouble("status", error)]
        check_nothing_begun(office, office.reserve(), "printer_away")
