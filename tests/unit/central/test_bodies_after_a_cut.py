"""A body gets its row only when bytes and name are on the disk, wherever the centre was killed before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Killed(BaseException):
    """Nothing after it is done; what was written stays in the system's memory."""


@pytest.fixture
def killed_at_sync_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """In its block, the first fsync of a file or folder whose path holds the given words ends the work."""

    class Kill:
        def __init__(self, words: str) -> None:
            self._words = words

        def __enter__(self) -> None:
            real = os.fsync

            def fsync(descriptor: int) -> None:
                if self._words in os.readlink(f"/proc/self/fd/{descriptor}"):
                    raise Killed
                real(descriptor)

            monkeypatch.setattr(os, "fsync", fsync)

        def __exit__(self, *error: object) -> None:
            monkeypatch.undo()

    return Kill


@pytest.fixture
def synced(centre: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[tuple[Path, int]]]:
    """Watches from the call on: (path, records there were) of each fsync."""

    def watch() -> list[tuple[Path, int]]:
        seen: list[tuple[Path, int]] = []
        real = os.fsync

        def fsync(descriptor: int) -> None:
            real(descriptor)
            seen.append((Path(os.readlink(f"/proc/self/fd/{descriptor}")), centre.parts.catalogue.records.count()))

        monkeypatch.setattr(os, "fsync", fsync)
        return seen

    return watch


def test_bytes_written_before_a_kill_are_on_the_disk_before_they_count_as_held(
    centre: Any, station: Any, make_package: Any, killed_at_sync_of: Any, synced: Any
) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    with killed_at_sync_of("unfinished"), pytest.raises(Killed):
        centre.chunk(station.known, sha256, 0, body)
    seen = synced()
    assert centre.chunk(station.known, sha256, 0, body).complete
    of_the_bytes = [rows for path, rows in seen if path.parent.name == "unfinished" and path.name.endswith(sha256)]
    assert of_the_bytes == [0]


@pytest.mark.parametrize("by_chunk", [True, False])
def test_name_given_before_a_kill_is_on_the_disk_before_the_row(
    centre: Any, station: Any, make_package: Any, killed_at_sync_of: Any, synced: Any, tmp_path: Path, by_chunk: bool
) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    with killed_at_sync_of("whole"), pytest.raises(Killed):
        centre.chunk(station.known, sha256, 0, body)
    assert centre.parts.bodies.has(sha256)
    seen = synced()
    if by_chunk:
        assert centre.chunk(station.known, sha256, len(body), b"").complete
    else:
        assert station.announce("r-1", body) == (sha256, None)
    whole = tmp_path / "centre" / "bodies" / "whole"
    assert {(whole, 0), (whole / sha256[:2], 0)} <= set(seen)
    assert centre.parts.catalogue.records.count() == 1
