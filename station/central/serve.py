"""A centre on one machine: SQLite and a folder, nothing to install. Keys are made at the first start."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from station.central.bodies import FolderBodies, sync_folder
from station.central.catalogue import Catalogue
from station.central.centre import Centre, CentreParts
from station.central.database import SqliteDatabase
from station.central.gateway import app
from station.central.issuer import VALIDITY, Issuer
from station.central.issuing import IssuerTools
from station.ports import Clock, Random
from station.sealing.key_ring import CentreKeyRing, KeyGuard, PlainFileGuard, load_centre, save

STOP_TIMEOUT_S = 2
_START_TIMEOUT_S = 15.0
_POLL_S = 0.01
_SECRET_BYTES = 32
_RING_FILE = "keys.json"
_PERSON_KEY_FILE = "person.key"


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


def open_centre(folder: Path, settings: CentreSettings) -> Centre:
    """Makes folder, keys and tables that are missing; one process at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = _keys(folder / _RING_FILE, settings.guard)
    return Centre(
        CentreParts(
            centre_id=settings.centre_id,
            keys=keys,
            catalogue=Catalogue(SqliteDatabase(folder / "catalogue.db"), keys.signing),
            bodies=FolderBodies(folder / "bodies"),
            clock=settings.clock,
            random=settings.random,
            person_secret=_secret(folder / _PERSON_KEY_FILE, settings.random),
            prr_delay=timedelta(seconds=settings.prr_delay_s),
        )
    )


def new_pairing_code(folder: Path, station_id: str, settings: CentreSettings | None = None) -> str:
    """Beside a running centre or without one: the catalogue lets two in, one after the other."""
    centre = open_centre(folder, settings or CentreSettings())
    try:
        return centre.new_pairing_code(station_id)
    finally:
        centre.parts.catalogue.close()


async def serve(
    folder: Path, tools: IssuerTools, *, host: str = "127.0.0.1", port: int = 8440, settings: CentreSettings
) -> None:
    """Until a signal or cancellation; requests under way get 2 s to end."""
    centre = open_centre(folder, settings)
    try:
        await _server(centre, tools, settings, host, port).serve()
    finally:
        centre.parts.catalogue.close()


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
    centre = open_centre(folder, settings)
    server = _server(centre, tools, settings, host, port)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="centre", daemon=True)
    thread.start()
    try:
        yield Running(f"http://{host}:{_port(server, thread)}", centre)
    finally:
        server.should_exit = True
        thread.join(timeout=_START_TIMEOUT_S)
        centre.parts.catalogue.close()


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


def _keys(path: Path, guard: KeyGuard) -> CentreKeyRing:
    try:
        return load_centre(path, guard)
    except FileNotFoundError:
        ring = CentreKeyRing.generate()
        save(ring, path, guard)
        return ring


def _secret(path: Path, random: Random) -> bytes:
    """Keys the hashes of persons; without it, who is recorded twice can no longer be told."""
    if not path.exists():
        unfinished = path.with_name(path.name + ".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(random(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise RuntimeError(f"{path}: not {_SECRET_BYTES} bytes; restore it from its copy")
    return secret
