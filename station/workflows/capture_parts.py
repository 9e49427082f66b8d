"""Capturing one go (a slap, both eyes, a portrait, a signature): a bounded number of tries, and the best of them kept.

A poor try is an advice to the citizen, not an error. When the tries are used up, the best one is kept with its figure:
a citizen is never sent home because a threshold was missed, only because nothing came at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from drivers.contracts.capture import Capture, CaptureFacts, Frame, Retry, RetryReason
from drivers.contracts.errors import RemoteProtocolError
from drivers.contracts.face_camera import FaceCamera
from drivers.contracts.fingerprint_scanner import FingerprintScanner
from drivers.contracts.iris_scanner import IrisScanner
from drivers.contracts.parts import Eye, Finger, Slap
from drivers.contracts.signature_pad import SignaturePad, Strokes
from station.config import CaptureConfig
from station.domain.events import ModalityCaptured
from station.package import CapturedPart, Modality
from station.package.strokes import encode_strokes
from station.ports import OnLane, ServiceDesk
from station.workflows.draft import SIGNATURE, Draft
from station.workflows.judging import CaptureJudge, UnreadableCapture, Verdict


@dataclass(frozen=True, slots=True)
class CaptureBench:
    """The capture devices on their lanes, and the judge of what they give."""

    fingers: OnLane[FingerprintScanner]
    irises: OnLane[IrisScanner]
    camera: OnLane[FaceCamera]
    pad: OnLane[SignaturePad]
    judge: CaptureJudge


class NothingCaptured(Exception):
    """Every try came back empty: the record stays as it is. `modality` names the go."""

    def __init__(self, modality: str, last: RetryReason) -> None:
        super().__init__(f"{modality}: {last}")
        self.modality, self.last = modality, last


@dataclass(frozen=True, slots=True)
class KeptStrokes:
    body: bytes
    verdict: Verdict
    device: CaptureFacts
    tries: int


def goes_of(order: Sequence[str]) -> tuple[str, ...]:
    """The configured modalities as goes: fingers are three slaps, right hand first."""
    return tuple(go for modality in order for go in (tuple(Slap) if modality == "fingers" else (modality,)))


def capture_go(
    at: CaptureBench, desk: ServiceDesk, settings: CaptureConfig, draft: Draft, go: str, absent: frozenset[str]
) -> None:
    """Captures a go, keeps it in the vault, then says so in the log."""
    if go == "signature":
        kept = capture_strokes(at, desk, settings)
        sha256 = draft.put_strokes(SIGNATURE, kept.body)
        _log(draft, go, [("signature", kept.verdict.quality)], kept.tries, kept.device, sha256)
        desk.step("captured", f"signature {kept.verdict.quality}")
        return
    parts, device, tries = _capture_images(at, desk, settings, go, absent)
    sha256 = draft.put_parts(go, parts)
    figures = [(part.part, -1 if part.quality is None else part.quality) for part in parts]
    _log(draft, go, figures, tries, device, sha256)
    desk.step("captured", f"{go} " + " ".join(str(figure) for _, figure in figures))


def _log(
    draft: Draft, go: str, figures: list[tuple[str, int]], tries: int, device: CaptureFacts | None, sha256: str
) -> None:
    names, qualities = tuple(name for name, _ in figures), tuple(quality for _, quality in figures)
    seen = f"{device.make} {device.device_model} {device.serial}" if device else ""
    draft.log.append(ModalityCaptured(draft.record_id, go, names, qualities, tries, seen, sha256))


# --- images ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Best:
    """The best frame of each part so far."""

    frames: dict[str, tuple[Frame, Verdict, int]]
    device: CaptureFacts | None = None

    def take(self, capture: Capture, verdicts: Sequence[Verdict], attempt: int) -> None:
        self.device = capture.device
        for frame, verdict in zip(capture.frames, verdicts, strict=True):
            name = _name(frame)
            if name not in self.frames or verdict.quality > self.frames[name][1].quality:
                self.frames[name] = (frame, verdict, attempt)

    @property
    def will_do(self) -> bool:
        return bool(self.frames) and all(verdict.acceptable for _, verdict, _ in self.frames.values())


def _name(frame: Frame) -> str:
    return "face" if frame.part is None else frame.part.name.lower()


def _capture_images(
    at: CaptureBench, desk: ServiceDesk, settings: CaptureConfig, go: str, absent: frozenset[str]
) -> tuple[list[CapturedPart], CaptureFacts | None, int]:
    source = _source(at, go, absent, settings.timeout_s)
    if source is None:
        return [], None, 0  # every part of this go is missing, with its reason
    best, last, tries = _Best({}), RetryReason.EMPTY, 0
    for tries, (capture, verdicts, advice) in enumerate(_tries(source, settings.tries_max), start=1):
        if capture is not None:
            best.take(capture, verdicts, tries)
        if best.will_do:
            break
        last = advice or RetryReason.POOR_QUALITY
        desk.advise(go, last, settings.tries_max - tries)
    if not best.frames:
        raise NothingCaptured(go, last)
    device = f"{best.device.make} {best.device.device_model} {best.device.serial}" if best.device else ""
    parts = [
        CapturedPart(source.modality, name, frame.record, frame.image_format, verdict.quality, device, attempt)
        for name, (frame, verdict, attempt) in best.frames.items()
    ]
    return parts, best.device, tries


@dataclass(frozen=True, slots=True)
class _Source:
    modality: Modality
    capture: Callable[[], Capture | Retry]
    judge: Callable[[Sequence[Frame]], Sequence[Verdict]]


def _tries(source: _Source, tries_max: int) -> Iterator[tuple[Capture | None, Sequence[Verdict], RetryReason | None]]:
    for _ in range(tries_max):
        try:
            got = source.capture()
            if isinstance(got, Retry):
                yield None, (), got.reason
                continue
            verdicts = source.judge(got.frames)
        except (UnreadableCapture, RemoteProtocolError):
            # A picture that cannot be read is worth another try. A signature that does not hold is none: it is a fault
            # of the device, and nothing that came with it is taken.
            yield None, (), RetryReason.EMPTY
            continue
        yield got, verdicts, next((v.advice for v in verdicts if v.advice), None)


def _source(at: CaptureBench, go: str, absent: frozenset[str], timeout_s: float) -> _Source | None:
    if go == "face":
        judge = at.judge.face
        return _Source(
            Modality.FACE,
            lambda: at.camera.run(lambda device: device.capture_face(timeout_s=timeout_s)),
            lambda frames: [judge(frame) for frame in frames],
        )
    if go == "irises":
        eyes = tuple(eye for eye in Eye if eye.name.lower() not in absent)
        return (
            _Source(
                Modality.IRIS,
                lambda: at.irises.run(lambda device: device.capture_eyes(eyes, timeout_s=timeout_s)),
                at.judge.irises,
            )
            if eyes
            else None
        )
    fingers = tuple(finger for finger in Slap(go).fingers if finger.name.lower() not in absent)
    return (
        _Source(
            Modality.FINGER,
            lambda: at.fingers.run(lambda device: device.capture_fingers(fingers, timeout_s=timeout_s)),
            at.judge.fingers,
        )
        if fingers
        else None
    )


def fresh_score(
    at: CaptureBench, desk: ServiceDesk, settings: CaptureConfig, finger: Finger, enrolled_record: bytes
) -> int:
    """The finger again: the best 1:1 score of up to `tries_max` tries, stopping at the threshold."""
    best = 0
    for attempt in range(settings.tries_max):
        try:
            got = at.fingers.run(lambda device: device.capture_fingers((finger,), timeout_s=settings.timeout_s))
            score = 0 if isinstance(got, Retry) else at.judge.match_finger(enrolled_record, got.frames[0])
        except (UnreadableCapture, RemoteProtocolError):
            score = 0
        best = max(best, score)
        if best >= at.judge.match_threshold:
            break
        desk.advise(finger.name.lower(), RetryReason.POOR_QUALITY, settings.tries_max - attempt - 1)
    return best


# --- signature -------------------------------------------------------------------------------------------------------


def capture_strokes(at: CaptureBench, desk: ServiceDesk, settings: CaptureConfig) -> KeptStrokes:
    """The best signature of up to `tries_max`; `NothingCaptured` if the pen never touched."""
    best: tuple[Strokes, Verdict, int] | None = None
    last = RetryReason.TIMEOUT
    for attempt in range(1, settings.tries_max + 1):
        got = at.pad.run(
            lambda device: device.capture_signature(timeout_s=settings.timeout_s, pause_s=settings.signature_pause_s)
        )
        if isinstance(got, Strokes):
            verdict = at.judge.signature(got)
            if best is None or verdict.quality > best[1].quality:
                best = (got, verdict, attempt)
            if verdict.acceptable:
                break
            last = verdict.advice or RetryReason.POOR_QUALITY
        else:
            last = got.reason
        desk.advise("signature", last, settings.tries_max - attempt)
    if best is None:
        raise NothingCaptured("signature", last)
    strokes, verdict, tries = best
    return KeptStrokes(encode_strokes(strokes), verdict, strokes.device, tries)
