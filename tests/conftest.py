"""What every test may ask for: a foreign program, which is skipped where it is missing and required where peers are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

PeerFinder = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def require_peer() -> PeerFinder:
    """`require_peer(name, executable)` is the program's path.

    Without it the test is skipped, or fails when the environment says `EKTP_PEERS=required`.
    """

    def find(name: str, executable: str) -> Path:
        found = shutil.which(executable)
        if found is not None:
            return Path(found)
        if os.environ.get("EKTP_PEERS") == "required":
            pytest.fail(f"{name}: {executable} is not installed, and EKTP_PEERS=required")
        pytest.skip(f"{name}: {executable} is not installed")

    return find
