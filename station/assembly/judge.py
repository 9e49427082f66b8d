"""The station's judge of captures: the measures of `station.biometrics`, each as one figure of 0..100.

NFIQ 2 is a figure already. For face, iris and signature the figure is ours, a first one and unvalidated: it only ranks
tries of one modality; whether a try will do is decided by the measures' own thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.contracts.capture import Frame, RetryReason
from drivers.contracts.chip_profile import ChipFiles
from drivers.contracts.parts import Finger
from drivers.contracts.signature_pad import Strokes
from drivers.iso19794 import finger_image
from drivers.iso19794.record import BadRecord
from station.biometrics.decoding import decode_grey, decode_rgb
from station.biometrics.face import judge_face
from station.biometrics.fingers import examine_fingers
from station.biometrics.irises import judge_iris
from station.biometrics.matching import match
from station.biometrics.minutiae import extract, from_chip
from station.biometrics.signature import judge_signature
from station.biometrics.thresholds import DEFAULT_THRESHOLDS, Thresholds
from station.biometrics.verdicts import Modality, UnusableInput
from station.chip_data import FIELDS, BadBiodataText, parse_biodata_text
from station.workflows.judging import UnreadableCapture, Verdict


@dataclass(frozen=True, slots=True)
class StationJudge:
    """Implements `station.workflows.judging.CaptureJudge`."""

    thresholds: Thresholds = DEFAULT_THRESHOLDS

    @property
    def match_threshold(self) -> int:
        return self.thresholds.match_score_min

    def fingers(self, frames: Sequence[Frame]) -> Sequence[Verdict]:
        try:
            images = {_finger(f): decode_grey(f.image, f.image_format, Modality.FINGER) for f in frames}
            examined = examine_fingers(images, frames[0].ppi, self.thresholds).fingers
        except UnusableInput as unusable:
            raise UnreadableCapture(str(unusable)) from unusable
        qualities = [examined[_finger(frame)].quality for frame in frames]
        return [Verdict(q.nfiq2 or 0, q.acceptable, q.advice) for q in qualities]

    def irises(self, frames: Sequence[Frame]) -> Sequence[Verdict]:
        return [self._iris(frame) for frame in frames]

    def _iris(self, frame: Frame) -> Verdict:
        try:
            q = judge_iris(decode_grey(frame.image, frame.image_format, Modality.IRIS), self.thresholds)
        except UnusableInput as unusable:
            raise UnreadableCapture(str(unusable)) from unusable
        sharp = _share(q.sharpness, self.thresholds.iris_sharpness_min)
        return Verdict(round(100 * q.usable_share * sharp), q.acceptable, q.advice)

    def face(self, frame: Frame) -> Verdict:
        try:
            q = judge_face(decode_rgb(frame.image, frame.image_format, Modality.FACE), self.thresholds)
        except UnusableInput as unusable:
            raise UnreadableCapture(str(unusable)) from unusable
        seen = 1.0 if q.faces_found == 1 else 0.0
        sharp = _share(q.sharpness, self.thresholds.face_sharpness_min)
        return Verdict(round(100 * seen * sharp * (1 - q.clipped_share)), q.acceptable, q.advice)

    def signature(self, strokes: Strokes) -> Verdict:
        try:
            q = judge_signature(strokes, self.thresholds)
        except UnusableInput:
            return Verdict(0, acceptable=False, advice=RetryReason.EMPTY)
        long_enough = _share(q.length_mm, self.thresholds.signature_length_mm_min)
        return Verdict(round(100 * long_enough), q.acceptable, q.advice)

    def match_finger(self, enrolled_record: bytes, fresh: Frame) -> int:
        try:
            enrolled = finger_image.decode(enrolled_record).images[0]
            grey = decode_grey(enrolled.image, enrolled.compression.image_format, Modality.FINGER)
            fresh_grey = decode_grey(fresh.image, fresh.image_format, Modality.FINGER)
            finger = _finger(fresh)
            return match(extract(fresh_grey, fresh.ppi, finger), extract(grey, enrolled.ppi, finger))
        except (UnusableInput, BadRecord) as unusable:
            raise UnreadableCapture(str(unusable)) from unusable

    def match_template(self, fresh: Frame, template: bytes) -> int:
        """A fresh frame against a chip's compact-card template; 0 when either cannot be read."""
        try:
            grey = decode_grey(fresh.image, fresh.image_format, Modality.FINGER)
            return match(extract(grey, fresh.ppi, fresh_finger := _finger(fresh)), from_chip(template, fresh_finger))
        except (UnusableInput, BadRecord):
            return 0


def _share(value: float, threshold: float) -> float:
    """One half at the threshold, towards one far above it."""
    return value / (value + threshold) if value > 0 else 0.0


def _finger(frame: Frame) -> Finger:
    if not isinstance(frame.part, Finger):
        raise UnreadableCapture("finger: a frame of another part")
    return frame.part


def fingers_on_chip(files: ChipFiles) -> Sequence[Finger]:
    """Which fingers the chip's templates are of, in their order; empty when its biodata does not say."""
    try:
        fields = dict(zip(FIELDS, parse_biodata_text(files.biodata), strict=True))
        return [Finger(int(fields[name])) for name in ("finger_1", "finger_2") if fields[name]]
    except (BadBiodataText, ValueError):
        return []
