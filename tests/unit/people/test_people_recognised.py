"""What independent programs see: MINDTCT, Bozorth3 and NFIQ 2 in the fingers, OpenCV's cascade in the faces."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import cv2
import nbis
import numpy as np
import pytest

from drivers.contracts.parts import Eye, Finger
from drivers.simulators.people import person

MATCH = 40  # NBIS's customary threshold
FINGERS = tuple(product((1, 2, 3), (Finger.RIGHT_THUMB, Finger.RIGHT_INDEX, Finger.LEFT_MIDDLE, Finger.LEFT_LITTLE)))


@cache
def extractor(*, with_quality: bool) -> nbis.NbisExtractor:
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=with_quality, ppi=500.0
    )
    return nbis.new_nbis_extractor(settings)


@cache
def minutiae(index: int, position: Finger, impression: int, *, with_quality: bool = False) -> nbis.Minutiae:
    image = person(7, index).finger(position, impression)
    return extractor(with_quality=with_quality).extract_minutiae(cv2.imencode(".png", image)[1].tobytes())


def test_synthetic_fingers_have_about_as_many_minutiae_as_real_ones_and_fair_quality() -> None:
    counts = [len(minutiae(index, position, 0).get()) for index, position in FINGERS]
    assert 40 <= np.median(counts) <= 80
    assert 30 <= min(counts) <= max(counts) <= 110
    assert min(minutiae(i, f, 0, with_quality=True).quality().score for i, f in FINGERS[::3]) >= 35


def test_two_impressions_of_a_synthetic_finger_match_and_two_fingers_do_not() -> None:
    genuine = [minutiae(i, f, 0).compare(minutiae(i, f, 1)) for i, f in FINGERS]
    impostor = [minutiae(*a, 0).compare(minutiae(*b, 1)) for a, b in combinations(FINGERS, 2)]
    assert min(genuine) >= 60
    assert max(impostor) < MATCH
    assert np.percentile(impostor, 95) <= 25


def test_person_0s_fingers_match_themselves_and_no_other() -> None:
    for position in (Finger.RIGHT_THUMB, Finger.RIGHT_INDEX, Finger.LEFT_LITTLE):
        assert minutiae(0, position, 0).compare(minutiae(0, position, 4)) >= 60
    assert max(minutiae(0, a, 0).compare(minutiae(0, b, 0)) for a, b in combinations(Finger, 2)) < 25


def test_the_cascade_finds_every_face_where_a_portrait_has_it() -> None:
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    for index in range(21):
        grey = cv2.cvtColor(person(1, index).face(index % 3), cv2.COLOR_RGB2GRAY)
        found = cascade.detectMultiScale(grey, 1.1, 5, minSize=(120, 120))
        assert len(found) == 1, f"person {index}"
        x, y, width, height = found[0]
        assert x < 240 < x + width
        assert y < 240 < y + height


def test_behind_the_head_is_plain_light_paper() -> None:
    for index in range(6):
        corners = person(1, index).face(0)[:60].astype(float)
        for corner in (corners[:, :60], corners[:, -60:]):
            assert corner.mean() > 190
            assert corner.std(axis=(0, 1)).max() < 4


def test_faces_of_two_people_differ_more_than_two_shots_of_one() -> None:
    def apart(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.abs(a[100:360, 120:360].astype(float) - b[100:360, 120:360]).mean())

    faces = [person(1, index).face(0) for index in range(8)]
    again = [person(1, index).face(1) for index in range(8)]
    own = [apart(a, b) for a, b in zip(faces, again, strict=True)]
    others = [apart(a, b) for a, b in combinations(faces, 2)]
    assert np.median(others) > 1.5 * np.median(own)


@pytest.mark.parametrize("eye", list(Eye))
def test_the_pupil_is_dark_round_and_of_its_promised_size(eye: Eye) -> None:
    for index in range(1, 8):
        image = person(1, index).iris(eye, 0)
        dark = (cv2.medianBlur(image, 9) < 45).astype(np.uint8)
        _, _, stats, centres = cv2.connectedComponentsWithStats(dark)
        pupil = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        radius = np.sqrt(stats[pupil, cv2.CC_STAT_AREA] / np.pi)
        assert 36 <= radius <= 62
        assert np.hypot(*(centres[pupil] - (320, 240))) < 40
