"""Fingers are scored as NIST scores them, and only if they are fingers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.contracts.capture import RetryReason
from drivers.contracts.parts import Finger
from station.biometrics import nbis_adapter
from station.biometrics.fingers import UnusableFinger, examine_finger, examine_fingers, judge_finger
from station.biometrics.minutiae import extract
from station.biometrics.thresholds import Thresholds
from station.biometrics.verdicts import Grey, Rgb, Shortfall

FingerImage = Callable[[str], Grey]


@pytest.mark.parametrize("number", [1, 3, 4, 5])
def test_a_finger_gets_exactly_nists_own_nfiq2_score(
    number: int, finger_image: FingerImage, vectors: Path
) -> None:
    published = (vectors / f"sfinge_{number}_nfiq2.txt").read_text().splitlines()[0]
    quality = judge_finger(finger_image(f"sfinge_{number}"), 500)
    assert published == f"UnifiedQualityScore: {quality.nfiq2}"
    assert quality.acceptable
    assert quality.advice is None


def test_noise_to_which_nfiq2_gives_a_score_is_stopped_by_the_ridge_gate(noise: Grey) -> None:
    alone = nbis_adapter.examine(noise, nfiq2=True)
    assert alone.nfiq2 is not None
    assert alone.nfiq2 > 20
    examined = examine_finger(noise, 500, Finger.LEFT_THUMB)
    assert examined.quality.shortfalls == (Shortfall.NO_RIDGES,)
    assert examined.quality.nfiq2 is None
    assert examined.template is None
    assert not examined.quality.ridges_found


@pytest.mark.parametrize("sigma_px", [1.0, 2.0, 3.0])
def test_smoothed_noise_has_no_ridges_either(noise: Grey, sigma_px: float) -> None:
    smooth = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), sigma_px), None, 0, 255, cv2.NORM_MINMAX)
    assert judge_finger(np.asarray(smooth, dtype=np.uint8), 500).shortfalls == (Shortfall.NO_RIDGES,)


def test_a_face_or_an_eye_on_the_platen_is_no_finger(portrait: Rgb, eye: Grey) -> None:
    face = np.asarray(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    for stranger in (face, eye):
        assert not judge_finger(stranger, 500).ridges_found


def test_an_empty_platen_is_called_empty() -> None:
    quality = judge_finger(np.full((500, 400), 250, dtype=np.uint8), 500)
    assert quality.shortfalls == (Shortfall.EMPTY,)
    assert quality.advice is RetryReason.EMPTY
    assert not quality.acceptable


def test_a_finger_below_the_threshold_is_refused_with_advice(finger_image: FingerImage) -> None:
    poor = judge_finger(finger_image("sfinge_1"), 500, Thresholds(nfiq2_min=55))  # NIST's own figure for it is 54
    assert poor.nfiq2 is not None
    assert poor.shortfalls == (Shortfall.LOW_NFIQ2,)
    assert poor.advice is RetryReason.POOR_QUALITY
    assert judge_finger(finger_image("sfinge_1"), 500, Thresholds(nfiq2_min=poor.nfiq2)).acceptable


def test_a_faint_print_is_called_dry_and_a_dark_one_wet(prints: dict[str, Grey]) -> None:
    faint = 255 - (255 - prints["p1_1"]) // 3
    dark = np.where(cv2.GaussianBlur(prints["p1_1"], (0, 0), 3) < 245, prints["p1_1"] // 4, 30).astype(np.uint8)
    strict = Thresholds(nfiq2_min=101)
    assert judge_finger(faint, 500, strict).advice is RetryReason.TOO_DRY
    assert judge_finger(dark, 500, strict).advice is RetryReason.TOO_WET


@pytest.mark.parametrize(
    ("grey", "ppi", "word"),
    [
        (np.zeros((500, 400), np.uint8), 250, "250 ppi"),
        (np.zeros((500, 400), np.uint8), 0, "0 ppi"),
        (np.zeros((40, 400), np.uint8), 500, "400x40 pixels"),
        (np.zeros((500, 4000), np.uint8), 500, "4000x500 pixels"),
        (np.zeros((500, 400, 3), np.uint8), 500, "grey"),
        (np.zeros((500, 400), np.uint16), 500, "8-bit"),
    ],
)
def test_an_image_of_another_resolution_size_or_depth_is_refused_by_name(grey: Grey, ppi: int, word: str) -> None:
    with pytest.raises(UnusableFinger, match=word):
        judge_finger(grey, ppi)
    with pytest.raises(UnusableFinger, match=word):
        extract(grey, ppi, None)


def test_a_slap_on_two_threads_is_judged_as_one_by_one(prints: dict[str, Grey], noise: Grey) -> None:
    slap = {
        Finger.RIGHT_INDEX: prints["p1_1"],
        Finger.RIGHT_MIDDLE: prints["p2_1"],
        Finger.RIGHT_RING: noise,
        Finger.RIGHT_LITTLE: prints["p1_2"],
    }
    verdict = examine_fingers(slap, 500)
    assert verdict.fingers == {finger: examine_finger(grey, 500, finger) for finger, grey in slap.items()}
    assert list(verdict.fingers) == list(slap)
    assert verdict.poor == (Finger.RIGHT_RING,)
    assert not verdict.acceptable
    assert verdict.advice is RetryReason.POOR_QUALITY


def test_an_empty_segment_among_good_ones_is_a_finger_too_few(prints: dict[str, Grey]) -> None:
    white = np.full((500, 400), 255, dtype=np.uint8)
    verdict = examine_fingers({Finger.RIGHT_THUMB: prints["p1_1"], Finger.LEFT_THUMB: white}, 500)
    assert verdict.advice is RetryReason.TOO_FEW_FINGERS


def test_the_native_library_says_nothing_of_a_finger_on_the_console(
    prints: dict[str, Grey], noise: Grey, capfd: pytest.CaptureFixture[str]
) -> None:
    for image in (prints["p1_1"], noise, np.full((500, 400), 255, dtype=np.uint8)):
        nbis_adapter.examine(image, nfiq2=True)
    assert capfd.readouterr() == ("", "")


def test_an_image_that_nfiq2_refuses_has_no_score_and_raises_nothing() -> None:
    assert nbis_adapter.examine(np.full((500, 400), 255, dtype=np.uint8), nfiq2=True).nfiq2 is None
