"""What a printer makes of the bytes it receives: commands with their data, and the picture that its panels print.

The simulator's own reading of the guide, written apart from `protocol` and `panels`, so that neither confirms the
mistakes of the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LINES, DOTS = 1016, 648
COMMAND_MAX_BYTES = 256
DATA_MAX_BYTES = LINES * DOTS  # 256 levels
PROBE = b"\x1cn\x00\x00\x00\x00"  # the vendor's library asks so for another family of printers, and gets no answer

# The vendor's library wraps its streams in tags. None of these gets an answer.
_PADDING = re.compile(rb"\x00+|<[^<>\r\x1b]{0,80}>|" + re.escape(PROBE))

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Command:
    """`fields` are the name and its parameters, none if it was noise; `data` is a download's, else empty."""

    fields: tuple[str, ...]
    data: bytes = b""


class CommandReader:
    """Cuts a stream into commands, in whatever pieces it comes. Noise becomes a `Command(())`."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[Command]:
        self._buffer += data
        commands = []
        while (command := self._next()) is not None:
            commands.append(command)
        return commands

    def _next(self) -> Command | None:
        self._skip_padding()
        head_end, data_bytes = _measure(bytes(self._buffer[:COMMAND_MAX_BYTES]))
        if head_end is None:
            return self._overlong()
        end = head_end + data_bytes
        if len(self._buffer) <= end:
            return None
        head, data = bytes(self._buffer[:head_end]), bytes(self._buffer[head_end:end])
        ended_well = self._buffer[end] == 0x0D
        del self._buffer[: end + 1]
        return Command(_fields(head), data) if ended_well else Command(())

    def _skip_padding(self) -> None:
        """NULs between commands are padding; the probe and tags are passed over in silence."""
        while padding := _PADDING.match(self._buffer):
            del self._buffer[: padding.end()]

    def _overlong(self) -> Command | None:
        if len(self._buffer) < COMMAND_MAX_BYTES:
            return None
        del self._buffer[:COMMAND_MAX_BYTES]
        return Command(())


def _measure(start: bytes) -> tuple[int | None, int]:
    """Where the head of the command ends, and how many bytes of data follow before its CR."""
    text, end_seen, _ = start.partition(b"\r")
    fields = text.split(b";")
    wanted = {b"Db": 3, b"Dbc": 4}.get(fields[0].lstrip(b"\x1b"), COMMAND_MAX_BYTES)
    if len(fields) > wanted:
        return len(b";".join(fields[:wanted])) + 1, _data_bytes(fields[:wanted])
    return (len(text) if end_seen else None), 0


def _data_bytes(fields: list[bytes]) -> int:
    try:
        if len(fields) == 4:
            return max(0, min(int(fields[3]), DATA_MAX_BYTES))
        return LINES * DOTS * (int(fields[2]) - 1).bit_length() // 8 if 2 <= int(fields[2]) <= 256 else 0
    except ValueError:
        return 0


def _fields(head: bytes) -> tuple[str, ...]:
    text = head.lstrip(b"\x1b").removesuffix(b";")
    return tuple(text.decode("ascii").split(";")) if text.isascii() and text else ()


def read_panel(levels: int, data: bytes) -> Pixels:
    """A `Db` download as amounts of ink 0..255, one a dot, lines of 648. `ValueError` when its size is wrong."""
    bits = (levels - 1).bit_length()
    if len(data) * 8 != LINES * DOTS * bits:
        raise ValueError(f"panel of {levels} levels: {len(data)} bytes")
    stream = np.unpackbits(np.frombuffer(data, np.uint8)).reshape(LINES, DOTS, bits)
    weights = 1 << np.arange(bits - 1, -1, -1)
    amounts = (stream * weights).sum(axis=2)
    return np.asarray(amounts * 255 // (levels - 1), np.uint8)


def read_compressed_mono(data: bytes) -> Pixels:
    """A `Dbc` download of K or O. `ValueError` when its lines do not come to 1,016."""
    dots = np.zeros((LINES, DOTS // 8), np.uint8)
    at = 0
    for line in range(LINES):
        if at >= len(data):
            raise ValueError(f"compressed panel ends in line {line}")
        count = data[at]
        at += 1
        if count == 0xFF:
            dots[line] = 0xFF
            continue
        if count > DOTS // 8 or at + count > len(data):
            raise ValueError(f"compressed panel: line {line} of {count} bytes")
        dots[line, :count] = np.frombuffer(data, np.uint8, count, at)
        at += count
    if at != len(data):
        raise ValueError(f"compressed panel: {len(data) - at} bytes left over")
    return np.unpackbits(dots, axis=1) * np.uint8(255)


def print_on_white(panels: Mapping[str, Pixels]) -> npt.NDArray[np.uint8]:
    """The printed face upright, 648 rows of 1,016 RGB pixels: a dye takes its complement, resin covers all."""
    face = np.full((LINES, DOTS, 3), 255, np.int16)
    for channel, panel in enumerate("cmy"):  # cyan takes red, magenta green, yellow blue
        if panel in panels:
            face[:, :, channel] -= panels[panel]
    if "k" in panels:
        face[panels["k"] > 127] = 0
    # The card passes the head lengthwise: the first line is its left edge, the first dot of it the lower corner.
    return np.ascontiguousarray(face.transpose(1, 0, 2)[::-1].clip(0, 255).astype(np.uint8))
