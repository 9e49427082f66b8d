"""A card goes to the citizen whose finger is on its chip; whoever else comes leaves no trace but a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest

from drivers.contracts.capture import Capture, CaptureFacts, Frame, Retry, RetryReason
from drivers.contracts.chip_profile import ChipFiles, ChipLife
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, TransportError
from drivers.contracts.parts import Finger
from drivers.scanners.sbi.simulated_pictures import encode_picture, finger_record
from drivers.simulators.people import person
from station.assembly.judge import StationJudge, fingers_on_chip
from station.chip_data import signed
from station.devices.lane import Lane
from station.sealing.signatures import generate_issuer_key
from station.workflows.hand_over import (
    FingerMatcher,
    HandOverResult,
    NotForHandOver,
    hand_over,
    hand_over_without_finger,
)
from station.workflows.personalise_card import CardOutcome
from station.workflows.read_card import CardReading
from tests.unit.workflows.card_bench import Blank, Trouble
from tests.unit.workflows.card_office import CardOffice
from tests.unit.workflows.card_people import ISSUER, START, chip_of

FACTS = CaptureFacts("small", "Contoh", "Small", "1", "1", trusted=True)
JUDGE = StationJudge()
MATCHER = FingerMatcher(fingers_on_chip, JUDGE.match_template, JUDGE.match_threshold)


@cache
def frame(who: int, finger: Finger, impression: int) -> Frame:
    """A real or drawn finger of simulated person `who`, as a scanner gives it."""
    pixels = person(7, who).finger(finger, impression)
    height_px, width_px = pixels.shape
    record = finger_record(finger, pixels, START)
    return Frame(finger, record, encode_picture(pixels), "jpeg2000", width_px, height_px, 500, 80)


class SmallScanner:
    """Gives the next of what the test put on it; asked again after that, it sees nobody."""

    def __init__(self, *given: int | Retry | Exception) -> None:
        self.given, self.asked = list(given), []  # type: ignore[var-annotated]

    def capture_fingers(self, fingers: tuple[Finger, ...], *, timeout_s: float) -> Capture | Retry:
        self.asked.append(fingers)
        given = self.given.pop(0) if self.given else Retry(RetryReason.TIMEOUT)
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, Retry) else Capture((frame(given, fingers[0], 1),), FACTS)


@contextmanager
def lane_of(scanner: SmallScanner) -> Iterator[Lane[SmallScanner]]:
    lane = Lane("fingerprint_scanner", lambda: scanner, lambda _: None)
    try:
        yield lane
    finally:
        lane.close()


def delivered(office: CardOffice, chip: ChipFiles | None = None) -> tuple[Blank, str]:
    blank = office.add_blank()
    result = office.make(office.reserve(chip or chip_of(with_fingers=True)))
    assert result.outcome is CardOutcome.DELIVERED
    return blank, result.card_id


def come(office: CardOffice, reading: CardReading, scanner: SmallScanner) -> HandOverResult:
    with lane_of(scanner) as lane:
        return hand_over(office.log, reading, lane, MATCHER, "op", timeout_s=1.0)  # type: ignore[arg-type]


def check_refused(office: CardOffice, reading: CardReading, code: str) -> None:
    """Both ways of handing over say so, nobody is asked for a finger, and nothing is logged."""
    before, scanner = office.log.head(), SmallScanner(0)
    with pytest.raises(NotForHandOver, match=code):
        come(office, reading, scanner)
    with pytest.raises(NotForHandOver, match=code):
        hand_over_without_finger(office.log, reading, "face", "op")
    assert (office.log.head(), scanner.asked) == (before, [])


def test_the_right_finger_gets_the_card_and_the_log_its_score(office: CardOffice) -> None:
    blank, card_id = delivered(office)
    scanner = SmallScanner(0)
    result = come(office, office.read(blank), scanner)
    card = office.card(card_id)
    assert (result.handed_over, result.card_id, card.state) == (True, card_id, "handed_over")
    assert (card.facts["means"], card.facts["score"], card.facts["operator"]) == ("finger", result.score, "op")
    assert result.score >= MATCHER.threshold
    assert scanner.asked == [(Finger.RIGHT_INDEX,)]


def test_the_second_template_serves_when_the_first_finger_does_not(office: CardOffice) -> None:
    blank, _ = delivered(office)
    scanner = SmallScanner(Retry(RetryReason.POOR_QUALITY), 0)
    assert come(office, office.read(blank), scanner).handed_over
    assert scanner.asked == [(Finger.RIGHT_INDEX,), (Finger.LEFT_INDEX,)]


def test_another_person_is_refused_and_the_card_stays(office: CardOffice) -> None:
    blank, card_id = delivered(office)
    scanner = SmallScanner(1, 1, 1)
    result = come(office, office.read(blank), scanner)
    assert (result.handed_over, result.reason) == (False, "finger_does_not_match")
    assert result.score < MATCHER.threshold
    assert len(scanner.asked) == 3
    assert office.card(card_id).state == "delivered"
    assert office.kinds(card_id)[-1] == "hand_over_refused"
    assert come(office, office.read(blank), SmallScanner(0)).handed_over


def test_nobody_at_the_scanner_is_a_refusal_too(office: CardOffice) -> None:
    blank, card_id = delivered(office)
    result = come(office, office.read(blank), SmallScanner())
    assert (result.handed_over, result.score) == (False, 0)
    assert office.card(card_id).state == "delivered"


def test_a_scanner_that_breaks_hands_nothing_over_and_refuses_nobody(office: CardOffice) -> None:
    blank, card_id = delivered(office)
    before = office.log.head()
    for error in (TransportError("small", "cut"), DeviceFault(FaultCode.BUSY, CardFate.UNTOUCHED)):
        with pytest.raises(type(error)):
            come(office, office.read(blank), SmallScanner(error))
    assert office.log.head() == before
    assert office.card(card_id).state == "delivered"


def test_a_card_is_handed_over_once(office: CardOffice) -> None:
    blank, _ = delivered(office)
    come(office, office.read(blank), SmallScanner(0))
    check_refused(office, office.read(blank), "already_handed_over")


def test_a_chip_whose_content_the_issuer_did_not_sign_is_refused(office: CardOffice) -> None:
    blank, card_id = delivered(office)
    blank.chip.eeprom.files[0x6FF1][100] ^= 1
    reading = office.read(blank)
    assert not reading.genuine
    check_refused(office, reading, "issuer_signature_wrong")
    assert office.card(card_id).state == "delivered"


def test_content_that_another_key_signed_is_refused(office: CardOffice) -> None:
    blank, _ = delivered(office)
    forged = signed(office.read(blank).files, generate_issuer_key())
    content = blank.chip.eeprom.files[0x6FF6]
    content[2 : 2 + len(forged.issuer_signature)] = forged.issuer_signature
    check_refused(office, office.read(blank), "issuer_signature_wrong")


def test_a_genuine_card_of_another_office_is_refused(office: CardOffice) -> None:
    blank, _ = delivered(office)
    reading = office.read(blank)
    elsewhere = replace(reading, identity=replace(reading.identity, identifier=bytes(8)))
    check_refused(office, elsewhere, "card_not_of_this_office")


def test_a_rejected_card_that_somebody_took_out_of_the_box_is_refused(office: CardOffice) -> None:
    """Its chip is whole; it was rejected after its face was printed, when it could not be read for a moment."""
    blank, record = office.add_blank(), office.reserve(chip_of(with_fingers=True))
    office.reader.troubles = [Trouble("connect", DeviceFault(FaultCode.NO_CHIP, CardFate.UNTOUCHED), 3)]
    assert office.make(record).outcome is CardOutcome.REJECTED
    check_refused(office, office.read(blank), "card_not_delivered")


def test_chips_that_are_blank_foreign_or_locked_are_no_cards(office: CardOffice) -> None:
    blank = office.add_blank()
    with pytest.raises(DeviceFault, match="chip_data_wrong"):
        office.read(blank)
    blank.chip.eeprom.files[0x6FF0][2:6] = b"XXXX"
    with pytest.raises(DeviceFault, match="chip_foreign"):
        office.read(blank)
    locked = office.add_blank(key=bytes(16))
    locked.chip.eeprom.set_life(ChipLife.PERSONALISED)
    with pytest.raises(DeviceFault, match="chip_refused"):
        office.read(locked)


# --- without a finger ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("means", ["face", "representative"])
def test_a_citizen_without_templates_gets_the_card_by_face_or_representative(office: CardOffice, means: str) -> None:
    blank, card_id = delivered(office, chip_of())
    reading = office.read(blank)
    with pytest.raises(NotForHandOver, match="no_template_on_chip"):
        come(office, reading, SmallScanner(0))
    assert hand_over_without_finger(office.log, reading, means, "op-7").handed_over
    facts = office.card(card_id).facts
    assert (facts["means"], facts["score"], facts["operator"]) == (means, 0, "op-7")


def test_who_has_templates_is_asked_for_a_finger_first(office: CardOffice) -> None:
    blank, card_id = delivered(office)
    with pytest.raises(NotForHandOver, match="finger_first"):
        hand_over_without_finger(office.log, office.read(blank), "face", "op")
    assert office.card(card_id).state == "delivered"


def test_a_means_that_is_not_allowed_hands_nothing_over(office: CardOffice) -> None:
    blank, card_id = delivered(office, chip_of())
    with pytest.raises(NotForHandOver, match="means_not_allowed"):
        hand_over_without_finger(office.log, office.read(blank), "promise", "op")
    assert office.card(card_id).state == "delivered"


def test_a_template_that_cannot_be_read_matches_nobody(office: CardOffice) -> None:
    noise = signed(replace(chip_of(with_fingers=True), minutiae=(b"\x00\x01\x02\x03", b"\x00\x01\x02")), ISSUER)
    blank, _ = delivered(office, noise)
    result = come(office, office.read(blank), SmallScanner(0, 0, 0))
    assert (result.handed_over, result.score) == (False, 0)
