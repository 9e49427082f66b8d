"""Iris image records of ISO/IEC 19794-6:2011 (`IIR 020`): one or more representations, nothing read is lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.contracts.parts import Eye
from drivers.iso19794 import record as shared
from drivers.iso19794.record import UNKNOWN_PROVENANCE, BadRecord, Provenance, Reader

MAGIC = b"IIR\x00020\x00"
VGA = 2  # image type, table 4: 1 uncropped, 2 VGA, 3 cropped, 7 cropped and masked
ANGLE_UNKNOWN = 0xFFFF
IMAGE_TYPES = (1, 2, 3, 7)


class ImageFormat(IntEnum):
    """Table 4."""

    MONO_RAW = 2
    RGB_RAW = 4
    MONO_JPEG = 6
    RGB_JPEG = 8
    MONO_JPEG2000 = 10
    RGB_JPEG2000 = 12
    MONO_PNG = 14
    RGB_PNG = 16

    @property
    def image_format(self) -> str:
        """The name that `drivers.contracts.capture.Frame` uses."""
        return ("raw", "jpeg", "jpeg2000", "png")[(self - 2) // 4]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the iris lies, smallest and largest in pixels; 0 is unknown. Angles are in 1/65536 turn."""

    range_tenth_mm: int = 0
    roll: int = ANGLE_UNKNOWN
    roll_uncertainty: int = ANGLE_UNKNOWN
    centre_x_px: tuple[int, int] = (0, 0)
    centre_y_px: tuple[int, int] = (0, 0)
    diameter_px: tuple[int, int] = (0, 0)


UNKNOWN_GEOMETRY = Geometry()


@dataclass(frozen=True, slots=True, repr=False)  # it holds a person's picture
class IrisImage:
    """One representation. `eye_label`: 0 unknown, 1 right, 2 left; `properties` is the bit field as it came."""

    eye_label: int
    image: bytes
    width_px: int
    height_px: int
    image_format: ImageFormat = ImageFormat.MONO_JPEG2000
    image_type: int = VGA
    properties: int = 0
    bit_depth: int = 8
    geometry: Geometry = UNKNOWN_GEOMETRY
    number: int = 1
    provenance: Provenance = UNKNOWN_PROVENANCE

    @property
    def eye(self) -> Eye | None:
        return Eye(self.eye_label) if self.eye_label else None


@dataclass(frozen=True, slots=True, repr=False)  # it holds a person's picture
class IrisImageRecord:
    images: tuple[IrisImage, ...]
    eyes_present: int = 1


def decode(data: bytes) -> IrisImageRecord:
    """Parses or refuses any bytes; raises `BadRecord` only."""
    own, bodies = shared.split(data, MAGIC, 2)
    if own[0] != 0:  # 19794-6 defines no certification blocks
        raise BadRecord(f"certification flag: {own[0]}")
    return IrisImageRecord(tuple(_image(body) for body in bodies), own[1])


def encode(record: IrisImageRecord) -> bytes:
    own = shared.pack("BB", "general header", 0, record.eyes_present)
    return shared.join(MAGIC, own, [_body(image) for image in record.images])


def encode_one(image: IrisImage) -> bytes:
    return encode(IrisImageRecord((image,)))


def _image(reader: Reader) -> IrisImage:
    provenance = shared.take_provenance(reader)
    number = reader.number(2, "representation number")
    eye_label, image_type = reader.number(1, "eye label"), reader.number(1, "image type")
    image_format, properties = reader.number(1, "image format"), reader.number(1, "iris image properties")
    width_px, height_px = reader.number(2, "image width"), reader.number(2, "image height")
    bit_depth = reader.number(1, "intensity depth")
    geometry = _take_geometry(reader)
    _check(eye_label, image_type, image_format, width_px, height_px)
    image = shared.take_image(reader)
    reader.finish("iris representation")
    return IrisImage(
        eye_label, image, width_px, height_px, ImageFormat(image_format), image_type, properties, bit_depth, geometry,
        number, provenance,
    )  # fmt: skip


def _take_geometry(reader: Reader) -> Geometry:
    distance, roll, uncertainty = (reader.number(2, "range and roll angle") for _ in range(3))
    x0, x1, y0, y1, d0, d1 = (reader.number(2, "iris centre and diameter") for _ in range(6))
    return Geometry(distance, roll, uncertainty, (x0, x1), (y0, y1), (d0, d1))


def _check(eye_label: int, image_type: int, image_format: int, width_px: int, height_px: int) -> None:
    if eye_label not in (0, 1, 2):
        raise BadRecord(f"eye label: {eye_label}")
    if image_type not in IMAGE_TYPES:
        raise BadRecord(f"image type: {image_type}")
    if image_format not in tuple(ImageFormat):
        raise BadRecord(f"image format: {image_format}")
    if not width_px or not height_px:
        raise BadRecord(f"image size: {width_px} x {height_px}")


def _body(image: IrisImage) -> bytes:
    _check(image.eye_label, image.image_type, image.image_format, image.width_px, image.height_px)
    place = image.geometry
    return b"".join((
        shared.put_provenance(image.provenance),
        shared.pack("HBB", "eye label", image.number, image.eye_label, image.image_type),
        shared.pack("BB", "image format", image.image_format, image.properties),
        shared.pack("HHB", "image size", image.width_px, image.height_px, image.bit_depth),
        shared.pack("HHH", "range and roll angle", place.range_tenth_mm, place.roll, place.roll_uncertainty),
        shared.pack("HHHHHH", "iris centre and diameter", *place.centre_x_px, *place.centre_y_px, *place.diameter_px),
        shared.put_image(image.image),
    ))  # fmt: skip
