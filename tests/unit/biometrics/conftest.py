"""Real images for the tests of the biometric measures, decoded as the station would decode them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivers.contracts.parts import Finger
from drivers.iso19794.minutiae import MinutiaeTemplate
from station.biometrics.decoding import decode_grey, decode_rgb
from station.biometrics.minutiae import extract
from station.biometrics.verdicts import Grey, Modality, Rgb

REPOSITORY = Path(__file__).parents[3]
IMAGES = REPOSITORY / "drivers" / "simulators" / "people" / "images"
VECTORS = REPOSITORY / "tests" / "vectors" / "biometrics"


def _finger_image(name: str) -> Grey:
    return decode_grey((IMAGES / f"{name}.png").read_bytes(), "png", Modality.FINGER)


@pytest.fixture(scope="session")
def finger_image() -> Callable[[str], Grey]:
    """By the name of its file."""
    return _finger_image


@pytest.fixture(scope="session")
def vectors() -> Path:
    return VECTORS


@pytest.fixture(scope="session")
def prints() -> dict[str, Grey]:
    """Two fingers, three touches of each: p1_1 .. p2_3."""
    return {f"p{f}_{i}": _finger_image(f"nbisrs_p{f}_{i}") for f in (1, 2) for i in (1, 2, 3)}


@pytest.fixture(scope="session")
def templates(prints: dict[str, Grey]) -> dict[str, MinutiaeTemplate]:
    return {name: extract(grey, 500, Finger.RIGHT_INDEX) for name, grey in prints.items()}


@pytest.fixture(scope="session")
def portrait() -> Rgb:
    """240 x 320, on white."""
    return decode_rgb((IMAGES / "nasa_portrait.png").read_bytes(), "png", Modality.FACE)


@pytest.fixture(scope="session")
def other_portrait() -> Rgb:
    return decode_rgb((VECTORS / "nbis_face.jpg").read_bytes(), "jpeg", Modality.FACE)


@pytest.fixture(scope="session")
def eye() -> Grey:
    return decode_grey((IMAGES / "openiris_eye.png").read_bytes(), "png", Modality.IRIS)


@pytest.fixture
def noise() -> Grey:
    return np.random.default_rng(0).integers(0, 256, (500, 400), dtype=np.uint8)
