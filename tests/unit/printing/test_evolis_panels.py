"""Panels against a decoder written here, bit by bit, from the guide's pages 5 and 14."""

from __future__ import annotations

import json
import random
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contracts.card_printer import Bitmap, Panel
from drivers.contracts.errors import LocalProtocolError
from drivers.printers.evolis.panels import compress_mono, download_command, pack, raw_mono_command

WIDTH, HEIGHT = 1016, 648
VECTORS = Path(__file__).parents[2] / "vectors/evolis"
VECTOR = json.loads((VECTORS / "card.json").read_text())
SPOTS = [(0, 0), (0, WIDTH - 1), (HEIGHT - 1, 0), (HEIGHT - 1, WIDTH - 1), (17, 803), (400, 5), (323, 508), (7, 8)]


def bitmap_of(pixels: np.ndarray) -> Bitmap:
    return Bitmap(WIDTH, HEIGHT, pixels.astype(np.uint8).tobytes())


def random_bitmap(seed: int) -> Bitmap:
    return Bitmap(WIDTH, HEIGHT, random.Random(seed).randbytes(WIDTH * HEIGHT))


def level_at(stream: bytes, row: int, column: int, bits: int) -> int:
    """The value that is printed at this place of the upright card: pixel column * 648 + (647 - row) of the stream."""
    first_bit = (column * HEIGHT + (HEIGHT - 1 - row)) * bits
    value = 0
    for bit in range(first_bit, first_bit + bits):
        value = value << 1 | (stream[bit // 8] >> (7 - bit % 8) & 1)
    return value


@pytest.mark.parametrize(
    ("levels", "bits", "size"), [(32, 5, 411_480), (64, 6, 493_776), (128, 7, 576_072), (256, 8, 658_368)]
)
def test_each_pixel_of_a_colour_panel_keeps_its_amount_and_place(levels: int, bits: int, size: int) -> None:
    bitmap = random_bitmap(levels)
    stream = pack(Panel.CYAN, bitmap, levels=levels)
    assert len(stream) == size
    for row, column in SPOTS:
        amount = bitmap.pixels[row * WIDTH + column]
        assert level_at(stream, row, column, bits) == round(amount * (levels - 1) / 255)


def test_resin_panel_is_82296_bytes_of_one_bit_a_pixel() -> None:
    bitmap = random_bitmap(2)
    stream = pack(Panel.BLACK, bitmap, levels=2)
    assert len(stream) == 82_296
    for row, column in SPOTS:
        assert level_at(stream, row, column, 1) == (bitmap.pixels[row * WIDTH + column] >= 128)


def test_compressed_panel_is_line_by_line_as_worked_out_by_hand() -> None:
    pixels = np.zeros((HEIGHT, WIDTH))
    pixels[:, 0] = pixels[HEIGHT - 1, 1] = pixels[0, 2] = 255
    pixels[640:, 3] = 255
    data = compress_mono(pack(Panel.BLACK, bitmap_of(pixels), levels=2))
    assert data == bytes.fromhex("".join(VECTOR["lines"])) + bytes(VECTOR["then_blank_lines"])


def vendor_picture() -> dict[Panel, Bitmap]:
    black, red = np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH))
    black[50:151, 50:301] = 255
    red[400:601, 700:951] = 255
    whole = np.full((HEIGHT, WIDTH), 255)
    return {
        Panel.YELLOW: bitmap_of(red),
        Panel.MAGENTA: bitmap_of(red),
        Panel.BLACK: bitmap_of(black),
        Panel.OVERLAY: bitmap_of(whole),
    }


def test_downloads_are_byte_for_byte_those_of_the_vendors_library() -> None:
    stream = zlib.decompress((VECTORS / "vendor_stream.prn.z").read_bytes())
    for panel, bitmap in vendor_picture().items():
        is_mono = panel in (Panel.BLACK, Panel.OVERLAY)
        ours = raw_mono_command(panel, bitmap) if is_mono else download_command(panel, bitmap, colour_levels=256)
        assert ours in stream, f"panel {panel}"


def decompress(data: bytes) -> bytes:
    """Guide page 5: 0 a white line, 255 a black line, else the number of useful bytes."""
    lines, at = [], 0
    while at < len(data):
        count = data[at]
        if count in (0, 255):
            lines.append(bytes([count]) * 81)
            at += 1
        else:
            lines.append(data[at + 1 : at + 1 + count].ljust(81, b"\x00"))
            at += 1 + count
    return b"".join(lines)


@settings(max_examples=30, deadline=None)
@given(
    lines=st.lists(
        st.one_of(st.just(bytes(81)), st.just(b"\xff" * 81), st.binary(min_size=81, max_size=81)), max_size=9
    )
)
def test_compression_loses_nothing(lines: list[bytes]) -> None:
    packed = b"".join(lines)
    assert decompress(compress_mono(packed)) == packed


def test_download_says_how_long_its_data_is_because_it_may_hold_a_carriage_return() -> None:
    command = download_command(Panel.OVERLAY, random_bitmap(5), colour_levels=128)
    head, data = command[:-1].split(b";", 4)[:4], command[:-1].split(b";", 4)[4]
    assert head[:3] == [b"\x1bDbc", b"o", b"2"]
    assert int(head[3]) == len(data)
    assert b"\r" in data
    assert command.endswith(b"\r")


def test_raw_download_has_no_length_and_a_fixed_size() -> None:
    command = raw_mono_command(Panel.BLACK, random_bitmap(5))
    assert command.startswith(b"\x1bDb;k;2;")
    assert len(command) == len(b"\x1bDb;k;2;") + 82_296 + 1


def test_missing_panel_is_downloaded_empty() -> None:
    assert download_command(Panel.BLACK, None, colour_levels=32) == b"\x1bDbc;k;2;1016;" + bytes(1016) + b"\r"
    assert download_command(Panel.YELLOW, None, colour_levels=32) == b"\x1bDb;y;32;" + bytes(411_480) + b"\r"


@pytest.mark.parametrize("bitmap", [Bitmap(1012, 638, bytes(1012 * 638)), Bitmap(WIDTH, HEIGHT, b"short")])
def test_bitmap_of_another_size_is_refused_before_anything_is_sent(bitmap: Bitmap) -> None:
    with pytest.raises(LocalProtocolError, match="panel k"):
        download_command(Panel.BLACK, bitmap, colour_levels=128)


def test_a_face_packs_faster_than_anybody_notices() -> None:
    face = {panel: random_bitmap(number) for number, panel in enumerate(Panel)}
    took_s = []
    for _ in range(5):
        start = time.perf_counter()
        for panel, bitmap in face.items():
            download_command(panel, bitmap, colour_levels=128)
        took_s.append(time.perf_counter() - start)
    print(f"best of five: {min(took_s) * 1000:.1f} ms")
    assert min(took_s) < 0.25  # 50 ms on an idle machine; this one may be shared
