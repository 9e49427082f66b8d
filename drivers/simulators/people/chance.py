"""Chance with an address: a generator for each part of each person, so that no draw depends on an earlier one."""

from __future__ import annotations

from enum import IntEnum

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]


class Part(IntEnum):
    """What is drawn. The numbers are part of every drawn image: never renumber."""

    MISSING = 1
    MASTER = 2
    IMPRESSION = 3
    FACE = 4
    FACE_SHOT = 5
    IRIS = 6
    IRIS_SHOT = 7
    SIGNATURE = 8


def chance(seed: int, index: int, part: Part, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([seed, index, part, *numbers])


def as_field(values: npt.ArrayLike) -> Field:
    return np.asarray(values, np.float32)


def smooth_field(rng: np.random.Generator, rows: int, columns: int, sigma_px: float) -> Field:
    """A random field of mean about 0 and deviation 1 that changes over `sigma_px`."""
    step = max(1, int(sigma_px // 4))  # Drawn coarse, then enlarged: the field holds nothing finer.
    noise = rng.standard_normal((rows // step + 2, columns // step + 2), dtype=np.float32)
    coarse = as_field(cv2.GaussianBlur(noise, (0, 0), sigma_px / step, borderType=cv2.BORDER_REFLECT))
    even = coarse / (coarse.std() + 1e-6)
    return as_field(cv2.resize(even, (columns, rows), interpolation=cv2.INTER_CUBIC))


def grid(rows: int, columns: int) -> tuple[Field, Field]:
    """The x and the y of each pixel."""
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return x, y


def to_bytes(values: npt.ArrayLike) -> Grey:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def moved(
    rng: np.random.Generator, rows: int, columns: int, *, turn_deg: float, shift_px: float, bend_px: float
) -> tuple[Field, Field]:
    """Where each pixel of a picture taken anew lies in the old one; the numbers are deviations of turn, shift, bend."""
    turn = np.deg2rad(rng.normal(0, turn_deg))
    x, y = grid(rows, columns)
    x, y = x - columns / 2, y - rows / 2
    dx, dy = rng.normal(0, shift_px, 2)
    bend_x, bend_y = (bend_px * smooth_field(rng, rows, columns, 50) for _ in range(2))
    new_x = np.cos(turn) * x + np.sin(turn) * y + columns / 2 + dx + bend_x
    new_y = np.cos(turn) * y - np.sin(turn) * x + rows / 2 + dy + bend_y
    return as_field(new_x), as_field(new_y)
