"""A data folder has one owner, is closed to others, and says when it is nearly full before anything is written."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from station.ports import StoreError, StoreFull

RESERVE_BYTES = 64 * 2**20
"""Kept free for the log, so that what happens can still be written down when bodies no longer fit."""

_LOCK_NAME = "owner.lock"


class Ownership:
    """The one owner of a folder, until closed or until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self._path = folder / _LOCK_NAME
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StoreError(f"{folder}: in use by process {owner}; stop it first, or ask it to do the work") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    @property
    def closed(self) -> bool:
        return self._descriptor < 0

    def close(self) -> None:
        # The file stays: removing it would let two owners lock two files of one name.
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Ownership:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def make_private_folder(folder: Path) -> None:
    """0700, made when missing; `StoreError` when it exists and others may enter."""
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
        mode = folder.stat().st_mode & 0o777
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made or read ({error.strerror}); choose another folder") from None
    if mode & 0o077:
        raise StoreError(f"{folder}: mode {mode:03o} lets others in; run: chmod 700 {folder}")


def make_private_file(path: Path) -> None:
    """An empty file of mode 0600 whose name is on disk; one that exists is left as it is."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(f"{path}: cannot be made ({error.strerror}); look at the disk") from None
    os.close(descriptor)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names made or removed in it are on disk afterwards."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_room(folder: Path, bytes_needed: int, *, reserve_bytes: int = RESERVE_BYTES) -> None:
    """`StoreFull` when the disk would have less than the reserve left."""
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < bytes_needed + reserve_bytes:
        raise StoreFull(
            f"{folder}: {free // 2**20} MiB free, {(bytes_needed + reserve_bytes) // 2**20 + 1} MiB needed; "
            "nothing was lost: let waiting records be sent, or make room on this disk, then go on"
        )
