"""A finger put down anew is turned, shifted, stretched, pressed harder or softer, and never the same image twice."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.simulators.people.chance import Field, Grey, as_field, grid, moved, smooth_field, to_bytes

ROWS, COLUMNS = 420, 320


def press(master: Grey, rng: np.random.Generator, *, size: float) -> Grey:
    """One impression, 420 x 320, of a drawn finger; `size` is that of its pad against an index finger's."""
    x, y = moved(rng, ROWS, COLUMNS, turn_deg=5, shift_px=6, bend_px=1.5)
    x += (master.shape[1] - COLUMNS) / 2
    y += (master.shape[0] - ROWS) / 2
    ridges = as_field(cv2.remap(master, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)) / 127.5 - 1
    pressure = rng.normal(0.12, 0.1) + 0.12 * smooth_field(rng, ROWS, COLUMNS, 40)
    ink = cv2.GaussianBlur(as_field(np.tanh((ridges + pressure) * 2.2)), (0, 0), 0.7)
    ink = ink + 0.1 * smooth_field(rng, ROWS, COLUMNS, 4) + 0.1 * rng.standard_normal((ROWS, COLUMNS), dtype=np.float32)
    touch = _touch(rng, x - master.shape[1] / 2, y - master.shape[0] / 2, rng.uniform(0.88, 1.0) * size)
    return to_bytes(255 - touch * np.clip(0.5 + 0.5 * ink, 0, 1) * rng.uniform(185, 225))


def press_again(image: Grey, rng: np.random.Generator) -> Grey:
    """Another impression from the picture of a real one, in the same size."""
    x, y = moved(rng, *image.shape, turn_deg=3, shift_px=5, bend_px=1.2)
    again = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,))
    ink = (255.0 - again) * rng.uniform(0.88, 1.08)
    return to_bytes(255 - ink + rng.normal(0, 4, image.shape))


def pad_of(image: Grey) -> Grey:
    """The middle of a rolled print, as the flat pad of the finger would leave it."""
    rows, columns = image.shape
    x, y = grid(rows, columns)
    distance = ((x - columns / 2) / (columns * 0.48)) ** 2 + ((y - rows / 2) / (rows * 0.48)) ** 2
    return to_bytes(255 - np.clip((1.0 - distance) / 0.08, 0, 1) * (255.0 - image))


def _touch(rng: np.random.Generator, x: Field, y: Field, size: float) -> Field:
    """How much of the skin touches, 0..1: an uneven oval of the finger, not of the image."""
    rough = 0.035 * smooth_field(rng, ROWS, COLUMNS, 16)
    distance = (x / (COLUMNS * 0.43 * size)) ** 2 + (y / (ROWS * 0.45 * size)) ** 2 + rough
    return as_field(np.clip((1.0 - distance) / 0.1, 0, 1))
