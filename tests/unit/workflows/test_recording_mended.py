"""A recording that went wrong can be put right: a correction corrected, a go taken again, a record given up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.contracts.capture import Capture, CaptureFacts, Frame, RetryReason
from drivers.contracts.parts import Eye, Finger, Slap
from drivers.contracts.signature_pad import PenPoint, Strokes
from station.config import CaptureConfig
from station.domain.citizen import BadBiodata, Biodata, Finding, Nik, Sex
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
from station.package import SEALED_PACKAGE, EnrolmentPackage, Modality
from station.ports import Acknowledgement, Body, Correction, EventLog, MissingPart, StoreFull
from station.regions import load_region_tables
from station.sealing.key_ring import StationKeyRing
from station.sealing.suites import generate_sealing_key
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from station.workflows.capture_parts import CaptureBench
from station.workflows.carried_list import CarriedList
from station.workflows.draft import Draft
from station.workflows.enrol import (
    CannotRecord,
    RecordingDesk,
    VerificationFailed,
    abandon,
    carry_on,
    open_enrolment,
    recapture,
)
from station.workflows.judging import Verdict

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
RING, CENTRE = StationKeyRing.generate(), generate_sealing_key()
REGIONS = load_region_tables()
FACTS = CaptureFacts("small", "Contoh", "Small", "1", "1", trusted=True)
TRUTH = Biodata(
    nik=Nik("9901010101900001"),
    nama="CONTOH WARGA",
    tempat_lahir="KOTA CONTOH",
    tanggal_lahir=date(1990, 1, 1),
    jenis_kelamin=Sex.MALE,
    golongan_darah="O",
    alamat="JL. CONTOH NO. 1",
    rt="001",
    rw="002",
    kelurahan="CONTOH",
    kecamatan="CONTOH",
    kabupaten="KOTA CONTOH",
    provinsi="CONTOH",
    region_code="9901011001",
    region_table="contoh",
    agama="ISLAM",
    status_perkawinan="BELUM KAWIN",
    pekerjaan="PETANI",
)


class StandingClock:
    def now(self) -> datetime:
        return NOW


class PowerCut(BaseException):
    """The process ends here: nobody catches it."""


@dataclass
class SmallDevices:
    """Implements every capture contract for one person, who may lay the wrong hand on the platen."""

    hands_swapped: bool = False
    asked: list[str] = field(default_factory=list)

    def capture_fingers(self, fingers: Sequence[Finger], *, timeout_s: float) -> Capture:
        self.asked.append(" ".join(finger.name.lower() for finger in fingers))
        swapped = self.hands_swapped and len(fingers) > 2
        return self._capture([(f, Finger((f + 4) % 10 + 1) if swapped else f) for f in fingers])

    def capture_eyes(self, eyes: Sequence[Eye], *, timeout_s: float) -> Capture:
        return self._capture([(eye, eye) for eye in eyes])

    def capture_face(self, *, timeout_s: float) -> Capture:
        return self._capture([(None, "face")])

    def capture_signature(self, *, timeout_s: float, pause_s: float = 1.5) -> Strokes:
        return Strokes(((PenPoint(1.0, 1.0, 0, None), PenPoint(9.0, 5.0, 40, None)),), 100.0, 40.0, FACTS)

    def _capture(self, shown: Sequence[tuple[Finger | Eye | None, object]]) -> Capture:
        frames = [Frame(part, f"record of {seen!r}".encode(), b"", "png", 8, 8, 500, None) for part, seen in shown]
        return Capture(tuple(frames), FACTS)

    # --- a lane of itself ---

    name = "small"

    def run(self, step: Callable[[Any], Any]) -> Any:
        return step(self)


class PlainJudge:
    """Implements `CaptureJudge`: everything will do, and one finger is another's only if its record is the same."""

    match_threshold = 40

    def fingers(self, frames: Sequence[Frame]) -> Sequence[Verdict]:
        return [self.face(frame) for frame in frames]

    irises = fingers

    def face(self, frame: Frame) -> Verdict:
        return Verdict(80, acceptable=True)

    def signature(self, strokes: Strokes) -> Verdict:
        return Verdict(80, acceptable=True)

    def match_finger(self, enrolled_record: bytes, fresh: Frame) -> int:
        return 100 if enrolled_record == fresh.record else 0


@dataclass
class ScriptedDesk:
    """Implements `ServiceDesk`: says yes, and corrects what the test has it correct."""

    corrections: Sequence[Correction] = ()
    read: list[Biodata] = field(default_factory=list)
    operator: str = "op"

    def enter_biodata(self, nik: Nik) -> Biodata:
        return TRUTH

    def read_out(self, biodata: Biodata, findings: Sequence[Finding]) -> Sequence[Correction]:
        self.read.append(biodata)
        return self.corrections

    def authenticate(self, why: str) -> str:
        return "finger"

    def missing_parts(self) -> Sequence[MissingPart]:
        return ()

    def advise(self, modality: str, reason: RetryReason, tries_left: int) -> None:
        return

    def confirm(self, record_id: str) -> bool:
        return True

    def step(self, name: str, detail: str = "") -> None:
        return


@dataclass
class LeavesAt(ScriptedDesk):
    """The process ends when this step is told."""

    at: str = ""

    def step(self, name: str, detail: str = "") -> None:
        if name == self.at:
            raise PowerCut


class CutBefore:
    """A log whose process ends just before the nth event of a kind is written; or whose disk is full there."""

    def __init__(self, log: EventLog, kind: type[Event], n: int = 1, error: type[BaseException] = PowerCut) -> None:
        self._log, self._kind, self._left, self._error = log, kind, n, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(self, *events: Event) -> Acknowledgement:
        self._left -= any(isinstance(event, self._kind) for event in events)
        if not self._left:
            raise self._error
        return self._log.append(*events)


class CutAtPut:
    """A vault whose process ends just before a body of this name is put."""

    def __init__(self, vault: SqliteVault, name: str) -> None:
        self._vault, self._name = vault, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    def put(self, record_id: str, name: str, body: bytes) -> Body:
        if name == self._name:
            raise PowerCut
        return self._vault.put(record_id, name, body)


@dataclass
class Recording:
    """An office with one citizen in it; `desk` and `devices` may be changed between two attempts."""

    log: SqliteEventLog
    vault: SqliteVault
    desk: ScriptedDesk = field(default_factory=ScriptedDesk)
    devices: SmallDevices = field(default_factory=SmallDevices)

    @property
    def at(self) -> RecordingDesk:
        lane: Any = self.devices
        return RecordingDesk(
            log=self.log,
            vault=self.vault,
            carried=CarriedList(self.vault),
            regions=REGIONS,
            devices=CaptureBench(lane, lane, lane, lane, PlainJudge()),
            desk=self.desk,
            settings=CaptureConfig(),
            station_id="s-1",
            centre_key=CENTRE.public,
            clock=StandingClock(),
            new_id=lambda prefix: f"{prefix}-{os.urandom(4).hex()}",
            check_room=self.vault.check_room,
        )

    def cut_before(self, kind: type[Event], n: int = 1, error: type[BaseException] = PowerCut) -> RecordingDesk:
        return replace(self.at, log=CutBefore(self.log, kind, n, error))

    def open(self) -> str:
        return open_enrolment(self.at, TRUTH.nik)

    def finish(self, record_id: str) -> EnrolmentPackage:
        package = carry_on(self.at, record_id)
        assert package is not None
        return package

    def state(self, record_id: str) -> str:
        subject = self.log.subject("record", record_id)
        return subject.state if subject else ""

    def draft(self, record_id: str) -> Draft:
        return Draft(self.log, self.vault, record_id)

    def corrected(self, record_id: str) -> list[str]:
        events = self.draft(record_id).events()
        return [event.field for event in events if isinstance(event, BiodataCorrected)]


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
