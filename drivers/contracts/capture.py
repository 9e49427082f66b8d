"""What a capture device gives back: frames, or a reason to try again, which is a value and no error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.contracts.parts import Eye, Finger


class DeviceState(StrEnum):
    READY = "ready"
    BUSY = "busy"
    NOT_READY = "not_ready"
    NOT_REGISTERED = "not_registered"


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """Who made the device, and what it is. Nothing here changes between two captures."""

    model: str  # catalogue key, e.g. "sbi"
    make: str
    device_model: str
    serial: str
    firmware: str
    trusted: bool  # its signature led to a certificate that this station trusts


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of one part.

    `record` is the device's own ISO/IEC 19794 record (-4 finger, -5 face, -6 iris), kept as it came;
    `image` is the encoded picture inside it (`image_format`: "jpeg2000", "wsq", "png", "jpeg");
    `quality` is the device's own figure, 0..100, or None; ours is measured apart.
    `ppi` is 0 where resolution has no meaning (face, iris).
    """

    part: Finger | Eye | None  # None: a face
    record: bytes
    image: bytes
    image_format: str
    width_px: int
    height_px: int
    ppi: int
    quality: int | None


class RetryReason(StrEnum):
    """What the citizen should do differently; the texts are `retry.<reason>` in the language files."""

    TIMEOUT = "timeout"
    POOR_QUALITY = "poor_quality"
    TOO_FEW_FINGERS = "too_few_fingers"
    TOO_MANY_FINGERS = "too_many_fingers"
    NO_FACE = "no_face"
    NO_EYE = "no_eye"
    MOVED = "moved"
    TOO_DRY = "too_dry"
    TOO_WET = "too_wet"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing usable came: say so to the citizen and try again. The device is in order."""

    reason: RetryReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """The frames of one go: one per finger of a slap, one per eye, or a single face."""

    frames: tuple[Frame, ...]
    device: CaptureFacts
