"""Bodies by their SHA-256: whole or not there. What has come of one so far is kept apart, for each station by itself.

`append` and `finish` return when the bytes are on the disk, so an offset that was acknowledged survives a cut.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from station.ports import BodyDamaged, BodyMissing, StoreError, StoreFull


class WrongOffset(Exception):
    """The chunk does not begin where what is held ends; `held` is where."""

    def __init__(self, held: int) -> None:
        super().__init__(f"held up to {held}")
        self.held = held


class Bodies(Protocol):
    """Each call is safe to repeat. `StoreFull` and `StoreError` change nothing that was acknowledged."""

    def has(self, sha256: str) -> bool: ...

    def offset(self, station_id: str, sha256: str) -> int:
        """How much of an unfinished body is held."""
        ...

    def append(self, station_id: str, sha256: str, offset: int, chunk: bytes) -> int:
        """The new offset; `WrongOffset`."""
        ...

    def finish(self, station_id: str, sha256: str) -> None:
        """From here on it is held. `BodyDamaged` when the bytes are others: what came is thrown away."""
        ...

    def settle(self, sha256: str) -> None:
        """To be called before anything is promised of a body that `has` knows of: it is held after a cut, too."""
        ...

    def put(self, body: bytes) -> str:
        """A whole body of our own; its SHA-256."""
        ...

    def get(self, sha256: str) -> bytes:
        """`BodyMissing`, or `BodyDamaged` when the bytes are no longer those of the hash."""
        ...

    def remove(self, sha256: str) -> None:
        """For a damaged body that its station still has: it is not held any more."""
        ...


class FolderBodies:
    """Files under `whole/` and `unfinished/`."""

    def __init__(self, folder: Path) -> None:
        self._whole, self._unfinished = folder / "whole", folder / "unfinished"
        for made in (folder, self._whole, self._unfinished):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)

    def has(self, sha256: str) -> bool:
        path = self._path(sha256)
        with _disk_errors(path):
            return path.exists()

    def offset(self, station_id: str, sha256: str) -> int:
        part = self._part(station_id, sha256)
        with _disk_errors(part):
            return part.stat().st_size if part.exists() else 0

    def append(self, station_id: str, sha256: str, offset: int, chunk: bytes) -> int:
        held = self.offset(station_id, sha256)
        if offset != held:
            raise WrongOffset(held)
        part = self._part(station_id, sha256)
        with _disk_errors(part):
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                self._write(descriptor, offset, chunk)
            finally:
                os.close(descriptor)
            if offset == 0:
                sync_folder(self._unfinished)
        return offset + len(chunk)

    def _write(self, descriptor: int, offset: int, chunk: bytes) -> None:
        view, at = memoryview(chunk), offset
        try:
            while view:
                written = os.pwrite(descriptor, view, at)
                view, at = view[written:], at + written
            os.fsync(descriptor)
        except OSError:
            # Else half a chunk would count as held.
            os.ftruncate(descriptor, offset)
            raise

    def finish(self, station_id: str, sha256: str) -> None:
        if self.has(sha256):
            return
        part = self._part(station_id, sha256)
        with _disk_errors(part):
            if not part.exists():
                raise BodyMissing(f"body {sha256[:12]}: nothing of it is held")
            with part.open("rb") as file:
                made = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())  # the process that wrote the end may have been killed before it did
            if made != sha256:
                part.unlink()
                raise BodyDamaged(f"body {sha256[:12]}: other bytes came than those of its hash")
        self._move(part, sha256)

    def settle(self, sha256: str) -> None:
        folder = self._path(sha256).parent
        with _disk_errors(folder):
            sync_folder(folder)
            sync_folder(self._whole)

    def put(self, body: bytes) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        part = self._unfinished / f"own-{sha256}"
        with _disk_errors(part):
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                self._write(descriptor, 0, body)
            finally:
                os.close(descriptor)
        self._move(part, sha256)
        return sha256

    def get(self, sha256: str) -> bytes:
        path = self._path(sha256)
        with _disk_errors(path):
            if not path.exists():
                raise BodyMissing(f"body {sha256[:12]}: not here")
            body = path.read_bytes()
        if hashlib.sha256(body).hexdigest() != sha256:
            raise BodyDamaged(f"body {sha256[:12]}: not the bytes of its hash any more")
        return body

    def remove(self, sha256: str) -> None:
        path = self._path(sha256)
        with _disk_errors(path):
            path.unlink(missing_ok=True)

    def _move(self, part: Path, sha256: str) -> None:
        path = self._path(sha256)
        with _disk_errors(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            part.replace(path)
        self.settle(sha256)

    def _path(self, sha256: str) -> Path:
        return self._whole / sha256[:2] / sha256

    def _part(self, station_id: str, sha256: str) -> Path:
        # By station: what one sends under another's hash cannot spoil the other's upload.
        owner = hashlib.sha256(station_id.encode()).hexdigest()[:16]
        return self._unfinished / f"{owner}-{sha256}"


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"{path.parent}: the disk is full; make room") from None
        raise StoreError(f"{path.parent}: {errno.errorcode.get(wrong.errno or 0, 'unknown error')}") from wrong


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
