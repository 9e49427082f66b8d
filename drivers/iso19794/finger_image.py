"""Finger image records of ISO/IEC 19794-4:2011 (`FIR 020`): one or more representations, nothing read is lost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.contracts.parts import Finger
from drivers.iso19794 import record as shared
from drivers.iso19794.record import UNKNOWN_PROVENANCE, BadRecord, Provenance, Reader

MAGIC = b"FIR\x00020\x00"
POSITION_MAX = 50  # table 6: fingers 0-10, slaps 13-15, palms 20-38, combinations 40-50
LIVE_SCAN_PLAIN = 0  # table 10


class Compression(IntEnum):
    """Table 9."""

    RAW = 0
    RAW_PACKED = 1
    WSQ = 2
    JPEG = 3
    JPEG2000_LOSSY = 4
    JPEG2000_LOSSLESS = 5
    PNG = 6

    @property
    def image_format(self) -> str:
        """The name that `drivers.contracts.capture.Frame` uses."""
        return ("raw", "raw_packed", "wsq", "jpeg", "jpeg2000", "jpeg2000", "png")[self]


class ScaleUnits(IntEnum):
    PER_INCH = 1
    PER_CENTIMETRE = 2


@dataclass(frozen=True, slots=True)
class Certification:
    """Who certified the device for which scheme (19794-4:2011, 8.3.8)."""

    authority: int
    scheme: int


@dataclass(frozen=True, slots=True, repr=False)  # it holds a person's picture
class FingerImage:
    """One representation. Sampling rates are in `scale_units`; `extended` is the extended data blocks as they came."""

    position: int
    image: bytes
    width_px: int
    height_px: int
    compression: Compression = Compression.JPEG2000_LOSSLESS
    scan_rate: tuple[int, int] = (500, 500)
    image_rate: tuple[int, int] = (500, 500)
    scale_units: ScaleUnits = ScaleUnits.PER_INCH
    bit_depth: int = 8
    impression: int = LIVE_SCAN_PLAIN
    number: int = 0
    provenance: Provenance = UNKNOWN_PROVENANCE
    certifications: tuple[Certification, ...] = ()
    extended: bytes = b""

    @property
    def finger(self) -> Finger | None:
        """None for an unknown finger, a slap or a palm."""
        return Finger(self.position) if 1 <= self.position <= 10 else None

    @property
    def ppi(self) -> int:
        across = self.image_rate[0]
        return across if self.scale_units is ScaleUnits.PER_INCH else round(across * 2.54)


@dataclass(frozen=True, slots=True, repr=False)  # it holds a person's picture
class FingerImageRecord:
    """`certified` is the certification flag: only then do representations carry certification blocks."""

    images: tuple[FingerImage, ...]
    certified: bool = False
    fingers_present: int = 1


def decode(data: bytes) -> FingerImageRecord:
    """Parses or refuses any bytes; raises `BadRecord` only."""
    own, bodies = shared.split(data, MAGIC, 2)
    if own[0] > 1:
        raise BadRecord(f"certification flag: {own[0]}")
    return FingerImageRecord(tuple(_image(body, bool(own[0])) for body in bodies), bool(own[0]), own[1])


def encode(record: FingerImageRecord) -> bytes:
    own = shared.pack("BB", "general header", record.certified, record.fingers_present)
    return shared.join(MAGIC, own, [_body(image, record.certified) for image in record.images])


def encode_one(image: FingerImage) -> bytes:
    return encode(FingerImageRecord((image,), bool(image.certifications)))


def _image(reader: Reader, certified: bool) -> FingerImage:
    provenance = shared.take_provenance(reader)
    certifications = _take_certifications(reader) if certified else ()
    position = reader.number(1, "finger position")
    number = reader.number(1, "representation number")
    units = reader.number(1, "scale units")
    rates = tuple(reader.number(2, "sampling rate") for _ in range(4))
    bit_depth = reader.number(1, "pixel depth")
    compression = reader.number(1, "compression algorithm")
    impression = reader.number(1, "impression type")
    width_px, height_px = reader.number(2, "horizontal line length"), reader.number(2, "vertical line length")
    _check(position, units, compression, width_px, height_px)
    return FingerImage(
        position=position,
        image=shared.take_image(reader),
        width_px=width_px,
        height_px=height_px,
        compression=Compression(compression),
        scan_rate=(rates[0], rates[1]),
        image_rate=(rates[2], rates[3]),
        scale_units=ScaleUnits(units),
        bit_depth=bit_depth,
        impression=impression,
        number=number,
        provenance=provenance,
        certifications=certifications,
        extended=reader.rest(),
    )


def _check(position: int, units: int, compression: int, width_px: int, height_px: int) -> None:
    if not 0 <= position <= POSITION_MAX:
        raise BadRecord(f"finger position: {position}")
    if units not in tuple(ScaleUnits):
        raise BadRecord(f"scale units: {units}")
    if compression not in tuple(Compression):
        raise BadRecord(f"compression algorithm: {compression}")
    if not width_px or not height_px:
        raise BadRecord(f"line lengths: {width_px} x {height_px}")


def _take_certifications(reader: Reader) -> tuple[Certification, ...]:
    count = reader.number(1, "number of certification blocks")
    return tuple(
        Certification(reader.number(2, "certification authority"), reader.number(1, "certification scheme"))
        for _ in range(count)
    )


def _put_certifications(certifications: tuple[Certification, ...]) -> bytes:
    blocks = (shared.pack("HB", "certification block", each.authority, each.scheme) for each in certifications)
    return shared.pack("B", "number of certification blocks", len(certifications)) + b"".join(blocks)


def _body(image: FingerImage, certified: bool) -> bytes:
    _check(image.position, image.scale_units, image.compression, image.width_px, image.height_px)
    if image.certifications and not certified:
        raise BadRecord("certification flag: blocks without the flag")
    return b"".join((
        shared.put_provenance(image.provenance),
        _put_certifications(image.certifications) if certified else b"",
        shared.pack("BBB", "finger position", image.position, image.number, image.scale_units),
        shared.pack("HHHH", "sampling rate", *image.scan_rate, *image.image_rate),
        shared.pack("BBB", "image properties", image.bit_depth, image.compression, image.impression),
        shared.pack("HH", "line lengths", image.width_px, image.height_px),
        shared.put_image(image.image),
        image.extended,
    ))  # fmt: skip
