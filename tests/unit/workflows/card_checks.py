"""What must be true after any attempt at a card, whatever the devices did; and every error that they can raise."""

from __future__ import annotations

import pytest

from drivers.chips.ktp_el.eeprom import CARD_CONTROL
from drivers.contracts.errors import (
    CardFate,
    DeviceError,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from station.domain.card import CARD
from station.domain.print_ready_record import AuthorisationState, PrintReadyRecord
from station.workflows.personalise_card import CardOutcome, CardResult, NotPrintable
from tests.unit.workflows.card_bench import Blank
from tests.unit.workflows.card_office import CardOffice, settle

GOOD_LIFE = [
    "card_intended",
    "chip_identified",
    "encoding_intended",
    "chip_verified",
    "face_matched",
    "printing_intended",
    "card_printed",
    "face_matched",
    "card_delivered",
]
AUTHORISATION_AFTER = {
    CardOutcome.DELIVERED: AuthorisationState.PRINTED,
    CardOutcome.REJECTED: AuthorisationState.RESERVED,
    CardOutcome.UNUSED: AuthorisationState.RESERVED,
    CardOutcome.IN_DOUBT: AuthorisationState.IN_DOUBT,
}


def every_error() -> list[DeviceError]:
    """Each kind with each fate; a bug of ours has none."""
    errors: list[DeviceError] = [LocalProtocolError("a bug")]
    for fate in CardFate:
        errors.append(TransportError("small", "the line is cut", card=fate))
        errors.append(RemoteProtocolError("noise", card=fate))
        errors.append(DeviceFault(FaultCode.MECHANICAL, fate))
    return errors


def attempt(office: CardOffice, record: PrintReadyRecord) -> tuple[str, CardResult | None]:
    """(card, result); None when an error came out, as a bug of ours does."""
    try:
        result = office.make(record)
    except LocalProtocolError:
        return office.log.subjects("card")[-1].id, None
    return result.card_id, result


def check_end(office: CardOffice, record: PrintReadyRecord, card_id: str, result: CardResult | None) -> None:
    """An end state, an authorisation that fits, books that are true, and no second card while in doubt."""
    state = office.card(card_id).state
    assert state in CARD.ends
    if result is None:
        assert state == "in_doubt"
    else:
        assert office.authorisation(record) == AUTHORISATION_AFTER[result.outcome]
    office.check_books()
    if state == "in_doubt":
        with pytest.raises(NotPrintable, match="in_doubt"):
            office.make(record)


def check_never_two(office: CardOffice, record: PrintReadyRecord, card_id: str, blank: Blank) -> None:
    """The doubt is settled by a look; another card may be made only where no good one exists."""
    office.printer.troubles, office.reader.troubles = [], []
    if office.card(card_id).state == "in_doubt":
        settle(office, record, card_id, blank)
        office.check_books()
    good = {AuthorisationState.PRINTED: 1, AuthorisationState.RESERVED: 0}
    assert len(office.good_cards(record)) == good[AuthorisationState(office.authorisation(record))]


def check_made_in_the_end(office: CardOffice, record: PrintReadyRecord) -> None:
    """The next try is undisturbed, and one good card exists."""
    if office.authorisation(record) == "reserved":
        if not office.printer.hopper:
            office.add_blank()
        assert office.make(record).outcome is CardOutcome.DELIVERED
    assert len(office.good_cards(record)) == 1
    office.check_books()


def check_nothing_begun(office: CardOffice, record: PrintReadyRecord, code: str) -> None:
    before = office.log.head()
    with pytest.raises(NotPrintable) as refused:
        office.make(record)
    assert refused.value.code == code
    assert office.log.head() == before
    assert "load_blank" not in office.printer.asked


def foreign_blank(office: CardOffice) -> Blank:
    blank = office.add_blank()
    blank.chip.eeprom.files[CARD_CONTROL][2:6] = b"XXXX"
    return blank
