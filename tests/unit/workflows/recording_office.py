"""An office that records citizens: real log, vault and package, pictures of simulated people, and a scripted counter.

The judge here reads a figure that the test gave to each frame; the measures themselves are tested where they live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from drivers.contracts.capture import Capture, CaptureFacts, Frame, Retry, RetryReason
from drivers.contracts.parts import Eye, Finger, Slap
from drivers.contracts.signature_pad import PenPoint, Strokes
from drivers.iso19794 import finger_image
from drivers.scanners.sbi.simulated_pictures import encode_picture, face_record, finger_record, iris_record
from drivers.simulators.people import person
from station.config import CaptureConfig
from station.domain.citizen import Biodata, Finding, Nik
from station.domain.events import ModalityCaptured
from station.package import SEALED_PACKAGE, EnrolmentPackage, decode
from station.ports import Correction, MissingPart, NotAuthenticated
from station.regions import load_region_tables
from station.sealing.key_ring import StationKeyRing
from station.sealing.suites import generate_sealing_key, open_sealed, seal_context
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from station.workflows.capture_parts import CaptureBench
from station.workflows.carried_list import CarriedList
from station.workflows.enrol import RecordingDesk
from station.workflows.judging import UnreadableCapture, Verdict
from tests.unit.workflows.card_office import HandClock
from tests.unit.workflows.card_people import START, biodata_of

STATION = "s-1"
FACTS = CaptureFacts("small", "Contoh", "Small", "1", "1", trusted=True)
RING, CENTRE = StationKeyRing.generate(), generate_sealing_key()
REGIONS = load_region_tables()
GOES = ("face", "signature", *Slap, "irises")
ENOUGH = 60  # the figure from which a frame will do
STEP = 5  # only every fifth pixel: pictures all the same, and a fraction of the bytes


@lru_cache(maxsize=None, typed=True)  # a left eye equals a right index finger: both are the number 2
def frame_of(who: int, part: Finger | Eye | None) -> Frame:
    """Person `who`'s part, as a device gives it."""
    someone = person(7, who)
    if part is None:
        pixels = someone.face(0)[::STEP, ::STEP]
        encoded = face_record(pixels, START)
    elif isinstance(part, Eye):
        pixels = someone.iris(part, 0)[::STEP, ::STEP]
        encoded = iris_record(part, pixels, START)
    else:
        pixels = someone.finger(part, 0)[::STEP, ::STEP]
        encoded = finger_record(part, pixels, START)
    height_px, width_px = pixels.shape[:2]
    ppi = 500 if isinstance(part, Finger) else 0
    return Frame(part, encoded, encode_picture(pixels), "jpeg2000", width_px, height_px, ppi, 90)


def strokes(length_mm: float = 50.0) -> Strokes:
    line = (PenPoint(10.0, 10.0, 0, 0.5), PenPoint(10.0 + length_mm, 20.0, 400, 0.5))
    return Strokes((line,), 100.0, 40.0, FACTS)


Answer = Capture | Strokes | Retry | Exception | int
"""What a device gives next: an int is the figure of all its frames."""


@dataclass
class Devices:
    """Implements every capture contract, on a lane of its own; `plan[go]` are the next answers, then all is well."""

    name: ClassVar[str] = "small"
    who: int = 0
    verified_by: int = 0  # whose finger it is when one is asked for alone
    plan: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    parts_asked: list[tuple[Finger | Eye, ...]] = field(default_factory=list)

    def run(self, step: Callable[[Any], Any]) -> Any:
        return step(self)

    def capture_fingers(self, fingers: tuple[Finger, ...], *, timeout_s: float) -> Any:
        self.parts_asked.append(fingers)
        if len(fingers) == 1 and fingers != self._slap_of(fingers[0]):
            return self._give("again", fingers, self.verified_by)
        return self._give(next(slap for slap in Slap if fingers[0] in slap.fingers), fingers, self.who)

    def capture_eyes(self, eyes: tuple[Eye, ...], *, timeout_s: float) -> Any:
        self.parts_asked.append(eyes)
        return self._give("irises", eyes, self.who)

    def capture_face(self, *, timeout_s: float) -> Any:
        return self._give("face", (None,), self.who)

    def capture_signature(self, *, timeout_s: float, pause_s: float = 1.5) -> Any:
        answer = self._answer("signature")
        return strokes() if isinstance(answer, int) else answer

    @property
    def names_asked(self) -> set[str]:
        return {part.name.lower() for parts in self.parts_asked for part in parts}

    def _slap_of(self, finger: Finger) -> tuple[Finger, ...]:
        """Without the fingers that were asked for before: a slap of one finger is told from a second look by that."""
        seen = {part for parts in self.parts_asked[:-1] for part in parts}
        return () if finger in seen else (finger,)

    def _give(self, go: str, parts: Sequence[Finger | Eye | None], who: int) -> Any:
        answer = self._answer(go)
        if not isinstance(answer, int):
            return answer
        return Capture(tuple(replace(frame_of(who, part), quality=answer) for part in parts), FACTS)

    def _answer(self, go: str) -> Answer:
        self.asked.append(go)
        planned = self.plan.get(go)
        answer = planned.pop(0) if planned else 90
        if isinstance(answer, Exception):
            raise answer
        return answer


class FigureJudge:
    """Implements `CaptureJudge` by the figure that stands in the frame; -1 cannot be read at all."""

    match_threshold = 40

    def fingers(self, frames: Sequence[Frame]) -> Sequence[Verdict]:
        return [self.face(frame) for frame in frames]

    irises = fingers

    def face(self, frame: Frame) -> Verdict:
        figure = frame.quality or 0
        if figure < 0:
            raise UnreadableCapture("cut short")
        return Verdict(figure, figure >= ENOUGH, None if figure >= ENOUGH else RetryReason.TOO_DRY)

    def signature(self, strokes: Strokes) -> Verdict:
        (line,) = strokes.strokes
        figure = min(90, round(line[-1].x_mm - line[0].x_mm) * 2)
        return Verdict(figure, figure >= ENOUGH, None if figure >= ENOUGH else RetryReason.POOR_QUALITY)

    def match_finger(self, enrolled_record: bytes, fresh: Frame) -> int:
        self.face(fresh)
        enrolled = finger_image.decode(enrolled_record).images[0]
        return 100 if (enrolled.finger, enrolled.image) == (fresh.part, fresh.image) else 7


@dataclass
class Counter:
    """Implements `ServiceDesk`: says what the test has written down, and remembers what it was asked."""

    truth: Biodata
    corrections: Sequence[Correction] = ()
    lacks: Sequence[MissingPart] = ()
    confirms: bool = True
    is_authentic: bool = True
    operator: str = "op"
    asked: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    advice: list[tuple[str, RetryReason, int]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def enter_biodata(self, nik: Nik) -> Biodata:
        self.asked.append("biodata")
        return self.truth

    def read_out(self, biodata: Biodata, findings: Sequence[Finding]) -> Sequence[Correction]:
        self.asked.append("read_out")
        self.findings = [finding.code for finding in findings]
        return self.corrections

    def authenticate(self, why: str) -> str:
        self.asked.append(why)
        if not self.is_authentic:
            raise NotAuthenticated
        return "finger of the operator"

    def missing_parts(self) -> Sequence[MissingPart]:
        return self.lacks

    def advise(self, modality: str, reason: RetryReason, tries_left: int) -> None:
        self.advice.append((modality, reason, tries_left))

    def confirm(self, record_id: str) -> bool:
        self.asked.append("confirm")
        return self.confirms

    def step(self, name: str, detail: str = "") -> None:
        self.told.append((name, detail))


@dataclass
class RecordingOffice:
    """One station at which a citizen sits. `log` and `vault` may be wrapped; `reopen` is a stop and a start."""

    folder: Path
    clock: HandClock
    store: SqliteEventLog
    body_store: SqliteVault
    log: Any
    vault: Any
    desk: Counter
    devices: Devices = field(default_factory=Devices)
    settings: CaptureConfig = field(default_factory=CaptureConfig)
    check_room: Callable[[int], None] = lambda _: None
    count: int = 0

    @property
    def at(self) -> RecordingDesk:
        lane: Any = self.devices
        return RecordingDesk(
            log=self.log,
            vault=self.vault,
            carried=CarriedList(self.vault),
            regions=REGIONS,
            devices=CaptureBench(lane, lane, lane, lane, FigureJudge()),
            desk=self.desk,
            settings=self.settings,
            station_id=STATION,
            centre_key=CENTRE.public,
            clock=self.clock,
            new_id=self._new_id,
            check_room=self.check_room,
        )

    def _new_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count:04}"

    def reopen(self) -> None:
        self.close()
        self.log = self.store = SqliteEventLog(self.folder, self.clock)
        self.vault = self.body_store = SqliteVault(self.folder, RING, self.clock, reserve_bytes=0)

    def close(self) -> None:
        self.store.close()
        self.body_store.close()

    # --- looks ---

    def state(self, record_id: str) -> str:
        subject = self.log.subject("record", record_id)
        return subject.state if subject else ""

    def kinds(self, record_id: str) -> list[str]:
        return [entry.event.kind for entry in self.log.history("record", record_id)]

    def goes_logged(self, record_id: str) -> list[str]:
        events = [entry.event for entry in self.log.history("record", record_id)]
        return [event.modality for event in events if isinstance(event, ModalityCaptured)]

    def bodies(self, record_id: str) -> list[str]:
        return sorted(body.name for body in self.vault.names(record_id))

    def package(self, record_id: str) -> EnrolmentPackage:
        """As the centre opens it."""
        context = seal_context("enrolment", STATION, record_id)
        return decode(open_sealed(self.vault.get(record_id, SEALED_PACKAGE), CENTRE, context=context))


@contextmanager
def recording_office(folder: Path) -> Iterator[RecordingOffice]:
    clock = HandClock()
    log = SqliteEventLog(folder, clock)
    vault = SqliteVault(folder, RING, clock, reserve_bytes=0)
    office = RecordingOffice(folder, clock, log, vault, log, vault, Counter(biodata_of(1)))
    try:
        yield office
    finally:
        office.close()
