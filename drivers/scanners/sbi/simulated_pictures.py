"""What a simulated device makes of a person: pictures, lossless JPEG 2000, inside ISO records."""

from __future__ import annotations

import io
from datetime import datetime

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from drivers.contracts.parts import Eye, Finger
from drivers.iso19794 import face_image, finger_image, iris_image
from drivers.iso19794.face_image import FaceImage
from drivers.iso19794.finger_image import FingerImage
from drivers.iso19794.iris_image import IrisImage
from drivers.iso19794.record import Provenance, Quality, date_of

Pixels = npt.NDArray[np.uint8]
PPI = 500
SMUDGE_PX = 4
FADED_TO = 0.2  # of the contrast
SHARP_FINGER, SHARP_IRIS, SHARP_FACE = 30.0, 6.5, 7.0  # contrast of usual good pictures of the simulated people


def encode_picture(pixels: Pixels, *, is_cut: bool = False) -> bytes:
    """Lossless; with `is_cut` only its first half, as a line that breaks inside the device would leave it."""
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, "JPEG2000", irreversible=False)
    data = whole.getvalue()
    return data[: len(data) // 2] if is_cut else data


def smudged(pixels: Pixels) -> Pixels:
    """Blurred and faint, like a dry finger that was pulled away."""
    blurred = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(SMUDGE_PX)), dtype=np.float64)
    return (255 - (255 - blurred) * FADED_TO).astype(np.uint8)


def score(pixels: Pixels, sharp: float) -> int:
    """The device's own figure, 0..100: contrast between neighbours, 80 where it is `sharp`; it sees a blur, no more."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"), dtype=np.float64)
    contrast = float(np.abs(np.diff(grey, axis=1)).mean() + np.abs(np.diff(grey, axis=0)).mean())
    return min(100, round(80 * contrast / sharp))


def finger_record(finger: Finger, pixels: Pixels, at: datetime, *, is_cut: bool = False) -> bytes:
    height_px, width_px = pixels.shape
    picture = encode_picture(pixels, is_cut=is_cut)
    image = FingerImage(finger, picture, width_px, height_px, provenance=_provenance(pixels, SHARP_FINGER, at))
    return finger_image.encode_one(image)


def iris_record(eye: Eye, pixels: Pixels, at: datetime, *, is_cut: bool = False) -> bytes:
    height_px, width_px = pixels.shape
    picture = encode_picture(pixels, is_cut=is_cut)
    return iris_image.encode_one(
        IrisImage(eye, picture, width_px, height_px, provenance=_provenance(pixels, SHARP_IRIS, at))
    )


def face_record(pixels: Pixels, at: datetime, *, is_cut: bool = False) -> bytes:
    height_px, width_px, _ = pixels.shape
    picture = encode_picture(pixels, is_cut=is_cut)
    return face_image.encode_one(
        FaceImage(picture, width_px, height_px, provenance=_provenance(pixels, SHARP_FACE, at))
    )


def _provenance(pixels: Pixels, sharp: float, at: datetime) -> Provenance:
    return Provenance(date=date_of(at), qualities=(Quality(score(pixels, sharp)),))
