"""Recording one citizen: poor tries keep the best, nothing is skipped, and whoever says no leaves the record open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from drivers.contracts.capture import Retry, RetryReason
from drivers.contracts.errors import RemoteProtocolError
from drivers.contracts.parts import Eye, Finger, MissingReason, Slap
from drivers.iso19794 import finger_image
from station.config import CaptureConfig
from station.domain.citizen import Biodata, Sex
from station.package import SEALED_PACKAGE, CapturedPart, EnrolmentPackage, Modality
from station.package.strokes import decode_strokes
from station.ports import BodyMissing, Correction, MissingPart, NotAuthenticated, StoreFull
from station.workflows.capture_parts import NothingCaptured
from station.workflows.carried_list import CarriedList
from station.workflows.draft import Draft
from station.workflows.enrol import (
    RECORD_BYTES_MAX,
    CannotRecord,
    NotConfirmed,
    VerificationFailed,
    carry_on,
    chip_fingers,
    open_enrolment,
)
from tests.unit.workflows.card_people import biodata_of
from tests.unit.workflows.recording_office import GOES, RecordingOffice, frame_of, strokes

FINGERS = [MissingPart(finger, MissingReason.AMPUTATED) for finger in Finger]


def opened(office: RecordingOffice) -> str:
    return open_enrolment(office.at, office.desk.truth.nik)


def recorded(office: RecordingOffice) -> EnrolmentPackage:
    record_id = opened(office)
    assert carry_on(office.at, record_id) is not None
    return office.package(record_id)


def captured(package: EnrolmentPackage, part: str) -> CapturedPart:
    (found,) = [each for each in package.captures if each.part == part]
    return found


# --- the whole -------------------------------------------------------------------------------------------------------


def test_a_recording_holds_everything_and_leaves_only_the_sealed_package(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    record_id = opened(office)
    package = carry_on(office.at, record_id)
    assert package == office.package(record_id)
    assert package.biodata == office.desk.truth
    assert [part.part for part in package.captures if part.modality is Modality.FINGER] == [
        finger.name.lower() for slap in Slap for finger in slap.fingers
    ]
    assert len(package.captures) == 13
    assert captured(package, "right_index").record == frame_of(0, Finger.RIGHT_INDEX).record
    assert decode_strokes(package.strokes).strokes[0][0].x_mm == 10.0
    assert [(v.finger, v.score) for v in package.verifications] == [("right_index", 100), ("left_index", 100)]
    assert (package.waiver, package.missing, package.corrections) == ("", (), ())
    assert office.bodies(record_id) == [SEALED_PACKAGE]
    assert office.state(record_id) == "sealed"


def test_the_goes_come_in_the_order_of_the_office(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.settings = CaptureConfig(order=("irises", "fingers", "signature", "face"))
    recorded(office)
    assert office.devices.asked[:6] == ["irises", "right_four", "left_four", "thumbs", "signature", "face"]


def test_no_name_and_no_nik_reaches_the_log_or_the_desk_s_journal(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.corrections = [Correction("nama", "CONTOH RAHASIA", "akta kelahiran")]
    recorded(office)
    said = str(office.log.read()) + str(office.desk.told)
    assert not [word for word in ("CONTOH", "RAHASIA", office.desk.truth.nik.digits) if word in said]


# --- who it is -------------------------------------------------------------------------------------------------------


def test_a_listed_citizen_is_not_typed_in_and_another_is(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    CarriedList(office.vault).replace([biodata_of(1)])
    listed = opened(office)
    assert office.desk.asked == []
    office.desk.truth = biodata_of(2)
    unlisted = opened(office)
    assert office.desk.asked == ["biodata"]
    checks = [office.log.history("record", each)[0].event.data()["nik_check"] for each in (listed, unlisted)]
    assert checks == ["listed", "unchecked"]


def test_a_carried_list_is_replaced_whole(office_at_work: RecordingOffice) -> None:
    carried = CarriedList(office_at_work.vault)
    assert carried.find(biodata_of(1).nik) is None
    assert carried.replace([biodata_of(1), biodata_of(2)]) == 2
    carried.replace([biodata_of(3)])
    assert carried.find(biodata_of(1).nik) is None
    assert carried.find(biodata_of(3).nik) == biodata_of(3)


def test_a_disk_without_room_says_so_before_the_citizen_sits_down(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    asked: list[int] = []

    def full(bytes_needed: int) -> None:
        asked.append(bytes_needed)
        raise StoreFull("no room")

    office.check_room = full
    with pytest.raises(StoreFull):
        opened(office)
    assert asked == [RECORD_BYTES_MAX]
    assert (office.desk.asked, office.log.head()[0], office.vault.records()) == ([], 0, [])


# --- biodata ---------------------------------------------------------------------------------------------------------


def test_errors_in_the_biodata_name_every_field_and_nothing_is_captured(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.truth = replace(biodata_of(1), nama=" ", alamat='JL. "X"', tanggal_lahir=date(2030, 1, 1))
    record_id = opened(office)
    with pytest.raises(CannotRecord) as cannot:
        carry_on(office.at, record_id)
    assert {finding.field for finding in cannot.value.findings} == {"nama", "alamat", "tanggal_lahir"}
    assert "JL." not in str(cannot.value)
    assert (office.state(record_id), office.devices.asked) == ("open", [])


def test_warnings_are_read_out_logged_and_gone_past(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.truth = replace(biodata_of(1), nama="CONTOH", jenis_kelamin=Sex.FEMALE)
    package = recorded(office)
    assert {"name_one_word", "nik_other_sex"} <= set(office.desk.findings)
    events = [entry.event.data() for entry in office.log.history("record", package.record_id)]
    (read_out,) = [data for data in events if "warnings" in data]
    assert read_out["warnings"] == office.desk.findings


def test_corrections_stand_in_the_package_with_what_was_before(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.corrections = [
        Correction("nama", "CONTOH BENAR", "akta kelahiran"),
        Correction("tanggal_lahir", "1990-07-01", "ijazah"),
    ]
    package = recorded(office)
    assert (package.biodata.nama, package.biodata.tanggal_lahir) == ("CONTOH BENAR", date(1990, 7, 1))
    before: Biodata = office.desk.truth
    assert [(c.field, c.before, c.document, c.operator) for c in package.corrections] == [
        ("nama", before.nama, "akta kelahiran", "op"),
        ("tanggal_lahir", "1990-01-01", "ijazah", "op"),
    ]
    assert {c.authentication for c in package.corrections} == {"finger of the operator"}


def test_an_operator_who_does_not_prove_himself_corrects_nothing(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.corrections = [Correction("nama", "CONTOH SALAH", "ijazah")]
    office.desk.is_authentic = False
    record_id = opened(office)
    with pytest.raises(NotAuthenticated):
        carry_on(office.at, record_id)
    assert Draft(office.log, office.vault, record_id).biodata() == office.desk.truth
    assert office.kinds(record_id) == ["enrolment_opened"]
    office.desk.corrections = []
    assert carry_on(office.at, record_id) is not None


# --- captures --------------------------------------------------------------------------------------------------------


def test_poor_tries_end_with_the_best_of_them_and_the_citizen_goes_on(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.plan = {"face": [31, 45, 12], "right_four": [20, 59, 58]}
    package = recorded(office)
    assert (captured(package, "face").quality, captured(package, "face").tries) == (45, 2)
    assert (captured(package, "right_ring").quality, captured(package, "right_ring").tries) == (59, 2)
    assert office.desk.advice[:3] == [("face", RetryReason.TOO_DRY, left) for left in (2, 1, 0)]
    assert office.devices.asked.count("face") == 3


def test_the_first_try_that_will_do_is_the_last(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.plan = {"irises": [20, 60, 99]}
    package = recorded(office)
    assert captured(package, "left").quality == 60
    assert office.devices.asked.count("irises") == 2


@pytest.mark.parametrize("go", [go for go in GOES if go != "signature"])
def test_a_go_of_which_nothing_came_leaves_the_record_as_it_was(office_at_work: RecordingOffice, go: str) -> None:
    office = office_at_work
    office.devices.plan = {go: [Retry(RetryReason.NO_FACE), -1, RemoteProtocolError("forged")]}
    record_id = opened(office)
    with pytest.raises(NothingCaptured) as nothing:
        carry_on(office.at, record_id)
    assert (nothing.value.modality, nothing.value.last) == (go, RetryReason.EMPTY)
    assert office.devices.asked.count(go) == 3
    assert office.state(record_id) == "read_out"
    assert f"draft.{go}" not in office.bodies(record_id)
    assert carry_on(office.at, record_id) is not None


def test_a_try_that_came_to_nothing_does_not_spoil_a_poor_one(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.plan = {"thumbs": [40, Retry(RetryReason.TOO_FEW_FINGERS), -1]}
    assert captured(recorded(office), "left_thumb").quality == 40
    assert [reason for go, reason, _ in office.desk.advice if go == "thumbs"] == [
        RetryReason.TOO_DRY,
        RetryReason.TOO_FEW_FINGERS,
        RetryReason.EMPTY,
    ]


def test_a_pen_that_never_touched_leaves_the_record_as_it_was(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.plan = {"signature": [Retry(RetryReason.TIMEOUT)] * 3}
    record_id = opened(office)
    with pytest.raises(NothingCaptured, match="signature: timeout"):
        carry_on(office.at, record_id)
    assert office.goes_logged(record_id) == ["face"]
    assert carry_on(office.at, record_id) is not None


def test_the_longest_of_short_signatures_is_kept(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.plan = {"signature": [strokes(4.0), strokes(12.0), strokes(7.0)]}
    kept = decode_strokes(recorded(office).strokes).strokes[0]
    assert kept[1].x_mm - kept[0].x_mm == 12.0


def test_what_is_missing_is_never_asked_for_and_stands_with_its_reason(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.lacks = [
        MissingPart(Finger.RIGHT_INDEX, MissingReason.AMPUTATED),
        MissingPart(Eye.LEFT, MissingReason.BANDAGED),
    ]
    package = recorded(office)
    assert len(office.devices.names_asked) == 10  # nine fingers and the right eye
    assert not office.devices.names_asked & {"right_index", "left"}
    assert [(m.part, m.reason) for m in package.missing] == [("right_index", "amputated"), ("left", "bandaged")]
    assert len(package.captures) == 11
    assert [v.finger for v in package.verifications] == ["left_index", "right_thumb"]


def test_who_has_no_fingers_is_recorded_and_the_verification_is_waived(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.lacks = [*FINGERS, *(MissingPart(eye, MissingReason.UNREADABLE) for eye in Eye)]
    package = recorded(office)
    assert [part.part for part in package.captures] == ["face"]
    assert (package.waiver, package.verifications) == ("no_finger_to_verify", ())
    assert len(package.missing) == 12
    assert office.devices.asked == ["face", "signature", "signature"]
    assert sorted(office.goes_logged(package.record_id)) == sorted(GOES)


# --- verification, confirmation --------------------------------------------------------------------------------------


def test_another_finger_than_the_captured_one_fails_the_verification(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.verified_by = 1
    record_id = opened(office)
    with pytest.raises(VerificationFailed) as failed:
        carry_on(office.at, record_id)
    assert failed.value.scores == {"right_index": 7, "left_index": 7}
    assert office.devices.asked.count("again") == 6
    assert (office.state(record_id), "confirm" in office.desk.asked) == ("read_out", False)
    office.devices.verified_by = 0
    office.devices.asked.clear()
    assert carry_on(office.at, record_id) is not None
    assert office.devices.asked == ["again", "again", "signature"]


def test_a_verification_is_tried_again_after_a_bad_frame(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.devices.plan = {"again": [Retry(RetryReason.EMPTY), RemoteProtocolError("forged"), 90, -1]}
    assert [v.score for v in recorded(office).verifications] == [100, 100]
    assert office.devices.asked.count("again") == 5


def test_a_citizen_who_does_not_confirm_leaves_an_open_record(office_at_work: RecordingOffice) -> None:
    office = office_at_work
    office.desk.confirms = False
    record_id = opened(office)
    with pytest.raises(NotConfirmed):
        carry_on(office.at, record_id)
    assert office.state(record_id) == "verified"
    with pytest.raises(BodyMissing):
        office.vault.get(record_id, SEALED_PACKAGE)
    office.desk.confirms = True
    office.devices.asked.clear()
    assert carry_on(office.at, record_id) is not None
    assert office.devices.asked == ["signature"]


def test_an_unknown_record_is_not_carried_on(office_at_work: RecordingOffice) -> None:
    assert carry_on(office_at_work.at, "record-of-nobody") is None
    assert office_at_work.log.head()[0] == 0


@pytest.mark.parametrize(
    ("qualities", "chosen"),
    [
        ({"right_index": 30, "left_index": 99, "right_thumb": 100}, (Finger.RIGHT_INDEX, Finger.LEFT_INDEX)),
        ({"right_index": 29, "left_index": 40, "right_thumb": 35}, (Finger.LEFT_INDEX, Finger.RIGHT_THUMB)),
        ({"right_index": 10, "left_index": 5}, (Finger.RIGHT_INDEX, Finger.LEFT_INDEX)),
        ({"left_ring": 50, "right_ring": 50, "left_thumb": 49}, (Finger.RIGHT_RING, Finger.LEFT_RING)),
        ({"left_little": 0}, (Finger.LEFT_LITTLE,)),
        ({}, ()),
    ],
)
def test_the_chip_gets_index_fingers_unless_others_are_better(
    qualities: dict[str, int], chosen: tuple[Finger, ...]
) -> None:
    assert chip_fingers(qualities) == chosen


def test_a_finger_in_the_package_says_itself_which_it_is(office_at_work: RecordingOffice) -> None:
    for part in recorded(office_at_work).of(Modality.FINGER):
        finger = finger_image.decode(part.record).images[0].finger
        assert finger is not None
        assert finger.name.lower() == part.part
