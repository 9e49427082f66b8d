"""What a measure can find wanting; the same few words for every modality, so that screens and records share them."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
"""Height x width, 0 black."""
Rgb = npt.NDArray[np.uint8]
"""Height x width x 3, red first."""


class Modality(StrEnum):
    FINGER = "finger"
    FACE = "face"
    IRIS = "iris"
    SIGNATURE = "signature"


class Shortfall(StrEnum):
    """A measure below its threshold; the texts are `shortfall.<name>` in the language files."""

    EMPTY = "empty"
    NO_RIDGES = "no_ridges"
    TOO_DRY = "too_dry"
    TOO_WET = "too_wet"
    FEW_MINUTIAE = "few_minutiae"
    LOW_NFIQ2 = "low_nfiq2"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_SMALL = "face_too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    NO_PUPIL = "no_pupil"
    IRIS_TOO_SMALL = "iris_too_small"
    IRIS_COVERED = "iris_covered"
    TOO_SHORT = "too_short"


class UnusableInput(ValueError):
    """Cannot be measured at all. The message names the modality and the property, never the content."""

    def __init__(self, modality: Modality, reason: str) -> None:
        super().__init__(f"{modality}: {reason}")
        self.modality, self.reason = modality, reason
