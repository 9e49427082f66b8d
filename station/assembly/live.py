"""A running station: the board, the uplink and the owner's socket around one open station, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn

from station.artwork.loader import TEMPLATES
from station.assembly.benches import health_book
from station.assembly.commands import run_command
from station.assembly.station import Station
from station.assembly.uplinks import LiveUplink
from station.devices.health import HealthBook
from station.uplink.report import TurnReport
from station.web.board import BoardState, CentreState, board_app
from station.web.owner_socket import owner_socket

STOP_TIMEOUT_S = 2
START_TIMEOUT_S = 15.0
log = logging.getLogger(__name__)


class LiveStation:
    """`state` is what the board shows; the uplink's last word is kept for it."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._health: HealthBook = health_book(station.benches, station.config)
        self._centre = (CentreState.NOT_HEARD, "")

    def state(self) -> BoardState:
        events = self._station.log
        centre, centre_detail = self._centre if self._station.is_paired else (CentreState.NOT_PAIRED, "")
        count = events.count
        return BoardState(
            devices=self._health.look(),
            queue={
                "waiting": count("record", "sealed"),
                "held": count("record", "received"),
                "set_aside": count("record", "set_aside"),
                "to_print": count("authorisation", "reserved"),
                "in_doubt": count("card", "in_doubt"),
                "handed_over": count("card", "handed_over"),
            },
            blanks=events.stock(),
            centre=centre,
            centre_detail=centre_detail,
            keys_are_plain=not self._station.guard.is_safe_when_stolen,
        )

    def heard(self, report: TurnReport) -> None:
        """What the last turn of the uplink came to."""
        if report.away is not None:
            self._centre = (CentreState.AWAY, report.away.reason)
        elif report.broken:
            self._centre = (CentreState.BROKEN, report.broken)
        else:
            self._centre = (CentreState.CONNECTED, "")
        for problem in report.problems:
            log.warning("uplink: %s", problem)

    def command(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return run_command(self._station, name, arguments)


class _Commands:
    """What is asked over the socket, on threads; the uplink, on the loop, hears of what it should know."""

    def __init__(self, running: LiveStation, line: LiveUplink) -> None:
        self._running, self._line = running, line
        self._loop = asyncio.get_running_loop()

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        result = self._running.command(name, arguments)
        if name == "pair" and result["pinned"]:
            self._loop.call_soon_threadsafe(self._line.begin_anew)
        elif name in ("print.card", "print.resolve"):
            self._loop.call_soon_threadsafe(self._line.wake)
        return result


@asynccontextmanager
async def live(station: Station, *, uplink: bool = True) -> AsyncIterator[str]:
    """Everything runs while inside; yields the board's address. `OSError` when its port is taken."""
    running = LiveStation(station)
    web = station.config.web
    server = uvicorn.Server(
        uvicorn.Config(
            board_app(running.state, TEMPLATES / "screens"),
            host=web.host,
            port=web.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_TIMEOUT_S,
        )
    )
    server.capture_signals = _no_signals  # type: ignore[method-assign, assignment]  # ours are handled outside
    line = LiveUplink(station, running.heard)
    tasks = [asyncio.create_task(_served(server))]
    try:
        address = await _address(server, tasks[0])
        if uplink:
            tasks.append(asyncio.create_task(line.run()))
        async with owner_socket(station.folder, _Commands(running, line)):
            yield address
    finally:
        line.stop()
        server.should_exit = True
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


@contextmanager
def live_beside(station: Station, *, uplink: bool) -> Iterator[str]:
    """The same in a thread of its own, beside whatever the caller does with the station; yields the board's address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="live", daemon=True)
    thread.start()
    running = live(station, uplink=uplink)
    try:
        yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(START_TIMEOUT_S)
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(START_TIMEOUT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_TIMEOUT_S)
        loop.close()


async def _served(server: uvicorn.Server) -> None:
    # uvicorn ends the process when it cannot bind; here that is one error among others.
    try:
        await server.serve()
    except SystemExit as end:
        raise OSError("the board's port is taken: set web.port in station.toml") from end


async def _address(server: uvicorn.Server, task: asyncio.Task[None]) -> str:
    async with asyncio.timeout(START_TIMEOUT_S):
        while not server.started:
            if task.done():
                await task
                raise OSError("the board did not start")
            await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"http://{host}:{port}/"


class _NoSignals:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _no_signals() -> _NoSignals:
    return _NoSignals()


async def until_signal() -> None:
    """Returns at SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
