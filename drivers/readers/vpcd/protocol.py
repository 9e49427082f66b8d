"""The wire of vsmartcard's vpcd: a 16-bit big-endian length and a body, both ways; a body of one byte is a control.

Only GET ATR is answered among the controls. An answer is never empty. Every message has at most 65 535 bytes, so a
buffer never holds more than one of them and what came with it.
"""

from __future__ import annotations

from enum import IntEnum

LENGTH_BYTES = 2
BODY_MAX_BYTES = 65_535
APDU_MIN_BYTES = 4
RESPONSE_MIN_BYTES = 2


class Control(IntEnum):
    POWER_OFF = 0x00
    POWER_ON = 0x01
    RESET = 0x02
    GET_ATR = 0x04


class VpcdError(ValueError):
    """Bytes that are no message of vpcd; names lengths, never contents."""


def frame(body: bytes) -> bytes:
    if not 1 <= len(body) <= BODY_MAX_BYTES:
        raise VpcdError(f"message: {len(body)} bytes, 1 to {BODY_MAX_BYTES} allowed")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def control(what: Control) -> bytes:
    return frame(bytes((what,)))


class Deframer:
    """Bytes in, whole bodies out. An error is for good: the two sides no longer agree where messages begin."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._broken = False

    def receive(self, data: bytes) -> tuple[bytes, ...]:
        if self._broken:
            raise VpcdError("message: the stream was broken before")
        self._pending += data
        found = []
        while len(self._pending) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(self._pending[:LENGTH_BYTES], "big")
            if end == LENGTH_BYTES:
                self._broken = True
                raise VpcdError("message: of no bytes")
            if len(self._pending) < end:
                break
            found.append(bytes(self._pending[LENGTH_BYTES:end]))
            del self._pending[:end]
        return tuple(found)
