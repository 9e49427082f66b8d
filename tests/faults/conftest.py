"""Every fault test may ask for a disk that records, on which SQLite checkpoints often."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import pytest

from tests.faults.recording_disk import Disk, RecordingVfs


def checkpoint_often(connection: apsw.Connection) -> None:
    connection.wal_autocheckpoint(20)  # a cut in the middle of a checkpoint is the hardest case


@pytest.fixture
def disk() -> Iterator[Disk]:
    recorded = Disk()
    vfs = RecordingVfs(recorded)
    apsw.connection_hooks.append(checkpoint_often)
    yield recorded
    apsw.connection_hooks.remove(checkpoint_often)
    vfs.unregister()
