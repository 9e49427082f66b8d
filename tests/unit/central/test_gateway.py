"""The centre over HTTP: whatever is asked gets a bounded answer; keys and codes are made beside a running server."""

from __future__ import annotations

import asyncio
import http.client
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from station.central.gateway import Gateway, app
from station.central.issuer import Issuer
from station.central.serve import CentreSettings, new_pairing_code, running, serve
from station.ports import StoreFull
from station.sealing.key_ring import StationKeyRing
from station.uplink import pair
from station.wire import Problem


@pytest.fixture
def url(tmp_path: Any, tools: Any) -> Iterator[str]:
    with running(tmp_path / "served", tools, settings=CentreSettings(centre_id="c-1")) as at:
        yield at.url


def ask(url: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/manifest"),
        ("PATCH", "/v1/bodies/" + "ab" * 32),
        ("GET", "/v1/bodies/" + "ab" * 32),
        ("POST", "/v1/log"),
        ("GET", "/v1/downlink?after=0"),
    ],
)
def test_unsigned_request_is_refused(url: str, method: str, path: str) -> None:
    status, body, _ = ask(url, method, path)
    assert (status, Problem.decode(body).code) == (400, "bad_message")


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/log"), ("PATCH", "/v1/bodies/" + "ab" * 32)])
def test_more_than_may_come_is_not_read(url: str, method: str, path: str) -> None:
    status, body, _ = ask(url, method, path, bytes(5 * 1024 * 1024))
    assert (status, Problem.decode(body).code) == (413, "too_large")


@pytest.mark.parametrize("body", [b"", b"{", b'{"v":1}', b"\xff" * 100])
def test_pairing_request_that_is_none_is_refused(url: str, body: bytes) -> None:
    status, answer, _ = ask(url, "POST", "/v1/pair", body)
    assert (status, Problem.decode(answer).code) == (400, "bad_message")


def test_code_made_beside_the_running_centre_pairs(url: str, tmp_path: Any) -> None:
    code = new_pairing_code(tmp_path / "served", "s-1")
    ring = StationKeyRing.generate(2)
    pairing = asyncio.run(pair(url, code, ring.signing.public, ring.sealing.public, random=os.urandom))
    assert (pairing.station_id, pairing.centre_id) == ("s-1", "c-1")


def test_nothing_in_the_folder_can_be_read_by_others(url: str, tmp_path: Any) -> None:
    folder = tmp_path / "served"
    open_to_others = [p.name for p in (folder, *folder.rglob("*")) if stat.S_IMODE(p.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_record_that_is_due_is_issued_by_itself(centre: Any, station: Any, tools: Any) -> None:
    """By the loop that the server's lifespan runs."""

    async def work() -> None:
        gateway = Gateway(centre, Issuer(centre, tools))
        done = asyncio.Event()
        original = centre.note_status

        def note(record: Any, status: str, now: Any) -> None:
            original(record, status, now)
            if status == "PRINT_READY_RECORD":
                loop.call_soon_threadsafe(done.set)

        loop = asyncio.get_running_loop()
        centre.note_status = note
        async with asyncio.timeout(20), gateway.lifespan(app(centre, Issuer(centre, tools))):
            await done.wait()

    station.send("r-1")
    asyncio.run(work())
    assert centre.parts.catalogue.records.statuses("r-1") == ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]


class FullDisk:
    """A body store with no room left."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def offset(self, station_id: str, sha256: str) -> int:
        raise StoreFull("full")


@contextmanager
def served(application: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    pause = threading.Event()
    while not server.started and thread.is_alive():
        pause.wait(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


def test_full_disk_asks_the_station_to_come_back_later(centre: Any, station: Any, clock: Any, issuer: Any) -> None:
    from station.wire import Manifest, ManifestEntry, SignedRequest

    centre._bodies = FullDisk(centre._bodies)
    body = Manifest("s-1", (ManifestEntry("r-1", "ab" * 32, 5),)).encode()
    signed = SignedRequest.make(
        station.signing, "s-1", clock.now(), os.urandom(16), method="POST", target="/v1/manifest", offset="", body=body
    )
    with served(app(centre, issuer)) as url:
        status, answer, headers = ask(url, "POST", "/v1/manifest", body, signed.headers())
    assert (status, Problem.decode(answer).code, headers["retry-after"]) == (507, "store_full", "300")


def test_serving_ends_when_it_is_cancelled(tmp_path: Any, tools: Any) -> None:
    async def work() -> None:
        serving = asyncio.create_task(serve(tmp_path / "c", tools, port=0, settings=CentreSettings()))
        async with asyncio.timeout(20):
            while not (tmp_path / "c" / "catalogue.db").exists():
                await asyncio.sleep(0)
            serving.cancel()
            await asyncio.wait([serving])

    asyncio.run(work())
