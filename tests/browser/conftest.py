"""The board as an office serves it: real values that a test changes, on a real server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from station.artwork.loader import TEMPLATES
from station.devices.health import Condition, Health
from station.domain.blank_stock import BlankEquation
from station.web.board import LOOK_PATIENCE_S, BoardState, CentreState, board_app

START_TIMEOUT_S = 20.0


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class Office:
    """What the board shows; `change` is seen at the next look."""

    def __init__(self) -> None:
        self.looks = 0
        self.may_look = threading.Event()
        self.may_look.set()
        self.state = BoardState(
            devices=(
                Health("fingerprint_scanner", Condition.READY, "Contoh FS-50 SN123", ""),
                Health("iris_scanner", Condition.AWAY, "", "tcp://127.0.0.1:9: connection refused"),
                Health("face_camera", Condition.NOT_CONFIGURED, "", ""),
                Health("signature_pad", Condition.AT_WORK, "Contoh P-1", ""),
                Health("kiri", Condition.NEEDS_PERSON, "Contoh K-2, 120 cards", "", ("ribbon_out", "cover_open")),
                Health("kanan", Condition.READY, "Contoh K-2, 77 cards", ""),
            ),
            queue={"waiting": 12, "held": 40, "set_aside": 1, "to_print": 7, "in_doubt": 0, "handed_over": 30},
            blanks=BlankEquation(500, 400, 50, 38, 6, 1, 3, 2, 0),
            centre=CentreState.CONNECTED,
            centre_detail="",
            keys_are_plain=False,
        )

    def look(self) -> BoardState:
        self.looks += 1
        assert self.may_look.wait(START_TIMEOUT_S)
        return self.state

    def change(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)


class Board:
    """The server; it can be stopped and started again on the same port."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.port = 0
        self.page_patience_s = LOOK_PATIENCE_S

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            board_app(self._office.look, TEMPLATES / "screens", page_patience_s=self.page_patience_s),
            log_config=None,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        assert self._server.is_up.wait(START_TIMEOUT_S)

    def stop(self) -> None:
        self._office.may_look.set()
        self._server.should_exit = True
        self._thread.join(START_TIMEOUT_S)
        assert not self._thread.is_alive()


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def board(office: Office) -> Iterator[Board]:
    board = Board(office)
    board.start()
    yield board
    board.stop()
