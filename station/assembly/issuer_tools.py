"""The image work of an issuing centre: portrait for card and chip, signature bitmap, templates for the chip."""

from __future__ import annotations

from drivers.iso19794 import face_image, finger_image
from station.biometrics.decoding import decode_grey, decode_rgb
from station.biometrics.face import crop_portrait, judge_face
from station.biometrics.minutiae import extract, for_chip
from station.biometrics.photo_budget import encode_jpeg_within
from station.biometrics.signature import encode_for_chip
from station.biometrics.verdicts import Modality, UnusableInput
from station.central.issuing import IssuerTools
from station.package.strokes import decode_strokes

CARD_PHOTO_PX = (360, 480)  # 3:4, twice what 300 dpi prints of it
CHIP_PHOTO_PX = (180, 240)
CARD_PHOTO_BYTES_MAX = 40_000
CHIP_PHOTO_BYTES_MAX = 4_800  # the chip's file holds 4,862


def issuer_tools() -> IssuerTools:
    return IssuerTools(portrait=_portrait, signature_bitmap=_signature_bitmap, templates=_templates)


def _portrait(record: bytes) -> tuple[bytes, bytes]:
    """Both pictures are one crop, so that card and chip can be compared."""
    image = face_image.decode(record).images[0]
    rgb = decode_rgb(image.image, image.image_type.image_format, Modality.FACE)
    box = judge_face(rgb).box
    if box is None:
        raise UnusableInput(Modality.FACE, "no face found")
    card = encode_jpeg_within(crop_portrait(rgb, box, *CARD_PHOTO_PX), CARD_PHOTO_BYTES_MAX)
    return card, encode_jpeg_within(crop_portrait(rgb, box, *CHIP_PHOTO_PX), CHIP_PHOTO_BYTES_MAX)


def _signature_bitmap(strokes: bytes) -> bytes:
    return encode_for_chip(decode_strokes(strokes))


def _templates(records: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(_template(record) for record in records)


def _template(record: bytes) -> bytes:
    image = finger_image.decode(record).images[0]
    grey = decode_grey(image.image, image.compression.image_format, Modality.FINGER)
    template = extract(grey, image.ppi, image.finger)
    return for_chip(template) if template.minutiae else b""
