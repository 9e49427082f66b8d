"""Faces are one public-domain portrait with other proportions, tones, hair, clothes and paper: told apart, no more."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drivers.simulators.people.chance import Field, Grey, as_field, grid, smooth_field, to_bytes
from drivers.simulators.people.images import shipped

ROWS, COLUMNS = 640, 480
_FACE_X, _FACE_Y = 236.0, 230.0  # the middle of the face in the enlarged portrait, in pixels
_CHEST_Y = 360.0  # clothes begin below this row


@dataclass(frozen=True, slots=True)
class Looks:
    """What makes one face differ from another. The neutral looks are those of the portrait."""

    mirrored: bool = False
    wider: float = 1.0
    taller: float = 1.0
    features_px: float = 0.0  # how far parts of the face are moved about
    features_seed: int = 0
    skin: tuple[float, float, float] = (1.0, 1.0, 1.0)  # exponents of blue, green, red
    hair: float = 1.0  # brightness
    clothes_turn: int = 0  # of the hue circle's 180
    background: tuple[int, int, int] = (222, 222, 222)  # blue, green, red


PORTRAIT = Looks()


def draw_looks(rng: np.random.Generator) -> Looks:
    tone = rng.uniform(0.75, 1.6)
    paper = int(rng.integers(205, 236))
    return Looks(
        mirrored=bool(rng.integers(2)),
        wider=float(rng.uniform(0.92, 1.08)),
        taller=float(rng.uniform(0.94, 1.05)),
        features_px=float(rng.uniform(2.5, 5.0)),
        features_seed=int(rng.integers(2**31)),
        skin=(float(tone * rng.uniform(1.0, 1.15)), float(tone), float(tone * rng.uniform(0.88, 1.0))),
        hair=float(rng.uniform(0.3, 1.1)),
        clothes_turn=int(rng.integers(180)),
        background=(paper + int(rng.integers(-6, 7)), paper, paper + int(rng.integers(-6, 7))),
    )


def take_photograph(looks: Looks, rng: np.random.Generator, shot: int) -> Grey:
    """RGB, 640 x 480 x 3. Shot 0 of any looks is held still; later ones sway a little."""
    x, y = _shape(looks)
    light = 1.0
    if shot:
        turn, zoom, light = np.deg2rad(rng.normal(0, 1.2)), rng.normal(1.0, 0.012), rng.normal(1.0, 0.03)
        x, y = x - COLUMNS / 2, y - ROWS / 2
        x, y = zoom * (np.cos(turn) * x + np.sin(turn) * y), zoom * (np.cos(turn) * y - np.sin(turn) * x)
        x, y = x + COLUMNS / 2 + rng.normal(0, 4), y + ROWS / 2 + rng.normal(0, 4)
    colour, cover = _dressed(looks)
    maps = as_field(x), as_field(y)
    person = as_field(cv2.remap(colour, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    shown = as_field(cv2.remap(cover, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))[..., None]
    picture = (shown * person + (1 - shown) * as_field(looks.background)) * light
    picture = picture + rng.normal(0, 1.5, picture.shape)
    return np.ascontiguousarray(to_bytes(picture)[..., ::-1])


def _shape(looks: Looks) -> tuple[Field, Field]:
    """Where each pixel of the photograph lies in the portrait."""
    x, y = grid(ROWS, COLUMNS)
    if looks.mirrored:
        x = COLUMNS - 1 - x
    x = (x - _FACE_X) / np.float32(looks.wider) + _FACE_X
    y = (y - _FACE_Y) / np.float32(looks.taller) + _FACE_Y
    bends = np.random.default_rng(looks.features_seed)
    across, down = (looks.features_px * smooth_field(bends, ROWS, COLUMNS, 45) for _ in range(2))
    return as_field(x + across), as_field(y + down)


def _dressed(looks: Looks) -> tuple[Field, Field]:
    """The portrait in other colours (BGR, 0..255), and how much of each pixel it covers (0..1)."""
    large = cv2.resize(shipped("nasa_portrait"), (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC)
    colour = as_field(255 * (large[..., :3] / 255.0) ** np.array(looks.skin))
    x, y = grid(ROWS, COLUMNS)
    above_neck = _ramp((330 - y) / 8)
    face = _ramp(12 * (1 - ((x - _FACE_X) / 88) ** 2 - ((y - 255) / 118) ** 2))
    colour *= (1 + (looks.hair - 1) * above_neck * (1 - face))[..., None]
    hue = cv2.cvtColor(to_bytes(colour), cv2.COLOR_BGR2HSV)
    hue[..., 0] = (hue[..., 0].astype(np.int32) + looks.clothes_turn) % 180
    clothes = _ramp((y - _CHEST_Y) / 6)[..., None]
    colour = clothes * cv2.cvtColor(hue, cv2.COLOR_HSV2BGR) + (1 - clothes) * colour
    return as_field(colour), as_field(large[..., 3] / 255.0)


def _ramp(steepness: npt.NDArray[np.floating]) -> Field:
    """From 0 to 1, one half at 0."""
    return as_field(0.5 + 0.5 * np.tanh(steepness / 2))
