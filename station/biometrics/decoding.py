"""Encoded pictures to arrays: the format is the one promised, the pixels are bounded before they are decoded."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from station.biometrics.verdicts import Grey, Modality, Rgb, UnusableInput

_PILLOW_NAMES = {"jpeg2000": "JPEG2000", "png": "PNG", "jpeg": "JPEG"}
_GREY_MODES = {"1", "L", "LA"}
_COLOUR_MODES = {"RGB", "RGBA", "P", "CMYK", "YCbCr"}


class BadImage(UnusableInput):
    """The bytes are not the picture they were said to be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """40 MP is twice the largest camera frame expected; a slap at 1000 ppi is 10 MP."""

    pixels_max: int = 40_000_000
    bytes_max: int = 32_000_000


def decode_grey(image: bytes, image_format: str, modality: Modality, limits: Limits = Limits()) -> Grey:
    """A finger or an iris: height x width; colour is weighed to grey (ITU-R 601), transparency is laid on white."""
    return np.asarray(_open(image, image_format, modality, limits).convert("L"), dtype=np.uint8)


def decode_rgb(image: bytes, image_format: str, modality: Modality, limits: Limits = Limits()) -> Rgb:
    """A face: height x width x 3; grey is repeated, transparency is laid on white."""
    return np.asarray(_open(image, image_format, modality, limits).convert("RGB"), dtype=np.uint8)


def _open(image: bytes, image_format: str, modality: Modality, limits: Limits) -> Image.Image:
    """An opaque 8-bit picture. Pillow's own errors are swallowed: some quote the bytes."""
    if image_format not in _PILLOW_NAMES:
        raise BadImage(modality, f"format {image_format[:16]!r} is not one of {', '.join(_PILLOW_NAMES)}")
    if len(image) > limits.bytes_max:
        raise BadImage(modality, f"{len(image)} bytes, at most {limits.bytes_max}")
    try:
        with Image.open(io.BytesIO(image), formats=[_PILLOW_NAMES[image_format]]) as picture:
            if picture.width * picture.height > limits.pixels_max:
                raise BadImage(modality, f"{picture.width}x{picture.height} pixels, at most {limits.pixels_max}")
            if picture.mode not in _GREY_MODES | _COLOUR_MODES:
                raise BadImage(modality, f"pixel mode {picture.mode}, 8 bits wanted")
            picture.load()
            return _on_white(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImage(modality, f"too many pixels, at most {limits.pixels_max}") from None
    except UnidentifiedImageError:
        raise BadImage(modality, f"not {image_format}") from None
    except BadImage:
        raise
    # Pillow's plugins raise SyntaxError, struct.error, zlib.error, EOFError and more on broken files.
    except Exception:
        raise BadImage(modality, f"{image_format} is damaged") from None


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode not in ("LA", "RGBA") and "transparency" not in picture.info:
        return picture.copy()
    layer = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
