"""A finger is drawn by letting noise settle into ridges along an orientation field of cores and deltas.

Orientation: the zero-pole model of Sherlock and Monro (1993); ridges: oriented filters applied over and over, after
Cappelli's SFinGe. The filters are taken as line integrals by `remap`, first along the ridge and then across it, so
that orientation and period vary freely from pixel to pixel; most of it is done at half scale. About 0.2 s a finger.
"""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from drivers.simulators.people.chance import Field, Grey, as_field, grid, smooth_field, to_bytes

MASTER_ROWS, MASTER_COLUMNS = 460, 360
"""Larger than an impression, so that a turned or shifted one still has ridges at its edge. 500 ppi."""
VERSION = 2
"""Part of the name of a kept master: count it up whenever a master of the same seed would look different."""

PERIOD_PX = (8.4, 10.4)
SWAY_RAD, SWAY_PX = 0.3, 45.0
ALONG_PX = 2.2  # longer filters leave fewer minutiae, but force them to the same places in every finger
SETTLE_STEPS, FINISH_STEPS, GAIN = 24, 2, 4.0

_Row = npt.NDArray[np.float64]
_Taps = list[tuple[float, cv2.typing.MatLike, cv2.typing.MatLike]]


class Pattern(StrEnum):
    ARCH = "arch"
    LEFT_LOOP = "left_loop"
    RIGHT_LOOP = "right_loop"
    WHORL = "whorl"


_SHARES = {Pattern.ARCH: 0.12, Pattern.LEFT_LOOP: 0.27, Pattern.RIGHT_LOOP: 0.27, Pattern.WHORL: 0.34}


def draw_master(rng: np.random.Generator) -> Grey:
    """A finger's ridges without edge, ink or noise: 0 is furrow, 255 is ridge."""
    pattern = list(_SHARES)[int(rng.choice(len(_SHARES), p=list(_SHARES.values())))]
    angle = orientation(rng, pattern)
    bent = 1 + 0.06 * smooth_field(rng, MASTER_ROWS, MASTER_COLUMNS, 70)
    period = as_field(rng.uniform(*PERIOD_PX) * bent)
    return to_bytes(127.5 + 127.5 * _settle(rng, angle, period))


def orientation(rng: np.random.Generator, pattern: Pattern) -> Field:
    """The ridge direction of each pixel in radians (modulo pi, x rightwards, y downwards)."""
    x, y = grid(MASTER_ROWS, MASTER_COLUMNS)
    core_x = MASTER_COLUMNS * 0.5 + rng.normal(0, 14)
    core_y = MASTER_ROWS * 0.42 + rng.normal(0, 20)
    if pattern is Pattern.ARCH:
        angle = _arch(rng, x - core_x, y - core_y)
    else:
        angle = _zeros_and_poles(x, y, *_singular_points(rng, pattern, core_x, core_y))
    return as_field(angle + SWAY_RAD * smooth_field(rng, MASTER_ROWS, MASTER_COLUMNS, SWAY_PX))


def _arch(rng: np.random.Generator, x: Field, y: Field) -> Field:
    """Level ridges with a hill: steepest below the middle, flat at both ends."""
    height, width = rng.uniform(0.7, 1.3), rng.uniform(45, 75)
    nearness = np.exp(-(((y - rng.uniform(20, 60)) / (MASTER_ROWS * rng.uniform(0.26, 0.36))) ** 2))
    u = x / width
    return as_field(np.arctan(height * nearness * u * np.exp(0.5 - u**2 / 2)))


_Points = list[tuple[float, float]]


def _singular_points(rng: np.random.Generator, pattern: Pattern, x: float, y: float) -> tuple[_Points, _Points]:
    """Cores and deltas."""
    if pattern is Pattern.WHORL:
        apart, lean = rng.uniform(12, 32), rng.uniform(-0.6, 0.6)
        dx, dy = apart * np.sin(lean), apart * np.cos(lean)
        sides = [MASTER_COLUMNS * 0.5 + side * rng.uniform(105, 150) for side in (-1, 1)]
        return [(x - dx, y - dy), (x + dx, y + dy)], [(side, MASTER_ROWS * rng.uniform(0.66, 0.8)) for side in sides]
    away = -1 if pattern is Pattern.RIGHT_LOOP else 1  # the delta lies across from where the loop opens
    return [(x, y)], [(x + away * rng.uniform(75, 125), y + rng.uniform(85, 140))]


def _zeros_and_poles(x: Field, y: Field, cores: _Points, deltas: _Points) -> Field:
    angle = np.zeros_like(x)
    for core_x, core_y in cores:
        angle += 0.5 * np.arctan2(y - core_y, x - core_x)
    for delta_x, delta_y in deltas:
        angle -= 0.5 * np.arctan2(y - delta_y, x - delta_x)
    return angle


def _settle(rng: np.random.Generator, angle: Field, period: Field) -> Field:
    small = _half_angle(angle)
    rows, columns = small.shape
    ridges = rng.standard_normal((rows, columns), dtype=np.float32)
    filters = _filters(small, as_field(cv2.resize(period / 2, (columns, rows))), ALONG_PX / 2, across_taps=11)
    for _ in range(SETTLE_STEPS):
        ridges = _sharpen(ridges, *filters)
    ridges = as_field(cv2.resize(ridges, (angle.shape[1], angle.shape[0]), interpolation=cv2.INTER_CUBIC))
    filters = _filters(angle, period, ALONG_PX, across_taps=13)
    for _ in range(FINISH_STEPS):
        ridges = _sharpen(ridges, *filters)
    return ridges


def _half_angle(angle: Field) -> Field:
    # An orientation has no sign: it is the doubled angle that can be averaged.
    parts = (np.sin(2 * angle), np.cos(2 * angle))
    sine, cosine = (cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for part in parts)
    return as_field(0.5 * np.arctan2(sine, cosine))


def _filters(angle: Field, period: Field, along_px: float, *, across_taps: int) -> tuple[_Taps, _Taps]:
    x, y = grid(*angle.shape)
    cosine, sine = np.cos(angle), np.sin(angle)
    # Taps along the ridge at most a pixel apart: wider ones let a pattern across the ridges through.
    along = np.linspace(-2, 2, 7)
    bell = np.exp(-0.5 * along**2)
    first = _taps(bell / bell.sum(), along * along_px, x, y, cosine, sine)
    across = np.linspace(-1.25, 1.25, across_taps)
    wave = np.exp(-0.5 * (across / 0.5) ** 2) * np.cos(2 * np.pi * across)
    wave -= wave.mean()
    return first, _taps(wave / np.abs(wave).sum(), across, x, y, -period * sine, period * cosine)


def _taps(weights: _Row, places: _Row, x: Field, y: Field, step_x: Field, step_y: Field) -> _Taps:
    maps = (cv2.convertMaps(as_field(x + s * step_x), as_field(y + s * step_y), cv2.CV_16SC2) for s in places)
    return [(float(weight), *pair) for weight, pair in zip(weights, maps, strict=True)]


def _sharpen(ridges: Field, *passes: _Taps) -> Field:
    for taps in passes:
        total = np.zeros_like(ridges)
        for weight, map_a, map_b in taps:
            shifted = cv2.remap(ridges, map_a, map_b, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            total += as_field(shifted) * np.float32(weight)
        ridges = total
    return as_field(np.tanh(GAIN * ridges))
