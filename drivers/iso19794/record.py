"""What the image records of ISO/IEC 19794-4, -5 and -6:2011 share: a general header, then representations with lengths.

Layout (19794-1:2011, clause 10): identifier 4, version 4, length of the record 4, number of representations 2, two or
three bytes of the part's own, then each representation: its length 4, capture date 9, device technology 1, vendor 2,
type 2, number of quality blocks 1, quality blocks of 5 each, then what the part defines. Big-endian throughout.
Everything read is kept, so that a record that is parsed and encoded again comes out byte for byte.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

RECORD_MAX_BYTES = 16 << 20
REPRESENTATIONS_MAX = 176  # 19794-4: eleven positions of up to sixteen views
DATE_UNKNOWN = b"\xff" * 9
QUALITY_FAILED = 255  # 29794-1: the algorithm could not say


class BadRecord(ValueError):
    """These bytes are no such record, or these values do not fit one. The message names the field, never its image."""


@dataclass(frozen=True, slots=True)
class Quality:
    """`score` is 0..100, or 255 when the algorithm failed; vendor and algorithm are IBIA registry numbers."""

    score: int
    vendor: int = 0
    algorithm: int = 0


@dataclass(frozen=True, slots=True)
class Provenance:
    """When and by what a representation was taken. `date` is the nine bytes of the record: any part may be all ones."""

    date: bytes = DATE_UNKNOWN
    technology: int = 0
    vendor: int = 0
    device_type: int = 0
    qualities: tuple[Quality, ...] = ()

    @property
    def captured_at(self) -> datetime | None:
        """Universal time, or None when the record does not say it in full."""
        year, month, day, hour, minute, second, millisecond = struct.unpack(">HBBBBBH", self.date)
        try:
            return datetime(year, month, day, hour, minute, second, min(millisecond, 999) * 1000, tzinfo=UTC)
        except ValueError:
            return None

    @property
    def quality(self) -> int | None:
        """The first score that an algorithm could give."""
        return next((each.score for each in self.qualities if each.score <= 100), None)


def date_of(moment: datetime) -> bytes:
    """The nine bytes of a capture date, in universal time: year 2, month, day, hour, minute, second, milliseconds 2."""
    at = moment.astimezone(UTC)
    return struct.pack(">HBBBBBH", at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond // 1000)


UNKNOWN_PROVENANCE = Provenance()


class Reader:
    """Takes fields from the front of a buffer; every shortage names the field."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int, field: str) -> bytes:
        left = len(self._data) - self._at
        if count > left:
            raise BadRecord(f"{field}: {count} bytes expected, {left} left")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size_bytes: int, field: str) -> int:
        return int.from_bytes(self.take(size_bytes, field), "big")

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at, "rest")

    def finish(self, field: str) -> None:
        if extra := len(self._data) - self._at:
            raise BadRecord(f"{field}: {extra} bytes too many")


def pack(layout: str, field: str, *values: int | bytes) -> bytes:
    """`struct.pack`, big-endian, with a `BadRecord` that names the field when a value does not fit."""
    try:
        return struct.pack(">" + layout, *values)
    except struct.error as error:
        raise BadRecord(f"{field}: {error}") from None


def split(data: bytes, magic: bytes, own_bytes: int) -> tuple[bytes, list[Reader]]:
    """The part's own header bytes, and one reader per representation, standing after its length."""
    if len(data) > RECORD_MAX_BYTES:
        raise BadRecord(f"record: longer than {RECORD_MAX_BYTES} bytes")
    reader = Reader(data)
    if reader.take(8, "format identifier") != magic:
        raise BadRecord(f"format identifier: not {magic!r}")
    if reader.number(4, "length of record") != len(data):
        raise BadRecord(f"length of record: does not say {len(data)}")
    count = reader.number(2, "number of representations")
    if not 1 <= count <= REPRESENTATIONS_MAX:
        raise BadRecord(f"number of representations: {count}")
    own = reader.take(own_bytes, "general header")
    bodies = [_body(reader, index) for index in range(1, count + 1)]
    reader.finish("record")
    return own, bodies


def _body(reader: Reader, index: int) -> Reader:
    field = f"length of representation {index}"
    length = reader.number(4, field)
    if length < 4:
        raise BadRecord(f"{field}: {length}")
    return Reader(reader.take(length - 4, field))


def join(magic: bytes, own: bytes, bodies: Sequence[bytes]) -> bytes:
    """The inverse of `split`; each body is a representation without its length."""
    if not 1 <= len(bodies) <= REPRESENTATIONS_MAX:
        raise BadRecord(f"number of representations: {len(bodies)}")
    content = b"".join(pack("I", "length of representation", len(body) + 4) + body for body in bodies)
    length = len(magic) + 6 + len(own) + len(content)
    if length > RECORD_MAX_BYTES:
        raise BadRecord(f"record: longer than {RECORD_MAX_BYTES} bytes")
    return magic + pack("IH", "general header", length, len(bodies)) + own + content


def take_provenance(reader: Reader) -> Provenance:
    date = reader.take(9, "capture date")
    technology = reader.number(1, "capture device technology")
    vendor = reader.number(2, "capture device vendor")
    device_type = reader.number(2, "capture device type")
    count = reader.number(1, "number of quality blocks")
    return Provenance(date, technology, vendor, device_type, tuple(_take_quality(reader) for _ in range(count)))


def _take_quality(reader: Reader) -> Quality:
    score = reader.number(1, "quality score")
    if 100 < score < QUALITY_FAILED:
        raise BadRecord(f"quality score: {score}")
    return Quality(score, reader.number(2, "quality vendor"), reader.number(2, "quality algorithm"))


def put_provenance(provenance: Provenance) -> bytes:
    if len(provenance.date) != 9:
        raise BadRecord(f"capture date: {len(provenance.date)} bytes")
    head = pack("BHH", "capture device", provenance.technology, provenance.vendor, provenance.device_type)
    count = pack("B", "number of quality blocks", len(provenance.qualities))
    return provenance.date + head + count + b"".join(_put_quality(each) for each in provenance.qualities)


def _put_quality(quality: Quality) -> bytes:
    if 100 < quality.score != QUALITY_FAILED:
        raise BadRecord(f"quality score: {quality.score}")
    return pack("BHH", "quality block", quality.score, quality.vendor, quality.algorithm)


def take_image(reader: Reader) -> bytes:
    image = reader.take(reader.number(4, "length of image data"), "image data")
    if not image:
        raise BadRecord("image data: none")
    return image


def put_image(image: bytes) -> bytes:
    if not image:
        raise BadRecord("image data: none")
    return pack("I", "length of image data", len(image)) + image
