"""Persons 1, 2, 3 ...: every part is drawn from the seed, the person's number and the part, and nothing else."""

from __future__ import annotations

from drivers.contracts.parts import Eye, Finger
from drivers.contracts.signature_pad import PenPoint
from drivers.simulators.people import faces, impressions, irises, ridges
from drivers.simulators.people.chance import Grey, Part, chance
from drivers.simulators.people.image_cache import ImageCache
from drivers.simulators.people.signatures import draw_signature

MISSING_SHARE = 1 / 8

_SIZES = {
    Finger.RIGHT_THUMB: 1.06,
    Finger.RIGHT_INDEX: 1.0,
    Finger.RIGHT_MIDDLE: 1.03,
    Finger.RIGHT_RING: 0.98,
    Finger.RIGHT_LITTLE: 0.88,
}


class SyntheticPerson:
    """A `Person`; one in eight lacks a finger. Fingers are drawn when first asked for."""

    def __init__(self, seed: int, index: int, cache: ImageCache) -> None:
        self._seed, self._index, self._cache = seed, index, cache
        self._masters: dict[Finger, Grey] = {}  # ten at most
        rng = chance(seed, index, Part.MISSING)
        self._missing = Finger(int(rng.integers(1, 11))) if rng.random() < MISSING_SHARE else None

    def has_finger(self, position: Finger) -> bool:
        return position != self._missing

    def finger(self, position: Finger, impression: int) -> Grey:
        if impression < 0:
            raise ValueError("impressions count from 0")
        if not self.has_finger(position):
            raise ValueError(f"this person has no {Finger(position).name}")
        rng = chance(self._seed, self._index, Part.IMPRESSION, position, impression)
        return impressions.press(self._master(position), rng, size=_size(position))

    def face(self, shot: int) -> Grey:
        looks = faces.draw_looks(chance(self._seed, self._index, Part.FACE))
        return faces.take_photograph(looks, chance(self._seed, self._index, Part.FACE_SHOT, shot), shot)

    def iris(self, eye: Eye, shot: int) -> Grey:
        traits = chance(self._seed, self._index, Part.IRIS, eye)
        return irises.take_eye(traits, chance(self._seed, self._index, Part.IRIS_SHOT, eye, shot))

    def signature(self) -> tuple[tuple[PenPoint, ...], ...]:
        return draw_signature(chance(self._seed, self._index, Part.SIGNATURE))

    def _master(self, position: Finger) -> Grey:
        if position not in self._masters:
            name = f"finger-v{ridges.VERSION}-s{self._seed}-p{self._index}-f{int(position)}"
            shape = (ridges.MASTER_ROWS, ridges.MASTER_COLUMNS)
            rng = chance(self._seed, self._index, Part.MASTER, position)
            self._masters[position] = self._cache.get(name, shape, lambda: ridges.draw_master(rng))
        return self._masters[position]


def _size(position: Finger) -> float:
    """Left fingers are the size of right ones."""
    return _SIZES[Finger((position - 1) % 5 + 1)]
