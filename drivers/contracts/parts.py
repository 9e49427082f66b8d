"""Parts of the body as devices and records number them: ISO/IEC 19794 finger positions, eyes, why one is missing."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Finger(IntEnum):
    """ISO/IEC 19794-2:2005 table 2 finger positions (0, unknown, is never recorded)."""

    RIGHT_THUMB = 1
    RIGHT_INDEX = 2
    RIGHT_MIDDLE = 3
    RIGHT_RING = 4
    RIGHT_LITTLE = 5
    LEFT_THUMB = 6
    LEFT_INDEX = 7
    LEFT_MIDDLE = 8
    LEFT_RING = 9
    LEFT_LITTLE = 10


class Eye(IntEnum):
    """ISO/IEC 19794-6:2011 eye labels: the subject's own right and left."""

    RIGHT = 1
    LEFT = 2


class Slap(StrEnum):
    """What is put on the platen at once: 4-4-2."""

    RIGHT_FOUR = "right_four"
    LEFT_FOUR = "left_four"
    THUMBS = "thumbs"

    @property
    def fingers(self) -> tuple[Finger, ...]:
        return _SLAP_FINGERS[self]


_SLAP_FINGERS = {
    Slap.RIGHT_FOUR: (Finger.RIGHT_INDEX, Finger.RIGHT_MIDDLE, Finger.RIGHT_RING, Finger.RIGHT_LITTLE),
    Slap.LEFT_FOUR: (Finger.LEFT_INDEX, Finger.LEFT_MIDDLE, Finger.LEFT_RING, Finger.LEFT_LITTLE),
    Slap.THUMBS: (Finger.RIGHT_THUMB, Finger.LEFT_THUMB),
}


class MissingReason(StrEnum):
    """Why a finger or eye cannot be captured; the first three are OSIA's words."""

    AMPUTATED = "amputated"
    BANDAGED = "bandaged"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"
    DISABILITY = "disability"
