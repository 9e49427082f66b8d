"""A small office for one citizen whose recording goes wrong: real log and vault, small devices, and a power cut."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from drivers.contracts.capture import Capture, CaptureFacts, Frame, RetryReason
from drivers.contracts.parts import Eye, Finger
from drivers.contracts.signature_pad import PenPoint, Strokes
from station.config import CaptureConfig
from station.domain.citizen import Biodata, Finding, Nik, Sex
from station.domain.events import (
    BiodataCorrected,
    Event,
)
from station.package import EnrolmentPackage
from station.ports import Acknowledgement, Body, Correction, EventLog, MissingPart
from station.regions import load_region_tables
from station.sealing.key_ring import StationKeyRing
from station.sealing.suites import generate_sealing_key
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from station.workflows.capture_parts import CaptureBench
from station.workflows.carried_list import CarriedList
from station.workflows.draft import Draft
from station.workflows.enrol import (
    RecordingDesk,
    carry_on,
    open_enrolment,
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
