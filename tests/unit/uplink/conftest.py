"""A station with its real log and vault, and a real centre behind a real server on the loopback."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from station.central.centre import Centre
from station.central.gateway import app
from station.central.issuer import Issuer
from station.central.issuing import IssuerTools
from station.central.serve import CentreSettings, open_centre
from station.domain.citizen import Biodata, Nik, Sex
from station.domain.enrolment import RECORD
from station.domain.events import (
    BiodataReadOut,
    CitizenConfirmed,
    EnrolmentOpened,
    RecordSealed,
    VerificationWaived,
)
from station.package import SEALED_PACKAGE, CapturedPart, Confirmation, EnrolmentPackage, Modality, encode
from station.ports import EventLog, Vault
from station.sealing.key_ring import StationKeyRing
from station.sealing.suites import seal
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from station.uplink import (
    CursorStore,
    FileCursors,
    Pairing,
    StationIdentity,
    TurnReport,
    Uplink,
    UplinkParts,
    pair,
)
from station.wire import enrolment_context

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
START_TIMEOUT_S = 20.0


@dataclass
class HandClock:
    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


def _portrait(record: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha256(record).digest()
    return b"card" + digest, b"chip" + digest


TOOLS = IssuerTools(
    portrait=_portrait,
    signature_bitmap=lambda strokes: hashlib.sha256(strokes).digest() * 29,
    templates=lambda records: tuple(b"minutiae of " + record for record in records),
)


def make_package(station_id: str, record_id: str, serial: int, padding: int) -> EnrolmentPackage:
    biodata = Biodata(
        nik=Nik(f"990101010190{serial:04d}"),
        nama="CONTOH WARGA",
        tempat_lahir="KOTA CONTOH",
        tanggal_lahir=date(1990, 1, 1),
        jenis_kelamin=Sex.MALE,
        golongan_darah="O",
        alamat="JL. CONTOH NO. 1",
        rt="001",
        rw="002",
        kelurahan="CONTOH",
        kecamatan="CONTOH",
        kabupaten="KOTA CONTOH",
        provinsi="CONTOH",
        region_code="9901011001",
        region_table="contoh",
        agama="ISLAM",
        status_perkawinan="BELUM KAWIN",
        pekerjaan="PETANI",
    )
    return EnrolmentPackage(
        record_id=record_id,
        station_id=station_id,
        operator="op",
        opened_at=START,
        biodata=biodata,
        captures=(
            CapturedPart(Modality.FACE, "face", b"face" + os.urandom(padding), "jpeg", 80, "camera", 1),
            CapturedPart(Modality.FINGER, "right_index", b"finger", "wsq", 60, "scanner", 1),
        ),
        strokes=b"strokes",
        missing=(),
        corrections=(),
        verifications=(),
        waiver="device",
        confirmation=Confirmation("signature", b"mark", START),
    )


Change = Callable[[str, str, bytes], bytes | None]
"""(method, path, answer) -> another answer, or None to cut the line instead of answering."""


@dataclass
class Middle:
    """Who sits between station and centre: may change answers, and may let the line be cut on the way there."""

    inner: Any
    change: Change | None = None
    cut_request: Callable[[str, str], bool] | None = None
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        self.asked.append(f"{scope['method']} {scope['path']}")
        if self.cut_request and self.cut_request(scope["method"], scope["path"]):
            return  # uvicorn ends the connection without an answer of ours
        start: dict[str, Any] = {}
        body = b""

        async def keep(message: Any) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body += message.get("body", b"")

        await self.inner(scope, receive, keep)
        answer: bytes | None = body
        if self.change and start["status"] == 200:
            answer = self.change(scope["method"], scope["path"], body)
        if answer is None:
            return
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        length = (b"content-length", str(len(answer)).encode())
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": answer})


@dataclass
class CentreAtWork:
    """`centre` is a second hand on the same folder: the server has its own."""

    url: str
    centre: Centre
    middle: Middle
    clock: HandClock

    def issue(self) -> None:
        """All that is due; the server does not issue by itself here."""
        issuer = Issuer(self.centre, TOOLS)
        for job in issuer.look():
            issuer.keep(job, issuer.make(job))

    @property
    def issuer(self) -> Issuer:
        return Issuer(self.centre, TOOLS)


@contextmanager
def centre_at_work(folder: Path, clock: HandClock) -> Iterator[CentreAtWork]:
    settings = CentreSettings(centre_id="c-1", clock=clock)
    behind, beside = open_centre(folder, settings), open_centre(folder, settings)
    middle = Middle(app(behind, Issuer(behind, TOOLS)))
    config = uvicorn.Config(middle, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    pause = threading.Event()
    for _ in range(int(START_TIMEOUT_S / 0.01)):
        if server.started:
            break
        pause.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield CentreAtWork(f"http://127.0.0.1:{port}", beside, middle, clock)
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT_S)
        for centre in (behind, beside):
            centre.parts.catalogue.close()


@dataclass
class Office:
    """One station: records people, and turns its uplink."""

    ring: StationKeyRing
    log: EventLog
    vault: Vault
    pairing: Pairing
    endpoint: str
    cursors: CursorStore
    clock: HandClock

    @property
    def parts(self) -> UplinkParts:
        identity = StationIdentity(self.pairing.station_id, self.ring.signing, (self.ring.sealing,))
        return UplinkParts(
            self.log, self.vault, identity, self.pairing, self.endpoint, self.cursors, self.clock, os.urandom
        )

    def record(self, record_id: str, *, serial: int = 1, padding: int = 0, body: bytes | None = None) -> bytes:
        """A finished record; `body` stands in for its sealed package."""
        station_id = self.pairing.station_id
        if body is None:
            packed = encode(make_package(station_id, record_id, serial, padding))
            body = seal(packed, self.pairing.sealing, context=enrolment_context(station_id, record_id))
        kept = self.vault.put(record_id, SEALED_PACKAGE, body)
        self.log.append(
            EnrolmentOpened(record_id, "listed", "contoh", "op"),
            BiodataReadOut(record_id, (), "op"),
            VerificationWaived(record_id, "device", "op"),
            CitizenConfirmed(record_id, "signature"),
            RecordSealed(record_id, "suite", self.pairing.sealing.key_id, kept.sha256, kept.size_bytes),
        )
        return body

    def turn(self, **changes: Any) -> TurnReport:
        return asyncio.run(Uplink(dataclasses.replace(self.parts, **changes)).turn())

    def state(self, record_id: str) -> str:
        subject = self.log.subject(RECORD.name, record_id)
        assert subject is not None
        return subject.state

    def kinds(self, record_id: str) -> list[str]:
        return [entry.event.kind for entry in self.log.history(RECORD.name, record_id)]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def at_work(tmp_path: Path, clock: HandClock) -> Iterator[CentreAtWork]:
    with centre_at_work(tmp_path / "centre", clock) as made:
        yield made


@contextmanager
def office_of(at_work: CentreAtWork, folder: Path, station_id: str) -> Iterator[Office]:
    ring = StationKeyRing.generate(suite=2)
    folder.mkdir(mode=0o700)
    code = at_work.centre.new_pairing_code(station_id)
    pairing = asyncio.run(pair(at_work.url, code, ring.signing.public, ring.sealing.public, random=os.urandom))
    with SqliteEventLog(folder, at_work.clock) as log, SqliteVault(folder, ring, at_work.clock) as vault:
        cursors = FileCursors(folder / "uplink.json")
        yield Office(ring, log, vault, pairing, at_work.url, cursors, at_work.clock)


@pytest.fixture
def office(at_work: CentreAtWork, tmp_path: Path) -> Iterator[Office]:
    with office_of(at_work, tmp_path / "office", "s-1") as made:
        yield made


@pytest.fixture
def other_office(at_work: CentreAtWork, tmp_path: Path) -> Iterator[Office]:
    with office_of(at_work, tmp_path / "other", "s-2") as made:
        yield made


@pytest.fixture
def tools() -> IssuerTools:
    return TOOLS
