"""Photo and signature as they came, scaled to their boxes: never stretched, and refused when they are not pictures."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageOps

from station.artwork.errors import BadPicture

_BYTES_MAX: Final = 16 << 20
_PIXELS_MAX: Final = 40_000_000
_UNREADABLE: Final = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)
CROPPED_MAX: Final = 0.02  # more of the photo lost to another shape than this is said


def photo(jpeg: bytes, *, size_px: tuple[int, int]) -> tuple[Image.Image, float]:
    """RGB, filling the box, cut evenly at the two longer sides; with the share of the photo that was cut off."""
    picture = _opened(jpeg, "JPEG", "photo")
    try:
        # The decoder may halve a large photo almost for free, as long as more is left than is printed.
        picture.draft("RGB", (size_px[0] * 3 // 2, size_px[1] * 3 // 2))
        ImageOps.exif_transpose(picture, in_place=True)
        upright = picture if picture.mode == "RGB" else picture.convert("RGB")
        upright.load()
    except _UNREADABLE:
        raise BadPicture("photo", "cannot be decoded") from None
    box, cropped = _centred(upright.size, size_px)
    return upright.resize(size_px, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0), cropped


def _centred(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[tuple[float, float, float, float], float]:
    width, height = size
    scale = min(width / wanted[0], height / wanted[1])
    kept_width, kept_height = wanted[0] * scale, wanted[1] * scale
    # Rounding may leave a hair outside the picture, which Pillow refuses.
    left, top = max(0.0, (width - kept_width) / 2), max(0.0, (height - kept_height) / 2)
    right, bottom = min(float(width), left + kept_width), min(float(height), top + kept_height)
    return (left, top, right, bottom), 1 - kept_width * kept_height / (width * height)


def signature(encoded: bytes, *, size_px: tuple[int, int], ink_below: int) -> Image.Image:
    """One byte a pixel, 255 where there is ink; whole, at most the box's size, its shape kept."""
    picture = _opened(encoded, "PNG", "signature")
    try:
        grey = _on_white(picture)
    except _UNREADABLE:
        raise BadPicture("signature", "cannot be decoded") from None
    scale = min(size_px[0] / grey.width, size_px[1] / grey.height)
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    scaled = grey.resize(size, Image.Resampling.LANCZOS)
    return scaled.point([255 if value < ink_below else 0 for value in range(256)])


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("L")
    inked = picture.convert("LA")
    white = Image.new("L", inked.size, 255)
    white.paste(inked.getchannel("L"), mask=inked.getchannel("A"))
    return white


def _opened(encoded: bytes, form: str, field: str) -> Image.Image:
    if len(encoded) > _BYTES_MAX:
        raise BadPicture(field, f"is larger than {_BYTES_MAX} bytes")
    try:
        picture = Image.open(io.BytesIO(encoded), formats=(form,))
    except _UNREADABLE:
        raise BadPicture(field, f"is no {form}") from None
    if picture.width * picture.height > _PIXELS_MAX:
        raise BadPicture(field, f"has more than {_PIXELS_MAX} pixels")
    return picture
