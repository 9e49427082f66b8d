"""A face is found, measured, cropped for the card, and recognised as the same photograph.

The finder is OpenCV's Haar cascade (Intel licence, in the package), for frontal faces only. It says that there is a
face and about where; landmarks, pose, background and glare are not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import local

import cv2
import numpy as np
import numpy.typing as npt

from drivers.contracts.capture import RetryReason
from station.biometrics.thresholds import DEFAULT_THRESHOLDS, Thresholds
from station.biometrics.verdicts import Grey, Modality, Rgb, Shortfall, UnusableInput

_SEARCHED_SIDE_PX = 480  # the search's time grows with the pixels, a portrait's face is never small
_SMALLEST_FACE_SHARE = 0.12  # of the shorter side
_SIDE_PX_MIN = 64
_MEASURED_FACE_PX = 160
_EYES_PER_WIDTH = 0.42  # of a cascade's box, by anthropometry; used when the eyes are not found
_RESEMBLANCE_SIZE_PX = (60, 80)  # 3:4
_RESEMBLANCE_SHADING_PX = 3
_RESEMBLANCE_SHIFT_PX = 3

_of_thread = local()


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the frame; `x`, `y` of the top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """`box` is the largest face. `eyes_found` False: the eye distance is estimated from the box.

    `sharpness` is the variance of the Laplacian of the face at 160 px width, `clipped_share` the part of it that is
    black or white.
    """

    faces_found: int
    box: Box | None
    eye_distance_px: float | None
    eyes_found: bool
    sharpness: float
    mean_grey: float
    clipped_share: float
    shortfalls: tuple[Shortfall, ...]
    advice: RetryReason | None

    @property
    def acceptable(self) -> bool:
        return not self.shortfalls


def judge_face(rgb: Rgb, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> FaceQuality:
    """About 50 ms whatever the frame's size. Raises `UnusableInput` for no 8-bit colour picture of 64 px or more."""
    _check(rgb)
    grey = _grey(rgb)
    boxes = find_faces(grey)
    if not boxes:
        nothing = (0, None, None, False, 0.0, float(grey.mean()), 0.0)
        return FaceQuality(*nothing, (Shortfall.NO_FACE,), RetryReason.NO_FACE)
    face = _cut(grey, boxes[0])
    measured_distance_px = _eye_distance_px(face)
    distance_px = measured_distance_px or boxes[0].width * _EYES_PER_WIDTH
    sharpness, mean_grey = _sharpness(face), float(face.mean())
    clipped = float(((face < 8) | (face > 247)).mean())
    too_bright = mean_grey > thresholds.face_mean_grey_max or clipped > thresholds.face_clipped_share_max
    checks = (
        (Shortfall.SEVERAL_FACES, len(boxes) > 1),
        (Shortfall.FACE_TOO_SMALL, distance_px < thresholds.face_eye_distance_px_min),
        (Shortfall.BLURRED, sharpness < thresholds.face_sharpness_min),
        (Shortfall.TOO_DARK, mean_grey < thresholds.face_mean_grey_min),
        (Shortfall.TOO_BRIGHT, too_bright),
    )
    shortfalls = tuple(name for name, holds in checks if holds)
    return FaceQuality(
        len(boxes), boxes[0], distance_px, measured_distance_px is not None, sharpness, mean_grey, clipped, shortfalls,
        _advice(shortfalls),
    )  # fmt: skip


def find_faces(grey: Grey) -> tuple[Box, ...]:
    """The largest first. The frame is searched at 480 px at most, so the boxes are exact to about 1 % of its side."""
    scale = min(1.0, _SEARCHED_SIDE_PX / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    least = round(min(small.shape) * _SMALLEST_FACE_SHARE)
    # alt2 was right in 24 of 24 tries (two photographs, sizes, equalised or not); "default" saw a second face in 8.
    finder = _cascade("haarcascade_frontalface_alt2.xml")
    found = finder.detectMultiScale(small, scaleFactor=1.1, minNeighbors=5, minSize=(least, least))
    boxes = [Box(*(round(int(value) / scale) for value in each)) for each in found]
    return tuple(sorted(boxes, key=lambda box: -box.width))


def crop_portrait(rgb: Rgb, box: Box, width_px: int, height_px: int) -> Rgb:
    """The face with hair, neck and shoulders, in exactly this size; what lies outside the frame repeats its rim.

    A cascade's box runs from the brow to the chin: twice its width holds the head, its centre at 45 % of the height.
    """
    if width_px < 1 or height_px < 1 or width_px * height_px > 40_000_000:
        raise UnusableInput(Modality.FACE, f"crop of {width_px}x{height_px} pixels")
    height = max(box.height * 2.1, box.width * 1.9 * height_px / width_px)
    width = height * width_px / height_px
    left, top = box.x + box.width / 2 - width / 2, box.y + box.height / 2 - height * 0.45
    zoom = width_px / width
    if zoom < 1:  # shrunk first: warping alone would alias
        rgb = np.asarray(cv2.resize(rgb, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        left, top, zoom = left * zoom, top * zoom, 1.0
    placed = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]], dtype=np.float64)
    flags = cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_LINEAR
    cropped = cv2.warpAffine(rgb, placed, (width_px, height_px), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cropped, dtype=np.uint8)


def resemblance(a_rgb: Rgb, b_rgb: Rgb) -> float:
    """0..1: how surely two portraits are one photograph, after recompression, resizing, other levels or dyes.

    The greatest normalised cross-correlation of the two at 60 x 80 grey pixels, freed of slow shading, over shifts of
    up to 3 pixels. It says nothing on whether two *different* photographs show one person. Both must be cut alike.
    Seen: one photograph as 2 kB of JPEG or in dye levels with noise 0.98-0.99, in one-bit dots 0.93; cut 2 % tighter
    0.87; warped into other faces 0.84 at most (190 pairs); another person 0.1.
    """
    _check(a_rgb)
    _check(b_rgb)
    a, b = _small(a_rgb), _small(b_rgb)
    rim = _RESEMBLANCE_SHIFT_PX
    inner = np.ascontiguousarray(b[rim:-rim, rim:-rim])
    if float(a.std()) < 1 or float(inner.std()) < 1:  # nothing to see: a plain area resembles nothing
        return 0.0
    return float(np.clip(cv2.matchTemplate(a, inner, cv2.TM_CCOEFF_NORMED).max(), 0.0, 1.0))


def _small(rgb: Rgb) -> npt.NDArray[np.float32]:
    small = cv2.resize(_grey(rgb), _RESEMBLANCE_SIZE_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), _RESEMBLANCE_SHADING_PX), dtype=np.float32)


def _check(rgb: Rgb) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise UnusableInput(Modality.FACE, "8-bit red, green and blue wanted")
    if min(rgb.shape[:2]) < _SIDE_PX_MIN:
        raise UnusableInput(Modality.FACE, f"{rgb.shape[1]}x{rgb.shape[0]} pixels, each side at least {_SIDE_PX_MIN}")


def _grey(rgb: Rgb) -> Grey:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _cut(grey: Grey, box: Box) -> Grey:
    return grey[max(box.y, 0) : box.y + box.height, max(box.x, 0) : box.x + box.width]


def _sharpness(face: Grey) -> float:
    height = max(1, round(face.shape[0] * _MEASURED_FACE_PX / face.shape[1]))
    return float(cv2.Laplacian(cv2.resize(face, (_MEASURED_FACE_PX, height)), cv2.CV_64F).var())


def _eye_distance_px(face: Grey) -> float | None:
    """Between the centres of the two eyes that lie most level, or None when there are not two."""
    zoom = _MEASURED_FACE_PX / face.shape[1]
    upper = cv2.resize(face[: face.shape[0] * 6 // 10], None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    found = _cascade("haarcascade_eye.xml").detectMultiScale(upper, 1.08, 4, minSize=(20, 20), maxSize=(60, 60))
    centres = [(x + width / 2, y + height / 2) for x, y, width, height in (map(float, each) for each in found)]
    half = upper.shape[1] / 2
    pairs = [
        (abs(left[1] - right[1]), float(np.hypot(right[0] - left[0], right[1] - left[1])) / zoom)
        for left in centres
        for right in centres
        if left[0] < half < right[0] and right[0] - left[0] > half * 0.4
    ]
    return min(pairs)[1] if pairs else None


def _cascade(name: str) -> cv2.CascadeClassifier:
    """One per thread and name: a cascade keeps state while it runs, and takes 30 ms to read."""
    kept: dict[str, cv2.CascadeClassifier] = _of_thread.__dict__
    if name not in kept:
        cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
        if cascade.empty():
            raise RuntimeError(f"OpenCV's {name} cannot be read")
        kept[name] = cascade
    return kept[name]


def _advice(shortfalls: tuple[Shortfall, ...]) -> RetryReason | None:
    if not shortfalls:
        return None
    return RetryReason.MOVED if shortfalls == (Shortfall.BLURRED,) else RetryReason.POOR_QUALITY
