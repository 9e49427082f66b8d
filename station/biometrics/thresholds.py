"""Every threshold of the first measures stands here once, with where it comes from.

The `device_*` figures are MOSIP's registration client defaults (slaps and thumbs 40, iris 60, face 9 of 100) and are
held against the device's own figure (`Frame.quality`), never against ours. `match_score_min` is the score that NBIS's
documentation of Bozorth3 gives as the usual decision point; the images here (15 pairs) are far too few to set a false
match rate. All others were set on fewer than twenty images and are **unvalidated**: they refuse what is plainly
unusable and say nothing about a matcher at the centre.
"""

from __future__ import annotations

from dataclasses import dataclass

MATCH_THRESHOLD = 40
"""Bozorth3 score from which two prints are taken for the same finger (NBIS user's guide: "greater than 40 usually")."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Defaults; a station may set each. Shares are 0..1, greys 0..255, pixels of the frame as captured."""

    # MOSIP's, for the device's own figure.
    device_finger_min: int = 40
    device_iris_min: int = 60
    device_face_min: int = 9

    # Finger. NFIQ 2 is 0..100 (ISO/IEC 29794-4); 40 borrows MOSIP's slap figure. Unvalidated.
    nfiq2_min: int = 40
    finger_minutiae_min: int = 12
    finger_foreground_share_min: float = 0.20
    finger_ridge_share_min: float = 0.25
    finger_light_grey: float = 190.0  # a foreground lighter than this is called dry
    finger_dark_grey: float = 75.0  # and darker than this, wet
    match_score_min: int = MATCH_THRESHOLD

    # Face. Unvalidated. ISO/IEC 19794-5 wants 90 px between the eyes for a record; 40 still fill a chip's photo.
    face_eye_distance_px_min: float = 40.0
    face_sharpness_min: float = 60.0
    face_mean_grey_min: float = 60.0
    face_mean_grey_max: float = 215.0
    face_clipped_share_max: float = 0.25
    resemblance_min: float = 0.90

    # Iris. ISO/IEC 29794-6 asks for 70 % usable; the rest is unvalidated.
    iris_usable_share_min: float = 0.70
    iris_sharpness_min: float = 0.35
    iris_radius_px_min: float = 80.0

    # Signature. Unvalidated: one deliberate stroke of 2 cm is enough, a dot is not.
    signature_length_mm_min: float = 20.0
    signature_points_min: int = 10
    signature_width_mm_min: float = 5.0


DEFAULT_THRESHOLDS = Thresholds()
