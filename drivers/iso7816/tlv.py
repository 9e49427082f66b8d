"""BER-TLV data objects as ISO/IEC 7816-4 clause 5.2.2 allows them; any bytes are read or refused with `TlvError`.

Tags of one to three bytes, definite lengths of one to five; indefinite lengths are refused, as ISO/IEC 7816-4 has none.
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT_MAX_BYTES = 65_536
OBJECTS_MAX = 1_024  # in one row
_TAG_MAX_BYTES = 3
_LENGTH_MAX_BYTES = 4


class TlvError(ValueError):
    """Not BER-TLV. The message gives tags and lengths, never contents."""


@dataclass(frozen=True, slots=True, repr=False)
class Tlv:
    """`tag` as its bytes read as a number: 0x87, 0x7F49."""

    tag: int
    value: bytes

    def __repr__(self) -> str:
        return f"Tlv({self.tag:02X}, {len(self.value)} bytes)"

    @property
    def is_constructed(self) -> bool:
        return bool(_tag_bytes(self.tag)[0] & 0x20)

    def children(self) -> tuple[Tlv, ...]:
        """The objects inside; one level at a time, so that depth is the caller's to bound."""
        if not self.is_constructed:
            raise TlvError(f"{self.tag:02X} is primitive: it holds no objects")
        return decode(self.value)

    def encode(self) -> bytes:
        return encode(self.tag, self.value)


def encode(tag: int, value: bytes) -> bytes:
    """The shortest length form."""
    return _tag_bytes(tag) + _length_bytes(len(value)) + value


def decode(data: bytes) -> tuple[Tlv, ...]:
    """A row of objects that fills `data` exactly. Zero bytes between objects are not padding here: they are refused."""
    if len(data) > INPUT_MAX_BYTES:
        raise TlvError(f"{len(data)} bytes, {INPUT_MAX_BYTES} at most")
    found: list[Tlv] = []
    at = 0
    while at < len(data):
        if len(found) == OBJECTS_MAX:
            raise TlvError(f"more than {OBJECTS_MAX} objects in a row")
        tag, at = _read_tag(data, at)
        length, at = _read_length(data, at, tag)
        if len(data) - at < length:
            raise TlvError(f"{tag:02X}: length {length}, {len(data) - at} bytes left")
        found.append(Tlv(tag, bytes(data[at : at + length])))
        at += length
    return tuple(found)


def _tag_bytes(tag: int) -> bytes:
    if tag <= 0 or tag >= 1 << (8 * _TAG_MAX_BYTES):
        raise TlvError(f"tag {tag:X}: not of one to {_TAG_MAX_BYTES} bytes")
    raw = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    if _read_tag(raw, 0) != (tag, len(raw)):
        raise TlvError(f"tag {tag:X}: its bytes do not end where the tag does")
    return raw


def _length_bytes(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    raw = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(raw),)) + raw


def _read_tag(data: bytes, at: int) -> tuple[int, int]:
    end = at + 1
    if data[at] & 0x1F == 0x1F:
        while True:
            if end == len(data) or end - at == _TAG_MAX_BYTES:
                raise TlvError(f"byte {at}: a tag that does not end")
            end += 1
            if not data[end - 1] & 0x80:
                break
    if data[at] == 0 or (end - at > 1 and data[at + 1] == 0x80):
        raise TlvError(f"byte {at}: no tag begins so")
    return int.from_bytes(data[at:end], "big"), end


def _read_length(data: bytes, at: int, tag: int) -> tuple[int, int]:
    if at == len(data):
        raise TlvError(f"{tag:02X}: no length")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= _LENGTH_MAX_BYTES or len(data) - at - 1 < count:
        raise TlvError(f"{tag:02X}: a length of {count} bytes that is cut short, indefinite or too long")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count
