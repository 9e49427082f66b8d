"""An eye's near-infrared image: the pupil's and the iris's circles, how sharp and how much of the iris is to be seen.

Both circles are found by a circular edge operator (after Daugman, 1993): the greatest step of the mean grey along arcs
of growing radius. Thresholds were set on a single open eye and on drawn ones, and are unvalidated.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drivers.contracts.capture import RetryReason
from station.biometrics.thresholds import DEFAULT_THRESHOLDS, Thresholds
from station.biometrics.verdicts import Grey, Modality, Shortfall, UnusableInput

_SIDE_PX_RANGE = (200, 2000)
_SEARCHED_WIDTH_PX = 320
_PUPIL_SHARE = (0.03, 0.17)  # radius, of the image's width: 19794-6 frames an eye so that the iris is a fifth to a half
_IRIS_TO_PUPIL = (1.25, 4.5)  # radii; a pupil of 2 to 9 mm in an iris of 12
_SIDE_ARCS_DEG = (-35, 25)  # around the horizontal, where the lids leave the limbus free
_SPECULAR_GREY = 235

Circles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Circle:
    """Pixels of the frame."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class IrisQuality:
    """`usable_share`: what lids, lashes, reflections leave of the ring; `sharpness`: of the pupil's rim, both 0..1."""

    pupil: Circle | None
    limbus: Circle | None
    sharpness: float
    usable_share: float
    shortfalls: tuple[Shortfall, ...]
    advice: RetryReason | None

    @property
    def acceptable(self) -> bool:
        return not self.shortfalls


def judge_iris(grey: Grey, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> IrisQuality:
    """About 15 ms for 640x480. Raises `UnusableInput` for another depth or size than an eye camera's."""
    _check(grey)
    pupil = find_pupil(grey)
    limbus = find_limbus(grey, pupil) if pupil else None
    if pupil is None or limbus is None:
        return IrisQuality(pupil, None, 0.0, 0.0, (Shortfall.NO_PUPIL,), RetryReason.NO_EYE)
    sharpness, usable = _sharpness(grey, pupil, limbus), _usable_share(grey, pupil, limbus)
    checks = (
        (Shortfall.IRIS_TOO_SMALL, limbus.radius < thresholds.iris_radius_px_min),
        (Shortfall.BLURRED, sharpness < thresholds.iris_sharpness_min),
        (Shortfall.IRIS_COVERED, usable < thresholds.iris_usable_share_min),
    )
    shortfalls = tuple(name for name, holds in checks if holds)
    advice = RetryReason.MOVED if Shortfall.BLURRED in shortfalls else RetryReason.POOR_QUALITY if shortfalls else None
    return IrisQuality(pupil, limbus, sharpness, usable, shortfalls, advice)


def _check(grey: Grey) -> None:
    if grey.ndim != 2 or grey.dtype != np.uint8:
        raise UnusableInput(Modality.IRIS, "8-bit grey wanted")
    least, most = _SIDE_PX_RANGE
    if not all(least <= side <= most for side in grey.shape):
        raise UnusableInput(Modality.IRIS, f"{grey.shape[1]}x{grey.shape[0]} pixels, each side {least} to {most}")


def find_pupil(grey: Grey) -> Circle | None:
    """The roundest dark spot of a pupil's size, then fitted to its edge; None if nothing dark is round."""
    scale = _SEARCHED_WIDTH_PX / grey.shape[1]
    small = cv2.medianBlur(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), 5)
    small = _without_reflections(np.asarray(small, dtype=np.uint8))
    least, most = (share * small.shape[1] for share in _PUPIL_SHARE)
    darkest = float(np.percentile(small, 1))
    spots = [spot for step in (15, 25, 40, 60) for spot in _dark_spots(small, darkest + step, least, most)]
    if not spots:
        return None
    _, spot = max(spots, key=lambda each: each[0])
    coarse = Circle(spot.x / scale, spot.y / scale, spot.radius / scale)
    return _fitted(grey, coarse)


def _without_reflections(small: Grey) -> Grey:
    """Bright spots smaller than a pupil are filled from around: the illuminator is mirrored inside it."""
    return np.asarray(cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((11, 11), np.uint8)), dtype=np.uint8)


def _dark_spots(small: Grey, level: float, least: float, most: float) -> list[tuple[float, Circle]]:
    """Roundness (4 pi area / perimeter squared of the hull, times how full the hull is) and circle of each spot."""
    dark = (small <= level).astype(np.uint8)
    contours, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for contour in contours[:200]:
        hull = cv2.convexHull(contour)
        area, rim = cv2.contourArea(hull), cv2.arcLength(hull, True)
        radius = float(np.sqrt(area / np.pi))
        if not least <= radius <= most:
            continue
        roundness = 4 * np.pi * area / rim**2 * cv2.contourArea(contour) / area
        if roundness > 0.75:
            moments = cv2.moments(hull)
            centre_x, centre_y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
            found.append((float(roundness), Circle(centre_x, centre_y, radius)))
    return found


def _fitted(grey: Grey, coarse: Circle) -> Circle:
    """The circle with the greatest step from dark to light within 15 % of the radius around."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    reach = max(2, round(coarse.radius * 0.15))
    radii = np.arange(max(3.0, coarse.radius - 1.5 * reach), coarse.radius + 1.5 * reach + 1)
    best, step_best = coarse, -1.0
    stride = max(1, reach // 4)
    for offset_y in range(-reach, reach + 1, stride):
        for offset_x in range(-reach, reach + 1, stride):
            profile = _profile(smooth, coarse.x + offset_x, coarse.y + offset_y, radii, _all_round())
            steps = _steps(profile)
            at = int(steps.argmax())
            if steps[at] > step_best:
                step_best = float(steps[at])
                best = Circle(coarse.x + offset_x, coarse.y + offset_y, float(radii[at]))
    return best


def find_limbus(grey: Grey, pupil: Circle) -> Circle | None:
    """From iris to white, along the two side arcs only; its centre lies within a fifth of a radius of the pupil's."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 2.5)
    room = min(pupil.x, grey.shape[1] - pupil.x) * 0.98
    radii = np.arange(pupil.radius * _IRIS_TO_PUPIL[0] + 4, min(pupil.radius * _IRIS_TO_PUPIL[1], room))
    if len(radii) < 8:
        return None
    arcs, reach = _side_arcs(), pupil.radius * 0.2
    best, step_best = None, 1.5  # grey levels over 5 px: less is no edge
    for offset_x in np.linspace(-reach, reach, 9):
        for offset_y in np.linspace(-reach / 2, reach / 2, 3):
            steps = _steps(_profile(smooth, pupil.x + offset_x, pupil.y + offset_y, radii, arcs))
            at = int(steps.argmax())
            if steps[at] > step_best:
                step_best = float(steps[at])
                best = Circle(pupil.x + float(offset_x), pupil.y + float(offset_y), float(radii[at]))
    return best


def _all_round() -> npt.NDArray[np.float64]:
    return np.linspace(0, 2 * np.pi, 64, endpoint=False)


def _side_arcs() -> npt.NDArray[np.float64]:
    """Angles clockwise from rightwards (rows count downwards): more above than below would meet the upper lid."""
    low, high = np.deg2rad(_SIDE_ARCS_DEG)
    right = np.linspace(low, high, 24)
    return np.concatenate([-right, np.pi + right])


def _profile(
    grey: npt.NDArray[np.uint8] | cv2.typing.MatLike,
    x: float,
    y: float,
    radii: npt.NDArray[np.float64],
    angles: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Mean grey along the arcs, one for each radius. Beyond the frame the rim is repeated."""
    across = (x + radii[:, None] * np.cos(angles)).astype(np.float32)
    down = (y + radii[:, None] * np.sin(angles)).astype(np.float32)
    sampled = cv2.remap(grey, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.minimum(sampled, _SPECULAR_GREY).mean(axis=1), dtype=np.float64)


def _steps(profile: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rise per radius, smoothed over five."""
    return np.convolve(np.gradient(profile), np.ones(5) / 5, mode="same")


def _sharpness(grey: Grey, pupil: Circle, limbus: Circle) -> float:
    """How much of the rise from pupil to iris lies within a thirtieth of the iris's radius (4 px of 120).

    A ratio, so that neither a dark picture nor a large one counts as blurred.
    """
    unit = limbus.radius / 120
    radii = np.maximum(pupil.radius + np.arange(-12, 13) * unit, 1.0)
    profile = _profile(grey, pupil.x, pupil.y, radii, _all_round())
    whole = float(profile.max() - profile.min())
    return float((profile[4:] - profile[:-4]).max()) / whole if whole > 1 else 0.0


def _usable_share(grey: Grey, pupil: Circle, limbus: Circle) -> float:
    """Pixels of the ring, polar 48 x 256, whose grey is like that of the ring's sides, where neither lid reaches.

    Lids and reflections are lighter, lashes darker: both lie beyond four robust deviations of the sides.
    """
    angles = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    part = np.linspace(0.08, 0.92, 48)[:, None]
    inner_x, inner_y = pupil.x + pupil.radius * np.cos(angles), pupil.y + pupil.radius * np.sin(angles)
    outer_x, outer_y = limbus.x + limbus.radius * np.cos(angles), limbus.y + limbus.radius * np.sin(angles)
    across = (inner_x + part * (outer_x - inner_x)).astype(np.float32)
    down = (inner_y + part * (outer_y - inner_y)).astype(np.float32)
    ring = cv2.remap(cv2.GaussianBlur(grey, (0, 0), 1.5), across, down, cv2.INTER_LINEAR).astype(np.float64)
    inside = (across >= 0) & (down >= 0) & (across <= grey.shape[1] - 1) & (down <= grey.shape[0] - 1)
    sides = ring[:, np.abs(np.sin(angles)) < 0.4]
    middle = float(np.median(sides))
    spread = max(4.0, 1.48 * float(np.median(np.abs(sides - middle))))
    return float((inside & (np.abs(ring - middle) < 4 * spread)).mean())
