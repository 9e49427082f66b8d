"""Eyes in near infrared: a dark pupil, a textured iris, a paler sclera, lids, lashes and the lamps' reflections."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drivers.simulators.people.chance import Field, Grey, as_field, grid, moved, smooth_field, to_bytes

ROWS, COLUMNS = 480, 640
_RINGS, _RAYS = 64, 512  # the iris unrolled: pupil to limbus, once around


@dataclass(frozen=True, slots=True)
class Look:
    """How the eye is held in one shot, in pixels; the pupil narrows and widens, the limbus does not."""

    x: float
    y: float
    pupil_px: float
    limbus_px: float
    opening: float  # half the gap between the lids, against the limbus


def take_eye(traits: np.random.Generator, rng: np.random.Generator) -> Grey:
    """480 x 640; `traits` belongs to the eye, `rng` to the shot."""
    pupil, limbus, opening = traits.uniform(43, 57), traits.uniform(112, 128), traits.uniform(0.86, 1.05)
    texture = _texture(traits)
    skin, sclera = traits.uniform(120, 160), traits.uniform(165, 195)
    relief = smooth_field(traits, ROWS, COLUMNS, 40)
    x, y = 320 + rng.normal(0, 8), 240 + rng.normal(0, 6)
    look = Look(x, y, float(np.clip(pupil + rng.normal(0, 2), 40, 60)), limbus, opening)
    eye = _ball(look, texture, sclera)
    eye = _behind_lids(eye, look, skin + 8 * relief, traits)
    eye = _lamps(eye, look)
    eye = as_field(cv2.GaussianBlur(eye, (0, 0), 1.1)) * np.float32(rng.normal(1.0, 0.03))
    return to_bytes(eye + rng.normal(0, 2.5, eye.shape))


def another_shot(image: Grey, rng: np.random.Generator) -> Grey:
    """A later picture of a real eye."""
    x, y = moved(rng, *image.shape, turn_deg=2, shift_px=4, bend_px=0.6)
    again = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return to_bytes(again * rng.normal(1.0, 0.03) + rng.normal(0, 2, image.shape))


def other_eye(image: Grey, traits: np.random.Generator) -> Grey:
    """A left eye from a right one: mirrored, and its texture bent so far that it is another iris."""
    x, y = moved(traits, *image.shape, turn_deg=0, shift_px=0, bend_px=3.5)
    return np.asarray(cv2.remap(image[:, ::-1], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _texture(traits: np.random.Generator) -> Field:
    """The unrolled iris, rings x rays: furrows along the radius, a collarette, darker towards the limbus."""
    noise = traits.standard_normal((_RINGS, 3 * _RAYS), dtype=np.float32)
    noise[:, :_RAYS] = noise[:, 2 * _RAYS :] = noise[:, _RAYS : 2 * _RAYS]  # the same on both sides: no seam
    fibres = cv2.GaussianBlur(noise, (0, 0), sigmaX=2.0, sigmaY=9.0)[:, _RAYS : 2 * _RAYS]
    blotches = cv2.GaussianBlur(noise, (0, 0), sigmaX=9.0, sigmaY=5.0)[:, _RAYS : 2 * _RAYS]
    ring = np.linspace(0, 1, _RINGS, dtype=np.float32)[:, None]
    collarette = 14 * np.exp(-(((ring - traits.uniform(0.25, 0.4)) / 0.08) ** 2))
    base = traits.uniform(95, 120) + collarette - 12 * ring**3
    return as_field(base + 11 * fibres / fibres.std() + 6 * blotches / blotches.std())


def _ball(look: Look, texture: Field, sclera: float) -> Field:
    x, y = grid(ROWS, COLUMNS)
    radius = np.hypot(x - look.x, y - look.y)
    around = np.mod(np.arctan2(y - look.y, x - look.x), 2 * np.pi) / (2 * np.pi) * _RAYS
    ring = np.clip((radius - look.pupil_px) / (look.limbus_px - look.pupil_px), 0, 1) * (_RINGS - 1)
    iris = cv2.remap(texture, as_field(around), as_field(ring), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    white = np.clip((radius - look.limbus_px) / 8 + 0.5, 0, 1)
    eye = iris * (1 - white) + (sclera - 0.06 * np.abs(x - look.x)) * white
    black = np.clip((look.pupil_px - radius) / 3 + 0.5, 0, 1)
    return as_field(eye * (1 - black) + 22 * black)


def _behind_lids(eye: Field, look: Look, skin: Field, traits: np.random.Generator) -> Field:
    x, y = grid(ROWS, COLUMNS)
    bow = 1 - ((x - look.x) / (2.35 * look.limbus_px)) ** 2  # 1 above the pupil, 0 in the corners
    upper = look.y - look.opening * look.limbus_px * bow
    lower = look.y + 1.08 * look.opening * look.limbus_px * bow
    closed = np.clip(np.maximum(upper - y, y - lower) / 4 + 0.5, 0, 1)
    crease = 22 * np.exp(-(((upper - 26 - y) / 7) ** 2)) + 16 * np.exp(-(((upper - y) / 9) ** 2))
    lidded = as_field(eye * (1 - closed) + (skin - crease) * closed)
    for at in traits.uniform(-1.7, 1.7, 26):
        root_x = look.x + at * look.limbus_px
        root_y = look.y - look.opening * look.limbus_px * (1 - (at / 2.35) ** 2)
        tip = (round(root_x + 16 * at + traits.normal(0, 4)), round(root_y - traits.uniform(24, 42)))
        cv2.line(lidded, (round(root_x), round(root_y)), tip, (55.0,), 2, cv2.LINE_AA)
    return lidded


def _lamps(eye: Field, look: Look) -> Field:
    x, y = grid(ROWS, COLUMNS)
    for side in (-1, 1):
        radius = np.hypot(x - look.x - side * 0.35 * look.pupil_px, y - look.y + 0.2 * look.pupil_px)
        bright = np.clip((5 - radius) / 2 + 0.5, 0, 1)
        eye = as_field(eye * (1 - bright) + 250 * bright)
    return eye
