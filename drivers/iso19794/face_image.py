"""Face image records of ISO/IEC 19794-5:2011 (`FAC 030`), two-dimensional, nothing read is lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.iso19794 import record as shared
from drivers.iso19794.record import UNKNOWN_PROVENANCE, BadRecord, Provenance, Reader

MAGIC = b"FAC\x00030\x00"
FACIAL_INFORMATION_UNSAID = bytes(15)
BASIC, FULL_FRONTAL, TOKEN_FRONTAL = 0, 1, 2  # table 14; 0x80 and above are three-dimensional
RGB_24 = 1  # table 18


class ImageType(IntEnum):
    """Table 15: how the picture is compressed."""

    JPEG = 0
    JPEG2000_LOSSY = 1
    JPEG2000_LOSSLESS = 2
    PNG = 3

    @property
    def image_format(self) -> str:
        """The name that `drivers.contracts.capture.Frame` uses."""
        return ("jpeg", "jpeg2000", "jpeg2000", "png")[self]


@dataclass(frozen=True, slots=True, repr=False)  # it holds a person's picture
class FaceImage:
    """One representation.

    `facial_information` is the fifteen bytes after the number of landmarks: gender, eye colour, hair colour, height,
    features 3, expression 2, pose angles 3, their uncertainties 3. `landmarks` are eight bytes each.
    """

    image: bytes
    width_px: int
    height_px: int
    image_type: ImageType = ImageType.JPEG2000_LOSSLESS
    face_type: int = FULL_FRONTAL
    sampling_level: int = 0
    processing: int = 0
    cross_reference: int = 0
    colour_space: int = RGB_24
    facial_information: bytes = FACIAL_INFORMATION_UNSAID
    landmarks: tuple[bytes, ...] = ()
    provenance: Provenance = UNKNOWN_PROVENANCE


@dataclass(frozen=True, slots=True, repr=False)  # it holds a person's picture
class FaceImageRecord:
    """`temporal_semantics` is table 3: 0 for a single picture."""

    images: tuple[FaceImage, ...]
    temporal_semantics: int = 0


def decode(data: bytes) -> FaceImageRecord:
    """Parses or refuses any bytes; raises `BadRecord` only. Records with certification or 3D blocks are refused."""
    own, bodies = shared.split(data, MAGIC, 3)
    if own[0] != 0:
        raise BadRecord(f"certification flag: {own[0]}")
    return FaceImageRecord(tuple(_image(body) for body in bodies), int.from_bytes(own[1:], "big"))


def encode(record: FaceImageRecord) -> bytes:
    own = shared.pack("BH", "general header", 0, record.temporal_semantics)
    return shared.join(MAGIC, own, [_body(image) for image in record.images])


def encode_one(image: FaceImage) -> bytes:
    return encode(FaceImageRecord((image,)))


def _image(reader: Reader) -> FaceImage:
    provenance = shared.take_provenance(reader)
    landmark_count = reader.number(2, "number of landmark points")
    facial_information = reader.take(15, "facial information")
    landmarks = tuple(reader.take(8, "landmark point") for _ in range(landmark_count))
    face_type, image_type = reader.number(1, "face image type"), reader.number(1, "image data type")
    width_px, height_px = reader.number(2, "width"), reader.number(2, "height")
    level, processing = reader.number(1, "sampling rate level"), reader.number(2, "post-acquisition processing")
    cross_reference, colour_space = reader.number(1, "cross reference"), reader.number(1, "image colour space")
    _check(face_type, image_type, width_px, height_px)
    image = shared.take_image(reader)
    reader.finish("face representation")
    return FaceImage(
        image, width_px, height_px, ImageType(image_type), face_type, level, processing, cross_reference,
        colour_space, facial_information, landmarks, provenance,
    )  # fmt: skip


def _check(face_type: int, image_type: int, width_px: int, height_px: int) -> None:
    if face_type >= 0x80:
        raise BadRecord(f"face image type: {face_type} is three-dimensional")
    if image_type not in tuple(ImageType):
        raise BadRecord(f"image data type: {image_type}")
    if not width_px or not height_px:
        raise BadRecord(f"width and height: {width_px} x {height_px}")


def _body(image: FaceImage) -> bytes:
    _check(image.face_type, image.image_type, image.width_px, image.height_px)
    if len(image.facial_information) != 15:
        raise BadRecord(f"facial information: {len(image.facial_information)} bytes")
    if any(len(landmark) != 8 for landmark in image.landmarks):
        raise BadRecord("landmark point: not eight bytes")
    return b"".join((
        shared.put_provenance(image.provenance),
        shared.pack("H", "number of landmark points", len(image.landmarks)),
        image.facial_information,
        *image.landmarks,
        shared.pack("BBHH", "image information", image.face_type, image.image_type, image.width_px, image.height_px),
        shared.pack("BH", "image information", image.sampling_level, image.processing),
        shared.pack("BB", "image information", image.cross_reference, image.colour_space),
        shared.put_image(image.image),
    ))  # fmt: skip
