"""Drawn images are kept in a folder that several processes share; a torn, foreign or unreadable file is drawn again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from drivers.simulators.people.chance import Grey


class ImageCache:
    """Grey images by name, as PNG files. Without a folder it keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, name: str, shape: tuple[int, int], draw: Callable[[], Grey]) -> Grey:
        """The image kept as `name` if it has this shape, otherwise the one that `draw` makes, kept from now on."""
        if self._folder is None:
            return draw()
        path = self._folder / f"{name}.png"
        kept = _read(path)
        if kept is not None and kept.shape == shape:
            return kept
        image = draw()
        _write(path, image)
        return image


def _read(path: Path) -> Grey | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if not data:
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if image is None else np.asarray(image, np.uint8)


def _write(path: Path, image: Grey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for each writer, then a rename: a reader sees a whole file or none.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(cv2.imencode(".png", image)[1].tobytes())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
