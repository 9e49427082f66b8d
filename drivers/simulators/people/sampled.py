"""Person 0 is made of real images; later impressions and shots of a part are those images taken anew."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.contracts.parts import Eye, Finger
from drivers.contracts.signature_pad import PenPoint
from drivers.simulators.people import faces, impressions, irises
from drivers.simulators.people.chance import Grey, Part, chance
from drivers.simulators.people.images import shipped
from drivers.simulators.people.signatures import draw_signature

_INDEX_FINGERS = {Finger.RIGHT_INDEX: "nbisrs_p1", Finger.LEFT_INDEX: "nbisrs_p2"}
_REAL_IMPRESSIONS = 3
_OTHER_FINGERS = {
    Finger.RIGHT_THUMB: "sfinge_4",
    Finger.RIGHT_MIDDLE: "sfinge_1",
    Finger.RIGHT_RING: "nist_loop_right",
    Finger.RIGHT_LITTLE: "nist_arch",
    Finger.LEFT_THUMB: "sfinge_3",
    Finger.LEFT_MIDDLE: "sfinge_5",
    Finger.LEFT_RING: "nist_tented_arch",
    Finger.LEFT_LITTLE: "sfinge_2",
}


class SampledPerson:
    """A `Person` with all ten fingers. The seed changes only what is made anew, not who it is."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def has_finger(self, position: Finger) -> bool:
        return position in Finger

    def finger(self, position: Finger, impression: int) -> Grey:
        if impression < 0:
            raise ValueError("impressions count from 0")
        real = _real_prints(position)
        image = real[impression % len(real)]
        if impression < len(real):
            return image.copy()
        return impressions.press_again(image, chance(self._seed, 0, Part.IMPRESSION, position, impression))

    def face(self, shot: int) -> Grey:
        return faces.take_photograph(faces.PORTRAIT, chance(self._seed, 0, Part.FACE_SHOT, shot), shot)

    def iris(self, eye: Eye, shot: int) -> Grey:
        image = shipped("openiris_eye")
        if eye is Eye.LEFT:
            image = irises.other_eye(image, chance(0, 0, Part.IRIS, eye))
        return irises.another_shot(image, chance(self._seed, 0, Part.IRIS_SHOT, eye, shot)) if shot else image.copy()

    def signature(self) -> tuple[tuple[PenPoint, ...], ...]:
        return draw_signature(chance(self._seed, 0, Part.SIGNATURE))


def _real_prints(position: Finger) -> list[Grey]:
    if position in _INDEX_FINGERS:
        return [shipped(f"{_INDEX_FINGERS[position]}_{n + 1}") for n in range(_REAL_IMPRESSIONS)]
    name = _OTHER_FINGERS[position]
    image = shipped(name)
    return [_at_500_ppi(image) if name.startswith("nist_") else image]


def _at_500_ppi(rolled: Grey) -> Grey:
    """A rolled print stored at 250 ppi, enlarged, without its rolled sides and without the crease below the pad."""
    large = cv2.resize(rolled, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    middle = large[10:400, large.shape[1] // 2 - 170 : large.shape[1] // 2 + 170]
    return impressions.pad_of(np.asarray(middle, np.uint8))
