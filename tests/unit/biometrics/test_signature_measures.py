"""Strokes on a pad become the chip's 924 bytes and come back; a dot is no signature."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from drivers.contracts.capture import CaptureFacts, RetryReason
from drivers.contracts.signature_pad import PenPoint, Strokes
from station.biometrics.signature import (
    CHIP_BYTES,
    BadSignature,
    encode_for_chip,
    judge_signature,
    pack_ink,
    render_signature,
    unpack_ink,
)

PAD = CaptureFacts("pad", "maker", "model", "1", "1", False)


def _strokes(*strokes: list[tuple[float, float]]) -> Strokes:
    drawn = tuple(tuple(PenPoint(x, y, 10 * t, None) for t, (x, y) in enumerate(stroke)) for stroke in strokes)
    return Strokes(drawn, 100.0, 40.0, PAD)


WAVE = [(20 + t * 0.5, 20 + 8 * math.sin(t / 6)) for t in range(120)]
LINE = [(20.0, 32.0), (80.0, 32.0)]


def test_a_signature_is_measured_in_millimetres_on_the_pad() -> None:
    quality = judge_signature(_strokes(WAVE, LINE))
    assert (quality.strokes, quality.points) == (2, 122)
    assert quality.width_mm == pytest.approx(60)
    assert quality.height_mm == pytest.approx(20, abs=0.1)
    alone = sum(math.dist(a, b) for a, b in pairwise(WAVE))
    assert quality.length_mm == pytest.approx(alone + 60)
    assert quality.acceptable


def test_a_cross_is_a_signature_and_a_dot_is_not() -> None:
    down = [(20 + t, 10 + t) for t in range(20)]
    up = [(20 + t, 30 - t) for t in range(20)]
    assert judge_signature(_strokes(down, up)).acceptable  # type: ignore[arg-type]
    dot = judge_signature(_strokes([(50.0, 20.0)] * 30))
    assert not dot.acceptable
    assert dot.advice is RetryReason.POOR_QUALITY


def test_an_untouched_pad_is_empty() -> None:
    for nothing in (_strokes(), _strokes([], [])):
        assert judge_signature(nothing).advice is RetryReason.EMPTY
        assert not render_signature(nothing, 168, 44).any()


def test_a_picture_keeps_the_proportions_and_touches_no_rim() -> None:
    ink = render_signature(_strokes(WAVE, LINE), 600, 400)
    rows, columns = np.nonzero(ink)
    across, down = int(columns.max() - columns.min()), int(rows.max() - rows.min())
    assert across / down == pytest.approx(60 / 20, rel=0.05)
    assert across > 500
    assert not np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]]).any()


def test_a_stroke_to_the_right_is_drawn_to_the_right_and_down_is_down() -> None:
    ink = render_signature(_strokes([(10.0, 10.0), (90.0, 10.0)], [(90.0, 10.0), (90.0, 30.0)]), 160, 40)
    rows, columns = np.nonzero(ink)
    assert ink[rows.min(), columns.min()]
    assert ink[rows.max(), columns.max()]
    assert not ink[rows.max() - 3, columns.min()]


def test_the_chips_924_bytes_come_back_as_the_same_picture() -> None:
    signature = _strokes(WAVE, LINE)
    packed = encode_for_chip(signature)
    assert len(packed) == CHIP_BYTES == 924
    ink = unpack_ink(packed)
    assert ink.shape == (44, 168)
    assert np.array_equal(ink, render_signature(signature, 168, 44))
    assert 0.01 < ink.mean() < 0.5


def test_the_left_pixel_is_the_high_bit() -> None:
    ink = np.zeros((44, 168), np.bool_)
    ink[0, 0] = ink[1, 9] = True
    assert pack_ink(ink)[:1] == b"\x80"
    assert pack_ink(ink)[21:23] == b"\x00\x40"


def test_a_width_that_fills_no_byte_is_padded_and_comes_back() -> None:
    ink = render_signature(_strokes(WAVE), 101, 30)
    assert np.array_equal(unpack_ink(pack_ink(ink), 101, 30), ink)


@pytest.mark.parametrize("count", [0, 923, 925])
def test_a_chip_file_of_another_length_is_refused(count: int) -> None:
    with pytest.raises(BadSignature, match=f"{count} bytes"):
        unpack_ink(bytes(count))


def test_points_off_the_pad_or_without_end_are_refused() -> None:
    for wrong in ([(-1.0, 0.0)], [(0.0, 41.0)], [(math.nan, 1.0)], [(1.0, 1.0)] * 100_001):
        with pytest.raises(BadSignature):
            judge_signature(_strokes(wrong))
    with pytest.raises(BadSignature, match="5000x44"):
        render_signature(_strokes(WAVE), 5000, 44)
