"""A picture inside a record is whole and of the stated size, or refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.iso19794 import pictures
from drivers.iso19794.record import BadRecord

PILLOW = {"jpeg2000": "JPEG2000", "jpeg": "JPEG", "png": "PNG"}
# FBI IAFIS-IC-0110, annex B: SOI, a comment of length 4, SOF (length 17, black, white, height 3, width 5, ...), EOI.
WSQ = bytes.fromhex("ffa0 ffa8 0004 6869 ffa2 0011 00ff 0003 0005 0000000000000000 00 ffa1")


def encoded(image_format: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.arange(32 * 48, dtype=np.uint8).reshape(32, 48)).save(out, PILLOW[image_format])
    return out.getvalue()


@pytest.mark.parametrize("image_format", PILLOW)
def test_a_whole_picture_of_the_stated_size_passes(image_format: str) -> None:
    pictures.check(encoded(image_format), image_format, 48, 32)


@pytest.mark.parametrize("image_format", PILLOW)
def test_a_picture_of_another_size_or_cut_short_is_refused(image_format: str) -> None:
    image = encoded(image_format)
    with pytest.raises(BadRecord, match="size"):
        pictures.check(image, image_format, 32, 48)
    with pytest.raises(BadRecord, match="no whole"):
        pictures.check(image[: len(image) // 2], image_format, 48, 32)


def test_a_picture_of_another_format_than_stated_is_refused() -> None:
    with pytest.raises(BadRecord, match="no whole PNG"):
        pictures.check(encoded("jpeg"), "png", 48, 32)


def test_a_wsq_picture_is_measured_by_its_frame_header() -> None:
    pictures.check(WSQ, "wsq", 5, 3)
    for broken in (WSQ[:-1], WSQ[1:], b"", WSQ[:8] + WSQ[-2:]):
        with pytest.raises(BadRecord):
            pictures.check(broken, "wsq", 5, 3)
    with pytest.raises(BadRecord, match="size"):
        pictures.check(WSQ, "wsq", 3, 5)


def test_raw_pixels_are_counted() -> None:
    pictures.check(bytes(6), "raw", 2, 3)
    pictures.check(bytes(18), "raw", 2, 3)
    with pytest.raises(BadRecord, match="size"):
        pictures.check(bytes(7), "raw", 2, 3)


def test_a_picture_too_large_for_any_device_is_refused_unopened() -> None:
    with pytest.raises(BadRecord, match="pixels"):
        pictures.check(b"", "png", 65535, 65535)


@given(st.sampled_from([*PILLOW, "wsq", "raw", "raw_packed", "bmp"]), st.binary(max_size=80))
def test_any_bytes_pass_or_are_refused(image_format: str, junk: bytes) -> None:
    start = {"wsq": b"\xff\xa0", "png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8"}.get(image_format, b"")
    try:
        pictures.check(start + junk, image_format, 4, 4)
    except BadRecord:
        return
    assert image_format == "raw"
    assert len(junk) in (16, 48)
