"""Simulated people: the same from the same numbers, unlike each other, and sensed as real ones are."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drivers.contracts.parts import Eye, Finger
from drivers.simulators.people import person
from drivers.simulators.people.images import shipped
from drivers.simulators.people.synthetic import MISSING_SHARE


def digest(seed: int, index: int) -> str:
    someone = person(seed, index)
    parts = [someone.finger(Finger.RIGHT_INDEX, 1), someone.face(1), someone.iris(Eye.LEFT, 1)]
    told = b"".join(part.tobytes() for part in parts) + repr(someone.signature()).encode()
    return hashlib.sha256(told).hexdigest()


def test_another_process_meets_the_same_person() -> None:
    program = f"import sys; sys.path[:0] = {sys.path!r}\n"
    program += f"import runpy; print(runpy.run_path({__file__!r})['digest'](5, 3))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert other.stdout.strip() == digest(5, 3)


def test_another_seed_or_number_is_another_person() -> None:
    assert len({digest(5, 3), digest(5, 4), digest(6, 3)}) == 3


def test_a_part_does_not_depend_on_what_was_asked_before() -> None:
    fresh, asked = person(1, 2), person(1, 2)
    asked.face(0)
    asked.finger(Finger.LEFT_THUMB, 7)
    assert np.array_equal(fresh.finger(Finger.RIGHT_RING, 2), asked.finger(Finger.RIGHT_RING, 2))


@pytest.mark.parametrize("index", [0, 1])
def test_no_two_impressions_or_shots_are_the_same_image(index: int) -> None:
    someone = person(1, index)
    for position in (Finger.RIGHT_INDEX, Finger.LEFT_LITTLE):
        assert len({someone.finger(position, n).tobytes() for n in range(8)}) == 8
    assert len({someone.face(n).tobytes() for n in range(4)}) == 4
    assert len({someone.iris(eye, n).tobytes() for eye in Eye for n in range(4)}) == 8


@pytest.mark.parametrize("index", [0, 1])
def test_images_have_the_promised_shapes(index: int) -> None:
    someone = person(1, index)
    assert someone.face(0).shape == (640, 480, 3)
    assert someone.iris(Eye.RIGHT, 0).shape == (480, 640)
    for position in Finger:
        rows, columns = someone.finger(position, 0).shape
        assert 390 <= rows <= 560
        assert 320 <= columns <= 416
    images = [someone.face(0), someone.iris(Eye.LEFT, 0), someone.finger(Finger.LEFT_INDEX, 0)]
    assert {image.dtype for image in images} == {np.dtype(np.uint8)}


def test_person_0_shows_the_real_images_first() -> None:
    someone = person(9, 0)
    for n in range(3):
        assert np.array_equal(someone.finger(Finger.RIGHT_INDEX, n), shipped(f"nbisrs_p1_{n + 1}"))
        assert np.array_equal(someone.finger(Finger.LEFT_INDEX, n), shipped(f"nbisrs_p2_{n + 1}"))
    assert np.array_equal(someone.iris(Eye.RIGHT, 0), shipped("openiris_eye"))


def test_what_a_device_does_to_an_image_does_not_reach_the_person() -> None:
    someone = person(1, 0)
    someone.finger(Finger.RIGHT_INDEX, 0)[:] = 0
    someone.iris(Eye.RIGHT, 0)[:] = 0
    assert someone.finger(Finger.RIGHT_INDEX, 0).any()
    assert someone.iris(Eye.RIGHT, 0).any()


def test_about_one_in_eight_lacks_a_finger_and_person_0_none() -> None:
    missing = [[f for f in Finger if not person(2, index).has_finger(f)] for index in range(1, 401)]
    assert max(map(len, missing)) == 1
    assert sum(map(len, missing)) / len(missing) == pytest.approx(MISSING_SHARE, abs=0.05)
    assert len({f for fingers in missing for f in fingers}) == len(Finger)
    assert all(person(2, 0).has_finger(f) for f in Finger)


def test_a_missing_finger_cannot_be_put_down() -> None:
    index = next(i for i in range(1, 100) if not person(2, i).has_finger(Finger.LEFT_RING))
    with pytest.raises(ValueError, match="LEFT_RING"):
        person(2, index).finger(Finger.LEFT_RING, 0)


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (0, -1)])
def test_numbers_below_nought_are_nobody(seed: int, index: int) -> None:
    with pytest.raises(ValueError, match="from 0"):
        person(seed, index)


def test_a_kept_finger_is_the_drawn_one_and_is_not_drawn_again(tmp_path: Path) -> None:
    cache = tmp_path / "people"
    drawn = person(1, 1).finger(Finger.RIGHT_THUMB, 0)
    assert np.array_equal(person(1, 1, cache).finger(Finger.RIGHT_THUMB, 0), drawn)
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    assert np.array_equal(person(1, 1, cache).finger(Finger.RIGHT_THUMB, 0), drawn)
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"", b"\x89PNG torn", None])
def test_a_damaged_kept_finger_is_drawn_again(tmp_path: Path, damage: bytes | None) -> None:
    drawn = person(1, 1, tmp_path).finger(Finger.RIGHT_THUMB, 0)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:2000] if damage is None else damage)
    assert np.array_equal(person(1, 1, tmp_path).finger(Finger.RIGHT_THUMB, 0), drawn)
    assert len(list(tmp_path.iterdir())) == 1


def test_signatures_are_smooth_timed_and_on_the_pad() -> None:
    for index in range(40):
        strokes = person(3, index).signature()
        points = [point for stroke in strokes for point in stroke]
        assert 2 <= len(strokes) <= 4
        assert 60 <= len(points) <= 200
        assert all(0 <= p.x_mm <= 100 and 0 <= p.y_mm <= 40 and 0 < (p.pressure or 0) <= 1 for p in points)
        assert points[0].t_ms == 0
        for stroke in strokes:
            assert {b.t_ms - a.t_ms for a, b in pairwise(stroke)} == {10}
            jumps = [np.hypot(b.x_mm - a.x_mm, b.y_mm - a.y_mm) for a, b in pairwise(stroke)]
            assert max(jumps) < 12
