"""The words of the Secure Biometric Interface for kinds of devices, fingers and eyes."""

from __future__ import annotations

from enum import StrEnum

from drivers.contracts.capture import DeviceState
from drivers.contracts.parts import Eye, Finger, Slap


class BioType(StrEnum):
    FINGER = "Finger"
    IRIS = "Iris"
    FACE = "Face"


FINGER_NAMES = {
    Finger.RIGHT_THUMB: "Right Thumb",
    Finger.RIGHT_INDEX: "Right IndexFinger",
    Finger.RIGHT_MIDDLE: "Right MiddleFinger",
    Finger.RIGHT_RING: "Right RingFinger",
    Finger.RIGHT_LITTLE: "Right LittleFinger",
    Finger.LEFT_THUMB: "Left Thumb",
    Finger.LEFT_INDEX: "Left IndexFinger",
    Finger.LEFT_MIDDLE: "Left MiddleFinger",
    Finger.LEFT_RING: "Left RingFinger",
    Finger.LEFT_LITTLE: "Left LittleFinger",
}
EYE_NAMES = {Eye.RIGHT: "Right", Eye.LEFT: "Left"}
FINGERS = {name: finger for finger, name in FINGER_NAMES.items()}
EYES = {name: eye for eye, name in EYE_NAMES.items()}

SLAP_SUB_IDS = {Slap.LEFT_FOUR: "1", Slap.RIGHT_FOUR: "2", Slap.THUMBS: "3"}
EYE_SUB_IDS: dict[tuple[Eye, ...], str] = {(Eye.LEFT,): "1", (Eye.RIGHT,): "2"}
BOTH_EYES_SUB_ID = "3"
FACE_SUB_ID = "0"

STATES = {
    "Ready": DeviceState.READY,
    "Busy": DeviceState.BUSY,
    "Not Ready": DeviceState.NOT_READY,
    "Not Registered": DeviceState.NOT_REGISTERED,
}
ENVIRONMENTS = ("Staging", "Developer", "Pre-Production", "Production")
REGISTRATION = "Registration"
SUCCESS = "0"
