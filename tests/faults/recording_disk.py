"""A disk that remembers what was asked of it: it can fail on demand, and tells what it may hold after a power cut.

A VFS records every write, sync and removal. A cut keeps what was synced before it; each later write is kept, torn at
512 bytes, or lost, by a seeded choice. The clock stands still, so that nothing but the disk differs.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import apsw

SECTOR = 512


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Deed:
    """What was asked of the disk: "write" at an offset, "truncate" to one, "sync", or "remove"."""

    what: str
    path: str
    offset: int = 0
    data: bytes = b""


def nothing_fails(deed: Deed) -> None:
    pass


@dataclass
class Disk:
    """Everything that was asked of the disk, in order; `fails` may raise instead of doing it."""

    deeds: list[Deed] = field(default_factory=list)
    fails: Callable[[Deed], None] = nothing_fails

    def do(self, deed: Deed) -> None:
        self.fails(deed)
        self.deeds.append(deed)


class RecordingFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.do(Deed("write", self.path, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.do(Deed("truncate", self.path, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.do(Deed("sync", self.path))
        super().xSync(flags)


class RecordingVfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__("recording", "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> RecordingFile:
        return RecordingFile(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.disk.do(Deed("remove", filename))
        super().xDelete(filename, syncdir)


def after_a_cut(deeds: list[Deed], chance: random.Random) -> dict[str, bytes]:
    """File by file, what the disk may hold when the power went after these deeds."""
    kept: dict[str, bytearray] = {}
    unsynced: dict[str, list[Deed]] = {}
    for deed in deeds:
        if deed.what == "remove":
            kept.pop(deed.path, None)
            unsynced.pop(deed.path, None)
        elif deed.what == "sync":
            for earlier in unsynced.pop(deed.path, []):
                apply(kept[deed.path], earlier)
        else:
            kept.setdefault(deed.path, bytearray())
            unsynced.setdefault(deed.path, []).append(deed)
    loses_all = chance.random() < 0.3
    for path, pending in unsynced.items():
        for deed in pending:
            if (fate := chance.random()) >= 0.4 and not loses_all:
                apply(kept[path], torn(deed, chance) if fate < 0.7 else deed)
    return {path: bytes(data) for path, data in kept.items()}


def torn(deed: Deed, chance: random.Random) -> Deed:
    if deed.what != "write":
        return deed
    return Deed("write", deed.path, deed.offset, deed.data[: chance.randrange(len(deed.data) // SECTOR + 1) * SECTOR])


def apply(data: bytearray, deed: Deed) -> None:
    end = deed.offset + len(deed.data)
    data.extend(bytes(max(0, end - len(data))))
    if deed.what == "write":
        data[deed.offset : end] = deed.data
    else:
        del data[deed.offset :]


def lay_out(files: dict[str, bytes], was: Path, now: Path) -> None:
    for path, data in files.items():
        place = now / Path(path).relative_to(was)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_bytes(data)
