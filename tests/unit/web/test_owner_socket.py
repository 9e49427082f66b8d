"""Whoever asks the owner gets an answer or is told that there is none; nobody is left with a broken line."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from station.ports import StoreError
from station.web.owner_socket import SOCKET_NAME, CommandRefused, Handler, ask_owner, owner_socket

TIMEOUT_S = 20.0


def asked(folder: Path, handler: Handler) -> Mapping[str, Any] | None:
    """What one who asks for "x" gets."""

    async def work() -> Mapping[str, Any] | None:
        async with asyncio.timeout(TIMEOUT_S), owner_socket(folder, handler):
            return await asyncio.to_thread(ask_owner, folder, "x", {"n": 1})

    return asyncio.run(work())


def raising(error: Exception) -> Handler:
    def handler(_: str, __: Mapping[str, Any]) -> Mapping[str, Any]:
        raise error

    return handler


def test_a_command_comes_back_with_its_result(tmp_path: Path) -> None:
    assert asked(tmp_path, lambda name, arguments: {"name": name, **arguments}) == {"name": "x", "n": 1}


def test_a_long_answer_comes_whole(tmp_path: Path) -> None:
    answer = asked(tmp_path, lambda *_: {"entries": ["y" * 1000] * 3000})
    assert answer is not None
    assert len(answer["entries"]) == 3000


@pytest.mark.parametrize(
    ("error", "code"),
    [(CommandRefused("device", "no"), "device"), (StoreError("full"), "store"), (KeyError("WARGA CONTOH"), "bug")],
)
def test_every_failure_is_answered(tmp_path: Path, error: Exception, code: str, caplog: Any) -> None:
    with pytest.raises(CommandRefused) as caught:
        asked(tmp_path, raising(error))
    assert caught.value.code == code
    assert "WARGA" not in caught.value.text + caplog.text
    assert ("KeyError" in caplog.text) == (code == "bug")


def test_a_result_that_is_no_json_is_a_bug_and_is_answered(tmp_path: Path) -> None:
    with pytest.raises(CommandRefused) as caught:
        asked(tmp_path, lambda *_: {"bytes": b"x"})
    assert caught.value.code == "bug"


def test_nobody_there_is_no_refusal(tmp_path: Path) -> None:
    assert ask_owner(tmp_path, "x", {}) is None


@pytest.fixture
def dead_owner(tmp_path: Path) -> Callable[[bytes | None], Path]:
    """An owner that answers so and closes the line; None keeps it open in silence."""

    def start(answer: bytes | None) -> Path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / SOCKET_NAME))
        listener.listen(1)

        def serve() -> None:
            line, _ = listener.accept()
            with listener, line:
                line.recv(1000)
                if answer is None:
                    line.recv(1000)  # until the one who asked has gone
                else:
                    line.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return tmp_path

    return start


@pytest.mark.parametrize("answer", [b"", b'{"ok": tr', None])
def test_an_owner_that_does_not_answer_leaves_a_doubt(
    dead_owner: Callable[[bytes | None], Path], answer: bytes | None
) -> None:
    with pytest.raises(CommandRefused) as caught:
        ask_owner(dead_owner(answer), "x", {}, timeout_s=0.3)
    assert caught.value.code == "doubt"
