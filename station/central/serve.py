"""A centre on one machine: SQLite and a folder, nothing to install. One process runs it; others look in beside it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from station.central import schema
from station.central.bodies import FolderBodies
from station.central.catalogue import Catalogue
from station.central.centre import Centre, CentreParts
from station.central.database import SqliteDatabase
from station.central.gateway import app
from station.central.issuer import VALIDITY, Issuer
from station.central.issuing import IssuerTools
from station.central.keys import centre_keys, person_secret
from station.central.stations import Stations
from station.ports import Clock, Random, StoreError
from station.sealing.key_ring import KeyGuard, PlainFileGuard
from station.store.folder import Ownership

STOP_TIMEOUT_S = 2
_START_TIMEOUT_S = 15.0
_POLL_S = 0.01
_CATALOGUE_FILE = "catalogue.db"


@dataclass(frozen=True, slots=True)
class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CentreSettings:
    """`prr_delay_s`: from receipt to print-ready record; a real centre takes days."""

    centre_id: str = "centre"
    prr_delay_s: float = 0.0
    validity: timedelta = VALIDITY
    guard: KeyGuard = field(default_factory=PlainFileGuard)
    clock: Clock = field(default_factory=SystemClock)
    random: Random = os.urandom


def open_centre(folder: Path, settings: CentreSettings, *, makes_keys: bool = True) -> Centre:
    """Makes folder and tables that are missing, and before the first station the keys; `StoreError` when they are lost.

    Whoever may make keys owns the folder (`_owned`), or two would make them at once. Others open it beside the owner.
    """
    path = folder / _CATALOGUE_FILE
    if not (makes_keys or path.exists()):
        raise StoreError(f"{folder}: no centre here; start it first: ektp central run --data {folder}")
    _make_private(folder)
    with ExitStack() as opened:
        database = SqliteDatabase(path)
        opened.callback(database.close)
        schema.prepare(database)
        has_stations = Stations(database).count() > 0
        keys = centre_keys(folder, settings.guard, makes_keys=makes_keys, has_stations=has_stations)
        secret = person_secret(folder, settings.random, makes_keys=makes_keys, has_stations=has_stations)
        parts = CentreParts(
            centre_id=settings.centre_id,
            keys=keys,
            catalogue=Catalogue(database, keys.signing),
            bodies=FolderBodies(folder / "bodies"),
            clock=settings.clock,
            random=settings.random,
            person_secret=secret,
            prr_delay=timedelta(seconds=settings.prr_delay_s),
        )
        opened.pop_all()
    return Centre(parts)


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


@contextmanager
def _owned(folder: Path, settings: CentreSettings) -> Iterator[Centre]:
    """One process runs a folder's centre; `StoreError` names the one that does."""
    _make_private(folder)
    with Ownership(folder):
        centre = open_centre(folder, settings)
        try:
            yield centre
        finally:
            centre.parts.catalogue.close()


def new_pairing_code(folder: Path, station_id: str, settings: CentreSettings | None = None) -> str:
    """Beside a running centre or after one: the catalogue lets two in, one after the other."""
    centre = open_centre(folder, settings or CentreSettings(), makes_keys=False)
    try:
        return centre.new_pairing_code(station_id)
    finally:
        centre.parts.catalogue.close()


async def serve(
    folder: Path, tools: IssuerTools, *, host: str = "127.0.0.1", port: int = 8440, settings: CentreSettings
) -> None:
    """Until a signal or cancellation; requests under way get 2 s to end."""
    with _owned(folder, settings) as centre:
        await _server(centre, tools, settings, host, port).serve()


@dataclass(frozen=True, slots=True)
class Running:
    """A centre in a thread of this process. `centre` may be used only while nothing is asked of it."""

    url: str
    centre: Centre


@contextmanager
def running(
    folder: Path, tools: IssuerTools, *, host: str = "127.0.0.1", port: int = 0, settings: CentreSettings
) -> Iterator[Running]:
    """For a demonstration or test: the same server, in a thread, on a port of its own."""
    with _owned(folder, settings) as centre:
        server = _server(centre, tools, settings, host, port)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="centre", daemon=True)
        thread.start()
        try:
            yield Running(f"http://{host}:{_port(server, thread)}", centre)
        finally:
            server.should_exit = True
            thread.join(timeout=_START_TIMEOUT_S)


def _server(centre: Centre, tools: IssuerTools, settings: CentreSettings, host: str, port: int) -> uvicorn.Server:
    application = app(centre, Issuer(centre, tools, validity=settings.validity))
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
        limit_concurrency=256,
    )
    return uvicorn.Server(config)


def _port(server: uvicorn.Server, thread: threading.Thread) -> int:
    deadline = threading.Event()
    for _ in range(int(_START_TIMEOUT_S / _POLL_S)):
        if server.started or not thread.is_alive():
            break
        deadline.wait(_POLL_S)
    if not server.started:
        raise RuntimeError("the centre did not start; is its port taken?")
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port
