"""Reads the images that are shipped with the simulated people; `README.md` here names their sources and licences."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import cv2
import numpy as np

from drivers.simulators.people.chance import Grey


@cache
def shipped(name: str) -> Grey:
    """The image with its own channels (grey: rows x columns; colour: BGR with alpha), not to be written to."""
    data = files(__name__).joinpath(f"{name}.png").read_bytes()
    image = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)
    image.flags.writeable = False
    return image
