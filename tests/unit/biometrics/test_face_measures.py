"""A face is found and measured, a portrait fits its budget, and one photograph is known again after printing."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import Image

from drivers.contracts.capture import RetryReason
from station.biometrics.decoding import decode_rgb
from station.biometrics.face import Box, crop_portrait, judge_face, resemblance
from station.biometrics.photo_budget import PhotoTooLarge, encode_jpeg_within
from station.biometrics.thresholds import DEFAULT_THRESHOLDS
from station.biometrics.verdicts import Grey, Modality, Rgb, Shortfall, UnusableInput

SAME = DEFAULT_THRESHOLDS.resemblance_min


@pytest.fixture(scope="module")
def card(portrait: Rgb) -> Rgb:
    return _cropped(portrait)


def _cropped(rgb: Rgb) -> Rgb:
    box = judge_face(rgb).box
    assert box is not None
    return crop_portrait(rgb, box, 300, 400)


def test_a_good_portrait_is_accepted_with_its_eyes(portrait: Rgb) -> None:
    quality = judge_face(portrait)
    assert quality.shortfalls == ()
    assert quality.acceptable
    assert quality.faces_found == 1
    assert quality.eyes_found
    # By eye, the pupils of this portrait are 46 px apart.
    assert quality.eye_distance_px == pytest.approx(46, abs=4)


def test_a_frame_without_a_face_says_so(eye: Grey) -> None:
    for empty in (np.zeros((480, 640, 3), np.uint8), np.dstack([eye] * 3)):
        quality = judge_face(empty)
        assert (quality.faces_found, quality.box) == (0, None)
        assert quality.advice is RetryReason.NO_FACE


def test_two_people_in_the_frame_are_noticed(portrait: Rgb, other_portrait: Rgb) -> None:
    quality = judge_face(np.hstack([portrait, other_portrait]))
    assert quality.faces_found == 2
    assert Shortfall.SEVERAL_FACES in quality.shortfalls


def test_a_blurred_face_is_asked_to_hold_still(portrait: Rgb) -> None:
    quality = judge_face(np.asarray(cv2.GaussianBlur(portrait, (0, 0), 2), dtype=np.uint8))
    assert quality.shortfalls == (Shortfall.BLURRED,)
    assert quality.advice is RetryReason.MOVED


def test_a_dark_and_an_overexposed_face_are_told_apart(portrait: Rgb) -> None:
    dark = (portrait // 4).astype(np.uint8)
    bright = np.clip(portrait.astype(np.int16) + 75, 0, 255).astype(np.uint8)
    assert Shortfall.TOO_DARK in judge_face(dark).shortfalls
    assert Shortfall.TOO_BRIGHT in judge_face(bright).shortfalls


def test_a_face_too_far_from_the_camera_is_too_small(portrait: Rgb) -> None:
    frame = np.full((400, 400, 3), 255, np.uint8)
    frame[100:340, 110:290] = cv2.resize(portrait, (180, 240), interpolation=cv2.INTER_AREA)
    assert Shortfall.FACE_TOO_SMALL in judge_face(frame).shortfalls


def test_what_is_no_colour_picture_is_refused_by_name(eye: Grey) -> None:
    for wrong in (eye, np.zeros((10, 400, 3), np.uint8), np.zeros((400, 400, 3), np.float32)):
        with pytest.raises(UnusableInput, match=r"^face: "):
            judge_face(wrong)


def test_several_threads_may_look_for_faces_at_once(portrait: Rgb) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(judge_face, [portrait] * 8))
    assert found == [judge_face(portrait)] * 8


@pytest.mark.parametrize(("width_px", "height_px"), [(300, 400), (120, 160), (900, 1200)])
def test_a_crop_has_the_size_asked_and_the_face_in_its_middle(portrait: Rgb, width_px: int, height_px: int) -> None:
    box = judge_face(portrait).box
    assert box is not None
    cropped = crop_portrait(portrait, box, width_px, height_px)
    assert cropped.shape == (height_px, width_px, 3)
    again = judge_face(cropped).box
    assert again is not None
    assert (again.x + again.width / 2) / width_px == pytest.approx(0.5, abs=0.04)
    assert (again.y + again.height / 2) / height_px == pytest.approx(0.45, abs=0.04)
    assert again.width / width_px == pytest.approx(1 / 1.9, abs=0.06)


def test_a_face_at_the_rim_of_the_frame_is_cropped_all_the_same(portrait: Rgb) -> None:
    assert crop_portrait(portrait, Box(-20, -30, 100, 100), 60, 80).shape == (80, 60, 3)


@pytest.mark.parametrize("max_bytes", [20_000, 8_000, 4_000, 2_500])
def test_a_portrait_fills_its_byte_budget_and_never_exceeds_it(card: Rgb, max_bytes: int) -> None:
    encoded = encode_jpeg_within(card, max_bytes)
    assert max_bytes * 0.8 < len(encoded) <= max_bytes
    decoded = decode_rgb(encoded, "jpeg", Modality.FACE)
    assert decoded.shape[0] / decoded.shape[1] == pytest.approx(4 / 3, abs=0.03)
    assert resemblance(card, decoded) > 0.95


def test_a_budget_below_the_floor_is_refused(card: Rgb) -> None:
    with pytest.raises(PhotoTooLarge, match="700 bytes"):
        encode_jpeg_within(card, 700)


def test_a_chip_photo_carries_no_metadata(card: Rgb) -> None:
    with Image.open(io.BytesIO(encode_jpeg_within(card, 8_000))) as picture:
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def _printed(card: Rgb) -> Rgb:
    """Gamma, less contrast, a cast, noise, and 21 levels: what a dye ribbon might make of it."""
    dyes = 255 * (card / 255.0) ** 1.5 * 0.7 + 30 + np.array([15, 0, -20])
    noisy = np.clip(dyes + np.random.default_rng(1).normal(0, 4, dyes.shape), 0, 255)
    return (noisy.astype(np.uint8) // 12 * 12).astype(np.uint8)


def test_a_printed_face_and_a_chip_photo_of_one_photograph_resemble_each_other(card: Rgb) -> None:
    chip = decode_rgb(encode_jpeg_within(card, 2_500), "jpeg", Modality.FACE)
    dots = np.asarray(Image.fromarray(card).convert("1").convert("RGB"), dtype=np.uint8)
    assert resemblance(card, card) == pytest.approx(1.0, abs=1e-4)
    assert resemblance(chip, _printed(card)) > SAME + 0.05
    assert resemblance(chip, dots) > SAME


def test_another_person_on_the_card_is_noticed(card: Rgb, other_portrait: Rgb) -> None:
    other = _cropped(other_portrait)
    assert resemblance(card, other) < 0.3
    assert resemblance(_printed(card), other) < 0.3
    assert resemblance(card, np.ascontiguousarray(card[:, ::-1])) < 0.5


def test_a_blank_area_resembles_nothing(card: Rgb) -> None:
    white = np.full_like(card, 255)
    assert resemblance(card, white) == 0.0
    assert resemblance(white, white) == 0.0
