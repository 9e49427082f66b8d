"""Pictures decode to what was encoded, and anything else is refused by modality, without a word of its content."""

from __future__ import annotations

import io
import zlib
from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from station.biometrics.decoding import BadImage, Limits, decode_grey, decode_rgb
from station.biometrics.verdicts import Grey, Modality, Rgb


def _encoded(pixels: Grey | Rgb, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, image_format, **options)
    return buffer.getvalue()


def test_lossless_pictures_come_back_exactly(eye: Grey, portrait: Rgb) -> None:
    for image_format, name in (("PNG", "png"), ("JPEG2000", "jpeg2000")):
        assert np.array_equal(decode_grey(_encoded(eye, image_format), name, Modality.IRIS), eye)
        assert np.array_equal(decode_rgb(_encoded(portrait, image_format), name, Modality.FACE), portrait)


def test_a_bare_jpeg2000_codestream_is_read_too(eye: Grey) -> None:
    stream = _encoded(eye, "JPEG2000", no_jp2=True)
    assert stream.startswith(b"\xff\x4f\xff\x51")
    assert np.array_equal(decode_grey(stream, "jpeg2000", Modality.IRIS), eye)


def test_grey_is_repeated_for_a_face_and_colour_weighed_for_a_finger(eye: Grey) -> None:
    assert decode_rgb(_encoded(eye, "PNG"), "png", Modality.FACE).shape == (*eye.shape, 3)
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    assert (decode_grey(_encoded(red, "PNG"), "png", Modality.FINGER) == 76).all()


def test_transparent_is_white() -> None:
    glass = np.zeros((8, 8, 4), np.uint8)
    assert (decode_grey(_encoded(glass, "PNG"), "png", Modality.FINGER) == 255).all()


def test_a_picture_of_another_format_than_promised_is_refused(eye: Grey) -> None:
    with pytest.raises(BadImage, match=r"^finger: not jpeg2000$"):
        decode_grey(_encoded(eye, "PNG"), "jpeg2000", Modality.FINGER)
    with pytest.raises(BadImage, match="wsq"):
        decode_grey(_encoded(eye, "PNG"), "wsq", Modality.FINGER)


def _png_header(width_px: int, height_px: int) -> bytes:
    header = b"IHDR" + pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = (pack(">I", len(body) - 4) + body + pack(">I", zlib.crc32(body)) for body in (header, data, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side_px", [7_000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_goes_off(side_px: int) -> None:
    with pytest.raises(BadImage, match="at most 40000000"):
        decode_grey(_png_header(side_px, side_px), "png", Modality.FINGER)


def test_a_file_too_long_is_refused_unread(eye: Grey) -> None:
    encoded = _encoded(eye, "PNG")
    with pytest.raises(BadImage, match="bytes"):
        decode_grey(encoded, "png", Modality.IRIS, Limits(bytes_max=len(encoded) - 1))


def test_sixteen_bit_pixels_are_refused() -> None:
    deep = np.arange(64, dtype=np.uint16).reshape(8, 8)
    with pytest.raises(BadImage, match="8 bits"):
        decode_grey(_encoded(deep, "PNG"), "png", Modality.FINGER)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG2000", "JPEG"])
def test_a_picture_cut_short_is_refused(eye: Grey, image_format: str) -> None:
    encoded = _encoded(eye, image_format)
    for kept in (0, 1, 20, 200, len(encoded) // 2):
        with pytest.raises(BadImage, match=r"^iris: "):
            decode_grey(encoded[:kept], image_format.lower(), Modality.IRIS)


_SMALL = {name: _encoded(np.arange(1024, dtype=np.uint8).reshape(32, 32), name) for name in ("PNG", "JPEG2000", "JPEG")}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(_SMALL)), st.integers(0, 2000), st.integers(0, 255))
def test_any_damage_gives_a_picture_or_one_error_type(image_format: str, at: int, value: int) -> None:
    damaged = bytearray(_SMALL[image_format])
    damaged[at % len(damaged)] = value
    try:
        pixels = decode_grey(bytes(damaged), image_format.lower(), Modality.FINGER, Limits(pixels_max=1_000_000))
    except BadImage:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 2
