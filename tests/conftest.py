"""What every test may ask for: a foreign program, which is skipped where it is missing and required where peers are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

PeerFinder = Callable[[str, str], Path]
GoWithout = Callable[[str], NoReturn]


@pytest.fixture(scope="session")
def go_without() -> GoWithout:
    """`go_without(what)` skips the test for want of something foreign, or fails it where peers are required."""

    def give_up(what: str) -> NoReturn:
        if os.environ.get("EKTP_PEERS") == "required":
            pytest.fail(f"{what}, and EKTP_PEERS=required")
        pytest.skip(what)

    return give_up


@pytest.fixture(scope="session")
def require_peer(go_without: GoWithout) -> PeerFinder:
    """`require_peer(name, executable)` is the program's path; without it the test goes without."""

    def find(name: str, executable: str) -> Path:
        found = shutil.which(executable)
        return Path(found) if found else go_without(f"{name}: {executable} is not installed")

    return find
