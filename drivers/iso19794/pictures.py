"""The picture inside a record: it opens whole, and has the size that its record says."""

from __future__ import annotations

import io
import struct

from PIL import Image

from drivers.iso19794.record import BadRecord

PIXELS_MAX = 40_000_000
_PILLOW = {"jpeg2000": "JPEG2000", "jpeg": "JPEG", "png": "PNG"}
_WSQ_START, _WSQ_END, _WSQ_FRAME = 0xFFA0, 0xFFA1, 0xFFA2


def check(image: bytes, image_format: str, width_px: int, height_px: int) -> None:
    """Raises `BadRecord` for a picture that is cut short, of another size, or of a format that nobody here reads."""
    if width_px * height_px > PIXELS_MAX:
        raise BadRecord(f"image data: more than {PIXELS_MAX} pixels")
    if image_format == "raw":
        if len(image) not in (width_px * height_px, 3 * width_px * height_px):
            raise BadRecord("image data: not of the size that the record states")
    elif image_format == "wsq":
        _same(_wsq_size(image), (width_px, height_px))
    elif image_format in _PILLOW:
        _open_whole(image, _PILLOW[image_format], (width_px, height_px))
    else:
        raise BadRecord(f"image data: {image_format} is not read here")


def _same(found: tuple[int, int], stated: tuple[int, int]) -> None:
    if found != stated:
        raise BadRecord("image data: not of the size that the record states")


def _open_whole(image: bytes, format_name: str, stated: tuple[int, int]) -> None:
    try:
        with Image.open(io.BytesIO(image), formats=(format_name,)) as picture:
            size = picture.size
            if size == stated:  # nothing is decoded, and no memory spent, before the size is known to be right
                picture.load()
    except Exception as error:  # on hostile bytes the decoders raise errors of a dozen types
        raise BadRecord(f"image data: no whole {format_name} picture ({type(error).__name__})") from None
    _same(size, stated)


def _wsq_size(image: bytes) -> tuple[int, int]:
    """From the frame header (FBI IAFIS-IC-0110, annex B): after marker and length: black, white, height 2, width 2."""
    if image[:2] != _WSQ_START.to_bytes(2, "big") or image[-2:] != _WSQ_END.to_bytes(2, "big"):
        raise BadRecord("image data: no whole WSQ picture")
    at = 2
    while at + 4 <= len(image):
        marker, length = struct.unpack_from(">HH", image, at)
        if marker == _WSQ_FRAME and at + 10 <= len(image):
            height_px, width_px = struct.unpack_from(">HH", image, at + 6)
            return width_px, height_px
        at += 2 + max(length, 2)
    raise BadRecord("image data: a WSQ picture without a frame header")
