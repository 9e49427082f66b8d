"""The pupil and the iris are where a person sees them, and what hides or blurs them is said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from drivers.contracts.capture import RetryReason
from station.biometrics.irises import judge_iris
from station.biometrics.verdicts import Grey, Rgb, Shortfall, UnusableInput


def test_the_circles_of_the_open_eye_are_where_its_publisher_says(eye: Grey) -> None:
    quality = judge_iris(eye)
    assert quality.acceptable
    assert quality.pupil is not None
    assert (quality.pupil.x, quality.pupil.y) == pytest.approx((328, 233), abs=4)
    assert quality.pupil.radius == pytest.approx(65, abs=4)
    assert quality.limbus is not None
    # By eye: the iris runs from 206 to 443 across.
    assert quality.limbus.x == pytest.approx(324, abs=5)
    assert quality.limbus.radius == pytest.approx(119, abs=5)
    assert quality.usable_share > 0.85


def _drawn(pupil_px: int) -> Grey:
    picture = np.full((480, 640), 200, np.uint8)
    cv2.circle(picture, (300, 250), 120, 110, -1)
    cv2.circle(picture, (304, 252), pupil_px, 25, -1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), dtype=np.uint8)


@pytest.mark.parametrize("pupil_px", [35, 50, 75])
def test_a_narrow_and_a_wide_pupil_are_both_measured(pupil_px: int) -> None:
    quality = judge_iris(_drawn(pupil_px))
    assert quality.pupil is not None
    assert quality.limbus is not None
    assert (quality.pupil.x, quality.pupil.y, quality.pupil.radius) == pytest.approx((304, 252, pupil_px), abs=2)
    assert (quality.limbus.x, quality.limbus.radius) == pytest.approx((300, 120), abs=2)


def test_an_eye_that_moved_is_asked_again(eye: Grey) -> None:
    quality = judge_iris(np.asarray(cv2.GaussianBlur(eye, (0, 0), 5), dtype=np.uint8))
    assert quality.shortfalls == (Shortfall.BLURRED,)
    assert quality.advice is RetryReason.MOVED


def test_a_dark_picture_is_not_taken_for_a_blurred_one(eye: Grey) -> None:
    assert judge_iris(eye // 2).shortfalls == ()


def test_a_drooping_lid_covers_the_iris(eye: Grey) -> None:
    lid = eye.copy()
    lid[:215] = 200
    assert Shortfall.IRIS_COVERED in judge_iris(lid).shortfalls


def test_a_closed_eye_and_other_pictures_have_no_pupil(eye: Grey, portrait: Rgb, prints: dict[str, Grey]) -> None:
    closed = eye.copy()
    closed[:300] = 200
    face = np.asarray(cv2.resize(portrait, (480, 640))[..., 1], dtype=np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (480, 640), dtype=np.uint8)
    for picture in (closed, face, prints["p1_1"], noise, np.full((480, 640), 255, np.uint8), np.zeros_like(eye)):
        quality = judge_iris(picture)
        assert quality.shortfalls == (Shortfall.NO_PUPIL,)
        assert quality.advice is RetryReason.NO_EYE


def test_an_iris_too_small_for_a_record_is_refused(eye: Grey) -> None:
    small = np.asarray(cv2.resize(eye, (320, 240), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    assert Shortfall.IRIS_TOO_SMALL in judge_iris(small).shortfalls


def test_a_picture_of_another_depth_or_size_is_refused_by_name(eye: Grey) -> None:
    for wrong in (np.dstack([eye] * 3), eye[:100], eye.astype(np.uint16)):
        with pytest.raises(UnusableInput, match=r"^iris: "):
            judge_iris(wrong)
