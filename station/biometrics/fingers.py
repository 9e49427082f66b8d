"""A finger is judged in two steps: are these ridges at all, then NFIQ 2; several at once on two threads."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from drivers.contracts.capture import RetryReason
from drivers.contracts.parts import Finger
from drivers.iso19794.minutiae import MinutiaeTemplate
from station.biometrics import nbis_adapter
from station.biometrics.finger_images import UnusableFinger, check_finger_image
from station.biometrics.minutiae import template_of
from station.biometrics.ridges import Ridges, find_ridges
from station.biometrics.thresholds import DEFAULT_THRESHOLDS, Thresholds
from station.biometrics.verdicts import Grey, Shortfall

__all__ = [
    "FingerExamination",
    "FingerQuality",
    "SlapVerdict",
    "UnusableFinger",
    "examine_finger",
    "examine_fingers",
    "judge_finger",
]

THREADS_MAX = 2


@dataclass(frozen=True, slots=True)
class FingerQuality:
    """`nfiq2` is 0..100, or None when there are no ridges to score; `advice` is for the citizen when not acceptable."""

    nfiq2: int | None
    foreground_share: float
    ridge_share: float
    ridge_period_px: float | None
    minutiae_count: int
    shortfalls: tuple[Shortfall, ...]
    advice: RetryReason | None

    @property
    def ridges_found(self) -> bool:
        return not {Shortfall.EMPTY, Shortfall.NO_RIDGES} & set(self.shortfalls)

    @property
    def acceptable(self) -> bool:
        return not self.shortfalls


@dataclass(frozen=True, slots=True)
class FingerExamination:
    """One pass over one image: its quality, and its minutiae unless it has no ridges."""

    quality: FingerQuality
    template: MinutiaeTemplate | None


@dataclass(frozen=True, slots=True)
class SlapVerdict:
    """Each finger's examination, in the order given."""

    fingers: Mapping[Finger, FingerExamination]

    @property
    def acceptable(self) -> bool:
        return all(each.quality.acceptable for each in self.fingers.values())

    @property
    def poor(self) -> tuple[Finger, ...]:
        return tuple(finger for finger, each in self.fingers.items() if not each.quality.acceptable)

    @property
    def advice(self) -> RetryReason | None:
        """The first poor finger's; an empty one counts as a finger too few when others are there."""
        reasons = [each.quality.advice for each in self.fingers.values() if each.quality.advice]
        if RetryReason.EMPTY in reasons and len(reasons) < len(self.fingers):
            return RetryReason.TOO_FEW_FINGERS
        return reasons[0] if reasons else None


def judge_finger(grey: Grey, ppi: int, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> FingerQuality:
    """Quality alone; `examine_finger` costs the same and gives the minutiae too."""
    return _judge(grey, ppi, None, thresholds).quality


def examine_finger(
    grey: Grey, ppi: int, finger: Finger, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> FingerExamination:
    """Quality and minutiae from one run, 0.1-0.25 s. Raises `UnusableFinger` for a wrong resolution or size."""
    return _judge(grey, ppi, finger, thresholds)


def examine_fingers(
    images: Mapping[Finger, Grey], ppi: int, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> SlapVerdict:
    """A slap's segments on two threads: nbis releases the interpreter's lock, so two cores take 0.55 of one's time."""
    with ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="fingers") as threads:
        examined = threads.map(lambda finger: _judge(images[finger], ppi, finger, thresholds), images)
        return SlapVerdict(dict(zip(images, examined, strict=True)))


def _judge(grey: Grey, ppi: int, finger: Finger | None, thresholds: Thresholds) -> FingerExamination:
    check_finger_image(grey, ppi)
    ridges = find_ridges(grey)
    gate = _gate(ridges, thresholds)
    if gate is not None:
        return FingerExamination(_quality(None, 0, ridges, (gate,)), None)
    examination = nbis_adapter.examine(grey, nfiq2=True)
    template = template_of(examination, grey, ppi, finger)
    shortfalls = _shortfalls(examination.nfiq2, len(template.minutiae), ridges, thresholds)
    return FingerExamination(_quality(examination.nfiq2, len(template.minutiae), ridges, shortfalls), template)


def _gate(ridges: Ridges, thresholds: Thresholds) -> Shortfall | None:
    if ridges.foreground_share < thresholds.finger_foreground_share_min:
        return Shortfall.EMPTY
    if ridges.flowing_share < thresholds.finger_ridge_share_min:
        return Shortfall.NO_RIDGES
    return None


def _shortfalls(nfiq2: int | None, minutiae: int, ridges: Ridges, thresholds: Thresholds) -> tuple[Shortfall, ...]:
    found = []
    if nfiq2 is None or nfiq2 < thresholds.nfiq2_min:
        found.append(Shortfall.LOW_NFIQ2)
    if minutiae < thresholds.finger_minutiae_min:
        found.append(Shortfall.FEW_MINUTIAE)
    # A light or dark print that scores well is left alone.
    if found and ridges.mean_grey > thresholds.finger_light_grey:
        found.append(Shortfall.TOO_DRY)
    if found and ridges.mean_grey < thresholds.finger_dark_grey:
        found.append(Shortfall.TOO_WET)
    return tuple(found)


_ADVICE = {
    Shortfall.EMPTY: RetryReason.EMPTY,
    Shortfall.TOO_DRY: RetryReason.TOO_DRY,
    Shortfall.TOO_WET: RetryReason.TOO_WET,
}


def _quality(nfiq2: int | None, minutiae: int, ridges: Ridges, shortfalls: tuple[Shortfall, ...]) -> FingerQuality:
    special = [_ADVICE[each] for each in shortfalls if each in _ADVICE]
    advice = special[0] if special else RetryReason.POOR_QUALITY if shortfalls else None
    return FingerQuality(
        nfiq2=nfiq2,
        foreground_share=ridges.foreground_share,
        ridge_share=ridges.flowing_share,
        ridge_period_px=ridges.period_px,
        minutiae_count=minutiae,
        shortfalls=shortfalls,
        advice=advice,
    )
