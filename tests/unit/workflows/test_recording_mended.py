"""A recording that went wrong can be put right: a correction corrected, a go taken again, a record given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.contracts.parts import Finger, Slap
from station.domain.citizen import BadBiodata
from station.domain.events import (
    BiodataCorrected,
    BiodataReadOut,
    CitizenConfirmed,
    Event,
    FingersVerified,
    ModalityCaptured,
    RecordSealed,
    RecordSetAside,
)
from station.domain.life import Refused
from station.package import SEALED_PACKAGE, Modality
from station.ports import Correction, StoreFull
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from station.workflows.enrol import (
    CannotRecord,
    VerificationFailed,
    abandon,
    carry_on,
    recapture,
)
from tests.unit.workflows.small_recording import RING, CutAtPut, LeavesAt, PowerCut, Recording, StandingClock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Recording]:
    with (
        SqliteEventLog(tmp_path, StandingClock()) as log,
        SqliteVault(tmp_path, RING, StandingClock(), reserve_bytes=0) as vault,
    ):
        yield Recording(log, vault)


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_correction_that_was_wrong_can_be_corrected(office: Recording) -> None:
    record_id = office.open()
    office.desk.corrections = [Correction("nama", "", "akta kelahiran")]
    with pytest.raises(CannotRecord):
        carry_on(office.at, record_id)
    office.desk.corrections = [Correction("nama", "CONTOH BENAR", "ijazah")]
    package = office.finish(record_id)
    assert package.biodata.nama == "CONTOH BENAR"
    assert [(c.field, c.before, c.document) for c in package.corrections] == [
        ("nama", "CONTOH WARGA", "akta kelahiran"),
        ("nama", "", "ijazah"),
    ]
    assert office.corrected(record_id) == ["nama", "nama"]


def test_a_correction_whose_value_stands_is_not_made_again(office: Recording) -> None:
    record_id = office.open()
    office.desk.corrections = [Correction("nama", "CONTOH BENAR", "ijazah"), Correction("agama", "", "ktp lama")]
    with pytest.raises(CannotRecord):
        carry_on(office.at, record_id)
    with pytest.raises(CannotRecord):
        carry_on(office.at, record_id)
    assert office.corrected(record_id) == ["nama", "agama"]


def test_a_correction_that_no_biodata_can_hold_leaves_nothing_behind(office: Recording) -> None:
    record_id = office.open()
    office.desk.corrections = [Correction("tanggal_lahir", "1990-02-31", "akta kelahiran")]
    with pytest.raises(BadBiodata, match="tanggal_lahir"):
        carry_on(office.at, record_id)
    office.desk.corrections = []
    assert office.finish(record_id).corrections == ()


def test_a_correction_is_in_the_log_after_a_stop_that_kept_only_its_value(office: Recording) -> None:
    record_id = office.open()
    office.desk.corrections = [Correction("nama", "CONTOH BENAR", "ijazah")]
    with pytest.raises(PowerCut):
        carry_on(office.cut_before(BiodataCorrected), record_id)
    office.desk.corrections = []  # the new value is read out: nobody has anything to correct
    package = office.finish(record_id)
    assert office.desk.read[-1].nama == "CONTOH BENAR"
    assert office.corrected(record_id) == [c.field for c in package.corrections] == ["nama"]


def test_a_correction_stands_after_a_stop_before_its_value_was_put_down(office: Recording) -> None:
    record_id = office.open()
    office.desk.corrections = [Correction("nama", "CONTOH BENAR", "ijazah")]
    cut = replace(office.at, vault=CutAtPut(office.vault, "draft.biodata"))
    with pytest.raises(PowerCut):
        carry_on(cut, record_id)
    package = office.finish(record_id)
    assert package.biodata.nama == "CONTOH BENAR"
    assert office.corrected(record_id) == [c.field for c in package.corrections] == ["nama"]


def test_a_second_correction_that_met_a_full_disk_is_logged_after_the_first(office: Recording) -> None:
    record_id = office.open()
    office.desk.corrections = [Correction("nama", "", "akta kelahiran"), Correction("nama", "CONTOH BENAR", "ijazah")]
    with pytest.raises(StoreFull):
        carry_on(office.cut_before(BiodataCorrected, 2, StoreFull), record_id)
    office.desk.corrections = []
    package = office.finish(record_id)
    events = [event for event in office.draft(record_id).events() if isinstance(event, BiodataCorrected)]
    assert [event.document for event in events] == [c.document for c in package.corrections]
    assert package.biodata.nama == "CONTOH BENAR"


# --- giving a record up ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [BiodataReadOut, ModalityCaptured, FingersVerified, CitizenConfirmed, RecordSealed])
def test_nothing_of_the_citizen_stays_when_a_record_is_abandoned(office: Recording, before: type[Event]) -> None:
    record_id = office.open()
    with pytest.raises(PowerCut):
        carry_on(office.cut_before(before), record_id)
    abandon(office.at, record_id, "the citizen left")
    abandon(office.at, record_id, "the citizen left")
    assert office.state(record_id) == "abandoned"
    assert office.vault.records() == []
    assert carry_on(office.at, record_id) is None


def test_a_sealed_record_cannot_be_abandoned(office: Recording) -> None:
    record_id = office.open()
    office.finish(record_id)
    with pytest.raises(Refused):
        abandon(office.at, record_id, "too late")
    assert [body.name for body in office.vault.names(record_id)] == [SEALED_PACKAGE]


def test_drafts_go_when_the_centre_has_set_the_record_aside_meanwhile(office: Recording) -> None:
    record_id = office.open()
    with pytest.raises(PowerCut):
        carry_on(replace(office.at, desk=LeavesAt(at="record_sealed")), record_id)
    office.log.append(RecordSetAside(record_id, "refused"))
    assert carry_on(office.at, record_id) is None
    assert [body.name for body in office.vault.names(record_id)] == [SEALED_PACKAGE]


# --- a go taken again ------------------------------------------------------------------------------------------------


def with_swapped_hands(office: Recording) -> str:
    """A record whose citizen laid the left hand where the right one was asked for, and the right where the left was."""
    record_id = office.open()
    office.devices.hands_swapped = True
    with pytest.raises(VerificationFailed):
        carry_on(office.at, record_id)
    office.devices.hands_swapped = False
    office.devices.asked.clear()
    return record_id


def test_swapped_hands_are_mended_by_taking_both_again(office: Recording) -> None:
    record_id = with_swapped_hands(office)
    with pytest.raises(VerificationFailed):
        carry_on(office.at, record_id)
    for go in (Slap.RIGHT_FOUR, Slap.LEFT_FOUR):
        recapture(office.at, record_id, go)
    package = office.finish(record_id)
    assert {part.part: part.record for part in package.of(Modality.FINGER)} == {
        finger.name.lower(): f"record of {finger!r}".encode() for finger in Finger
    }
    assert len(package.captures) == 13
    assert [asked.count(" ") for asked in office.devices.asked[-4:]] == [3, 3, 0, 0], "no other go is asked for again"


def test_a_record_that_never_verifies_can_be_abandoned(office: Recording) -> None:
    record_id = with_swapped_hands(office)
    abandon(office.at, record_id, "swapped hands")
    assert office.state(record_id) == "abandoned"


def test_a_go_whose_new_capture_was_not_logged_is_taken_once_more(office: Recording) -> None:
    record_id = with_swapped_hands(office)
    with pytest.raises(PowerCut):
        recapture(office.cut_before(ModalityCaptured), record_id, Slap.RIGHT_FOUR)
    recapture(office.at, record_id, Slap.LEFT_FOUR)
    office.finish(record_id)
    right, left = ("right_index right_middle right_ring right_little", "left_index left_middle left_ring left_little")
    assert office.devices.asked == [right, left, right, "right_index", "left_index"]
    events = office.draft(record_id).events()
    taken = [
        event.body_sha256 for event in events if isinstance(event, ModalityCaptured) and event.modality == "right_four"
    ]
    assert len(taken) == len(set(taken)) == 2, "the log names the capture that counts"


def test_what_was_verified_cannot_be_taken_again(office: Recording) -> None:
    record_id = office.open()
    with pytest.raises(PowerCut):
        carry_on(office.cut_before(CitizenConfirmed), record_id)
    before = {body.name: body.sha256 for body in office.vault.names(record_id)}
    office.devices.hands_swapped = True
    with pytest.raises(Refused):
        recapture(office.at, record_id, Slap.RIGHT_FOUR)
    assert {body.name: body.sha256 for body in office.vault.names(record_id)} == before


def test_only_a_go_of_this_office_can_be_taken_again(office: Recording) -> None:
    record_id = with_swapped_hands(office)
    with pytest.raises(Refused, match="there is no go tongue"):
        recapture(office.at, record_id, "tongue")
