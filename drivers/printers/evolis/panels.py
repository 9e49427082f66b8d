"""Panels as an Evolis printer takes them: 300 dpi, the landscape card turned a quarter to the right, bits packed.

Guide A5013 rev. E: a panel is always 648 pixels by 1,016 lines; K and O have one bit a pixel, Y, M and C 5, 6, 7 or
(newer models) 8, "concatenated so that each bit is useful", first pixel and highest bit first. Its byte counts (84,624
and so on) are misprints; 648 x 1,016 / 8 = 82,296 is what printers take.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivers.contracts.card_printer import Bitmap, Panel
from drivers.contracts.errors import LocalProtocolError
from drivers.printers.evolis.protocol import Verb, encode_command

WIDTH_PX, HEIGHT_PX = 1016, 648  # landscape, as a `Bitmap` has it
LINE_BYTES = HEIGHT_PX // 8
BITS_OF_LEVELS = {2: 1, 32: 5, 64: 6, 128: 7, 256: 8}
MONO = frozenset({Panel.BLACK, Panel.OVERLAY})

Pixels = npt.NDArray[np.uint8]


def download_command(panel: Panel, bitmap: Bitmap | None, *, colour_levels: int) -> bytes:
    """The whole download of one panel; None is an empty panel. K and O go compressed: most of their lines are blank."""
    if panel in MONO:
        data = compress_mono(pack(panel, bitmap, levels=2))
        return encode_command(Verb.DOWNLOAD_COMPRESSED, panel.value, "2", str(len(data)), data=data)
    data = pack(panel, bitmap, levels=colour_levels)
    return encode_command(Verb.DOWNLOAD, panel.value, str(colour_levels), data=data)


def raw_mono_command(panel: Panel, bitmap: Bitmap | None) -> bytes:
    """`Db` for K or O, for models without compression: always 82,296 bytes of data."""
    return encode_command(Verb.DOWNLOAD, panel.value, "2", data=pack(panel, bitmap, levels=2))


def pack(panel: Panel, bitmap: Bitmap | None, *, levels: int) -> bytes:
    """648 x 1,016 pixels of log2(levels) bits each, high bit first."""
    bits = BITS_OF_LEVELS[levels]
    if bitmap is None:
        return bytes(WIDTH_PX * HEIGHT_PX * bits // 8)
    portrait = _turned(panel, bitmap)
    if bits == 1:
        return np.packbits(portrait >= 128).tobytes()
    amounts = np.rint(np.arange(256) * (levels - 1) / 255).astype(np.uint8)[portrait]
    return amounts.tobytes() if bits == 8 else _concatenated(amounts, bits)


def compress_mono(packed: bytes) -> bytes:
    """`Dbc` for K and O: a line is 00 (blank), FF (full), or the count of bytes up to the last inked one, and those."""
    lines = [packed[at : at + LINE_BYTES] for at in range(0, len(packed), LINE_BYTES)]
    return b"".join(map(_compressed_line, lines))


def _compressed_line(line: bytes) -> bytes:
    useful = line.rstrip(b"\x00")
    if not useful:
        return b"\x00"
    return b"\xff" if useful.count(0xFF) == LINE_BYTES else bytes([len(useful)]) + useful


def check_bitmap(panel: Panel, bitmap: Bitmap) -> None:
    size = (bitmap.width_px, bitmap.height_px)
    if size != (WIDTH_PX, HEIGHT_PX) or len(bitmap.pixels) != WIDTH_PX * HEIGHT_PX:
        raise LocalProtocolError(
            f"panel {panel}: {size[0]} x {size[1]} px in {len(bitmap.pixels)} bytes, not {WIDTH_PX} x {HEIGHT_PX}"
        )


def _turned(panel: Panel, bitmap: Bitmap) -> Pixels:
    check_bitmap(panel, bitmap)
    landscape = np.frombuffer(bitmap.pixels, np.uint8).reshape(HEIGHT_PX, WIDTH_PX)
    return np.ascontiguousarray(np.rot90(landscape, k=-1))


def _concatenated(amounts: Pixels, bits: int) -> bytes:
    """Eight pixels of `bits` bits fill `bits` bytes: they are gathered in one 64-bit word each, lowest bytes kept."""
    groups = amounts.reshape(-1, 8)
    words = np.zeros(len(groups), np.uint64)
    for column in range(8):
        words |= groups[:, column].astype(np.uint64) << np.uint64(bits * (7 - column))
    return words.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - bits :].tobytes()
