"""A fingerprint scanner, an iris scanner and a face camera over one SBI endpoint each."""

from __future__ import annotations

from typing import TypeVar

from drivers.contracts.capture import Capture, CaptureFacts, DeviceState, Frame, Retry
from drivers.contracts.errors import CardFate, LocalProtocolError, RemoteProtocolError
from drivers.contracts.parts import Eye, Finger, Slap
from drivers.iso19794 import face_image, finger_image, iris_image, pictures
from drivers.iso19794.record import BadRecord
from drivers.scanners.sbi.client import SbiClient, Wanted
from drivers.scanners.sbi.evidence import Biometric
from drivers.scanners.sbi.names import (
    BOTH_EYES_SUB_ID,
    EYE_NAMES,
    EYE_SUB_IDS,
    FACE_SUB_ID,
    FINGER_NAMES,
    SLAP_SUB_IDS,
    BioType,
)

T = TypeVar("T")


class SbiFingerprintScanner:
    """A `FingerprintScanner`: slaps or single fingers, segmented by the device, at least 500 ppi."""

    def __init__(self, client: SbiClient) -> None:
        self._client = client

    def facts(self) -> CaptureFacts:
        return self._client.facts(BioType.FINGER)

    def state(self) -> DeviceState:
        return self._client.device(BioType.FINGER).state

    def capture_fingers(self, fingers: tuple[Finger, ...], *, timeout_s: float) -> Capture | Retry:
        slap = _slap_of(fingers)
        left_out = tuple(FINGER_NAMES[finger] for finger in slap.fingers if finger not in fingers)
        names = tuple(FINGER_NAMES[finger] for finger in fingers)
        wanted = Wanted(BioType.FINGER, names, left_out, SLAP_SUB_IDS[slap])
        answer = self._client.capture(wanted, timeout_s=timeout_s)
        if isinstance(answer, Retry):
            return answer
        found, facts = answer
        return Capture(tuple(_finger_frame(f, each) for f, each in zip(fingers, found, strict=True)), facts)

    def close(self) -> None:
        self._client.close()


class SbiIrisScanner:
    """An `IrisScanner`."""

    def __init__(self, client: SbiClient) -> None:
        self._client = client

    def facts(self) -> CaptureFacts:
        return self._client.facts(BioType.IRIS)

    def state(self) -> DeviceState:
        return self._client.device(BioType.IRIS).state

    def capture_eyes(self, eyes: tuple[Eye, ...], *, timeout_s: float) -> Capture | Retry:
        if not eyes or len(set(eyes)) != len(eyes):
            raise LocalProtocolError("no eye, or the same eye twice")
        names = tuple(EYE_NAMES[eye] for eye in eyes)
        wanted = Wanted(BioType.IRIS, names, (), EYE_SUB_IDS.get(eyes, BOTH_EYES_SUB_ID))
        answer = self._client.capture(wanted, timeout_s=timeout_s)
        if isinstance(answer, Retry):
            return answer
        found, facts = answer
        return Capture(tuple(_iris_frame(eye, each) for eye, each in zip(eyes, found, strict=True)), facts)

    def close(self) -> None:
        self._client.close()


class SbiFaceCamera:
    """A `FaceCamera`."""

    def __init__(self, client: SbiClient) -> None:
        self._client = client

    def facts(self) -> CaptureFacts:
        return self._client.facts(BioType.FACE)

    def state(self) -> DeviceState:
        return self._client.device(BioType.FACE).state

    def capture_face(self, *, timeout_s: float) -> Capture | Retry:
        answer = self._client.capture(Wanted(BioType.FACE, (), (), FACE_SUB_ID), timeout_s=timeout_s)
        if isinstance(answer, Retry):
            return answer
        (found,), facts = answer
        return Capture((_face_frame(found),), facts)

    def close(self) -> None:
        self._client.close()


def _slap_of(fingers: tuple[Finger, ...]) -> Slap:
    for slap in Slap:
        if fingers and len(set(fingers)) == len(fingers) and set(fingers) <= set(slap.fingers):
            return slap
    raise LocalProtocolError("no finger, the same finger twice, or fingers of different slaps")


def _finger_frame(finger: Finger, found: Biometric) -> Frame:
    try:
        (image,) = _only(finger_image.decode(found.record).images)
        if image.finger is not finger:  # a finger in another's place can make a second identity
            raise BadRecord("finger position: not the finger that the device names")
        pictures.check(image.image, image.compression.image_format, image.width_px, image.height_px)
    except BadRecord as error:
        raise _unreadable(error) from error
    return Frame(
        part=finger,
        record=found.record,
        image=image.image,
        image_format=image.compression.image_format,
        width_px=image.width_px,
        height_px=image.height_px,
        ppi=image.ppi,
        quality=found.quality,
    )


def _iris_frame(eye: Eye, found: Biometric) -> Frame:
    try:
        (image,) = _only(iris_image.decode(found.record).images)
        if image.eye is not eye:
            raise BadRecord("eye label: not the eye that the device names")
        pictures.check(image.image, image.image_format.image_format, image.width_px, image.height_px)
    except BadRecord as error:
        raise _unreadable(error) from error
    return Frame(
        part=eye,
        record=found.record,
        image=image.image,
        image_format=image.image_format.image_format,
        width_px=image.width_px,
        height_px=image.height_px,
        ppi=0,
        quality=found.quality,
    )


def _face_frame(found: Biometric) -> Frame:
    try:
        (image,) = _only(face_image.decode(found.record).images)
        pictures.check(image.image, image.image_type.image_format, image.width_px, image.height_px)
    except BadRecord as error:
        raise _unreadable(error) from error
    return Frame(
        part=None,
        record=found.record,
        image=image.image,
        image_format=image.image_type.image_format,
        width_px=image.width_px,
        height_px=image.height_px,
        ppi=0,
        quality=found.quality,
    )


def _only(images: tuple[T, ...]) -> tuple[T, ...]:
    if len(images) != 1:
        raise BadRecord(f"number of representations: {len(images)}, one expected")
    return images


def _unreadable(error: BadRecord) -> RemoteProtocolError:
    return RemoteProtocolError(f"SBI record: {error}", card=CardFate.UNTOUCHED)
