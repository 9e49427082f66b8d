"""The offices of these tests: one that makes cards, one that records citizens, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.workflows.card_office import CardOffice, card_office
from tests.unit.workflows.recording_office import RecordingOffice, recording_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[CardOffice]:
    with card_office(tmp_path / "cards") as made:
        yield made


@pytest.fixture
def office_at_work(tmp_path: Path) -> Iterator[RecordingOffice]:
    with recording_office(tmp_path / "records") as made:
        yield made
