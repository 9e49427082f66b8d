"""Signatures: two or three strokes that swing as they go to the right, and now and then a line under them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivers.contracts.signature_pad import PenPoint

POINT_INTERVAL_MS = 10
WIDTH_MM, HEIGHT_MM = 100.0, 40.0

_Path = npt.NDArray[np.float64]  # points x (x, y)


def draw_signature(rng: np.random.Generator) -> tuple[tuple[PenPoint, ...], ...]:
    paths = [_swing(rng) for _ in range(int(rng.integers(2, 4)))]
    ends = np.cumsum([path[:, 0].max() - 0.1 for path in paths])
    for path, before in zip(paths[1:], ends[:-1], strict=True):
        path[:, 0] += before
    if rng.random() < 0.5:
        paths.append(_underline(rng, float(ends[-1])))
    return _timed(rng, _fitted(rng, paths))


def _swing(rng: np.random.Generator) -> _Path:
    """A run of loops: two swings that drift apart while the hand goes on, higher at the start as a capital is."""
    count = int(rng.integers(32, 52))
    t = np.linspace(0, 1, count)
    loops = rng.uniform(1.8, 3.4)
    start, lag = rng.uniform(0, 2 * np.pi, 2)
    height = rng.uniform(0.35, 0.6) * (1 + rng.uniform(0.3, 1.2) * np.exp(-4 * t))
    x = t * rng.uniform(0.9, 1.4) + 0.12 * np.sin(2 * np.pi * loops * t + start)
    y = height * np.sin(2 * np.pi * loops * t + start + 1.2 + 0.6 * np.sin(lag + 3 * t))
    return np.column_stack([x - x.min(), y])


def _underline(rng: np.random.Generator, length: float) -> _Path:
    t = np.linspace(0, 1, int(rng.integers(16, 30)))
    eased = t * t * (3 - 2 * t)
    return np.column_stack([length * (0.05 + 0.9 * eased), 1.0 + 0.12 * np.sin(np.pi * t * rng.uniform(1, 2))])


def _fitted(rng: np.random.Generator, paths: list[_Path]) -> list[_Path]:
    """Moved and scaled to somewhere on the pad, with a margin all around."""
    points = np.concatenate(paths)
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    size = np.array([rng.uniform(60, 90), rng.uniform(18, 32)])
    corner = np.array([WIDTH_MM, HEIGHT_MM]) / 2 - size / 2 + rng.uniform(-3, 3, 2)
    return [corner + (path - low) / span * size for path in paths]


def _timed(rng: np.random.Generator, paths: list[_Path]) -> tuple[tuple[PenPoint, ...], ...]:
    strokes, t_ms = [], 0
    for path in paths:
        # The pen comes down and goes up lightly, and presses less where it goes fast.
        speed = np.hypot(*np.gradient(path, axis=0).T)
        touch = np.minimum(1, 0.35 + np.minimum(np.arange(len(path)), np.arange(len(path))[::-1]) / 6)
        pressure = np.clip(touch * (0.75 - 0.25 * speed / speed.max()), 0.05, 1)
        strokes.append(
            tuple(
                PenPoint(round(float(x), 3), round(float(y), 3), t_ms + i * POINT_INTERVAL_MS, round(float(p), 3))
                for i, ((x, y), p) in enumerate(zip(path, pressure, strict=True))
            )
        )
        t_ms += (len(path) + int(rng.integers(12, 30))) * POINT_INTERVAL_MS
    return tuple(strokes)
