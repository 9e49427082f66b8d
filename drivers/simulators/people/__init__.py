"""The people who stand at the devices: the same person comes from the same seed and index, everywhere and for ever.

Person 0 is made of real, freely licensed images (see `images/README.md`); all others are drawn by the generators here.
No one's name, number or address is known to this package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from drivers.contracts.parts import Eye, Finger
from drivers.contracts.signature_pad import PenPoint
from drivers.simulators.people.image_cache import ImageCache
from drivers.simulators.people.sampled import SampledPerson
from drivers.simulators.people.synthetic import SyntheticPerson

__all__ = ["Person", "person"]


class Person(Protocol):
    """What a device can sense of a person. `impression` and `shot` count from 0; each gives a new image of one part."""

    def has_finger(self, position: Finger) -> bool: ...

    def finger(self, position: Finger, impression: int) -> npt.NDArray[np.uint8]:
        """Grey, rows x columns, dark ridges on white, 500 ppi. `ValueError` when the finger is missing."""
        ...

    def face(self, shot: int) -> npt.NDArray[np.uint8]:
        """RGB, 640 x 480 x 3, the head before a plain light background."""
        ...

    def iris(self, eye: Eye, shot: int) -> npt.NDArray[np.uint8]:
        """Grey near infrared, 480 x 640, the pupil near the middle."""
        ...

    def signature(self) -> tuple[tuple[PenPoint, ...], ...]:
        """Strokes within 100 x 40 mm, points 10 ms apart within a stroke; always the same."""
        ...


def person(seed: int, index: int, cache: Path | None = None) -> Person:
    """`cache` is a folder that keeps drawn fingers; processes may share it. `ValueError` when a number is negative."""
    if seed < 0 or index < 0:
        raise ValueError("seed and index count from 0")
    if index == 0:
        return SampledPerson(seed)
    return SyntheticPerson(seed, index, ImageCache(cache))
