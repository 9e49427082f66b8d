"""Command and response APDUs of ISO/IEC 7816-4, short and extended; any bytes are read or refused with `ApduError`."""

from __future__ import annotations

from dataclasses import dataclass

DATA_MAX_BYTES = 65_535
LE_MAX = 65_536
_SHORT_DATA_MAX = 255
_SHORT_LE_MAX = 256


class ApduError(ValueError):
    """These bytes, or these values, are no APDU. The message holds lengths, never contents."""


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """`le` is the number of bytes expected, 1..65536, or None for none. `encode` picks the shortest form."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    def __post_init__(self) -> None:
        if not all(0 <= byte <= 0xFF for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise ApduError("command header: a value outside 0..255")
        if len(self.data) > DATA_MAX_BYTES:
            raise ApduError(f"command data: {len(self.data)} bytes, {DATA_MAX_BYTES} at most")
        if self.le is not None and not 1 <= self.le <= LE_MAX:
            raise ApduError(f"command Le: {self.le} is outside 1..{LE_MAX}")

    def __repr__(self) -> str:
        return f"Command({self.header.hex().upper()}, data {len(self.data)} bytes, le {self.le})"

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def is_extended(self) -> bool:
        return len(self.data) > _SHORT_DATA_MAX or (self.le or 0) > _SHORT_LE_MAX

    def encode(self) -> bytes:
        if self.is_extended:
            return self.header + b"\x00" + self._extended_body()
        body = bytes((len(self.data),)) + self.data if self.data else b""
        return self.header + body + (b"" if self.le is None else bytes((self.le % _SHORT_LE_MAX,)))

    def _extended_body(self) -> bytes:
        body = len(self.data).to_bytes(2, "big") + self.data if self.data else b""
        return body + (b"" if self.le is None else (self.le % LE_MAX).to_bytes(2, "big"))

    @classmethod
    def parse(cls, raw: bytes) -> Command:
        if len(raw) < 4:
            raise ApduError(f"command: {len(raw)} bytes, 4 at least")
        data, le = _parse_body(bytes(raw[4:]))
        return cls(raw[0], raw[1], raw[2], raw[3], data, le)


def _parse_body(body: bytes) -> tuple[bytes, int | None]:
    """The cases of ISO/IEC 7816-4 table 1; a leading zero followed by two bytes or more means extended lengths."""
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or _SHORT_LE_MAX
    if body[0] == 0:
        return _parse_extended(body[1:])
    return _split(body[1:], body[0], le_bytes=1)


def _parse_extended(body: bytes) -> tuple[bytes, int | None]:
    if len(body) == 2:
        return b"", int.from_bytes(body, "big") or LE_MAX
    length = int.from_bytes(body[:2], "big")
    if length == 0 or len(body) < 2:
        raise ApduError("command: extended length of zero or cut short")
    return _split(body[2:], length, le_bytes=2)


def _split(rest: bytes, length: int, *, le_bytes: int) -> tuple[bytes, int | None]:
    if len(rest) == length:
        return rest, None
    if len(rest) == length + le_bytes:
        return rest[:length], int.from_bytes(rest[length:], "big") or 1 << (8 * le_bytes)
    raise ApduError(f"command: Lc says {length} bytes of data, {len(rest)} follow")


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    data: bytes
    sw: int

    def __post_init__(self) -> None:
        if not 0 <= self.sw <= 0xFFFF:
            raise ApduError("response: a status word outside 0..FFFF")
        if len(self.data) > LE_MAX:
            raise ApduError(f"response: {len(self.data)} bytes of data, {LE_MAX} at most")

    def __repr__(self) -> str:
        return f"Response(data {len(self.data)} bytes, sw {self.sw:04X})"

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")

    @classmethod
    def parse(cls, raw: bytes) -> Response:
        if len(raw) < 2:
            raise ApduError(f"response: {len(raw)} bytes, 2 at least")
        return cls(bytes(raw[:-2]), int.from_bytes(raw[-2:], "big"))
