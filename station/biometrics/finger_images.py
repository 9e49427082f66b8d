"""What a finger's image must be before anything is measured on it: 8-bit grey, 500 ppi, of a finger's size."""

from __future__ import annotations

import numpy as np

from station.biometrics.verdicts import Grey, Modality, UnusableInput

_PPI_RANGE = (495, 505)  # 19794-4 allows one per cent
_SIDE_PX_RANGE = (160, 1600)  # 8 mm; NFIQ 2 itself stops at 800x1000 after trimming white


class UnusableFinger(UnusableInput):
    """Wrong resolution, size or depth; the message says which, and what is wanted."""

    def __init__(self, reason: str) -> None:
        super().__init__(Modality.FINGER, reason)


def check_finger_image(grey: Grey, ppi: int) -> None:
    if grey.ndim != 2 or grey.dtype != np.uint8:
        raise UnusableFinger("8-bit grey wanted")
    if not _PPI_RANGE[0] <= ppi <= _PPI_RANGE[1]:
        raise UnusableFinger(f"{ppi} ppi, 500 wanted")
    height, width = grey.shape
    if not all(_SIDE_PX_RANGE[0] <= side <= _SIDE_PX_RANGE[1] for side in (width, height)):
        raise UnusableFinger(f"{width}x{height} pixels, each side {_SIDE_PX_RANGE[0]} to {_SIDE_PX_RANGE[1]}")
