"""A missing foreign program skips a test, or fails it where peers are required; one that is there is found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Finder = Callable[[str, str], Path]
NOWHERE = "ektp-no-such-program"


def test_a_missing_program_skips_the_test(require_peer: Finder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EKTP_PEERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=NOWHERE):
        require_peer("nothing", NOWHERE)


def test_a_missing_program_fails_where_peers_are_required(
    require_peer: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKTP_PEERS", "required")
    with pytest.raises(pytest.fail.Exception, match=NOWHERE):
        require_peer("nothing", NOWHERE)


def test_a_program_that_is_there_is_found(require_peer: Finder) -> None:
    assert require_peer("python", sys.executable) == Path(sys.executable)
