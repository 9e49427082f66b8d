"""Every test of the store may ask for a clock to set and an empty log on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.store.event_log import SqliteEventLog
from tests.unit.store.made_events import SettableClock


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def log(tmp_path: Path, clock: SettableClock) -> Iterator[SqliteEventLog]:
    with SqliteEventLog(tmp_path / "data", clock) as opened:
        yield opened
