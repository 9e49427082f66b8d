"""A centre without HTTP, stations that are keys, and packages of people who do not exist."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from station.central.centre import Centre
from station.central.issuer import Issuer
from station.central.issuing import IssuerTools
from station.central.serve import CentreSettings, open_centre
from station.central.stations import Station
from station.domain.citizen import Biodata, Nik, Sex
from station.domain.events import RecordSealed
from station.package import (
    CapturedPart,
    Confirmation,
    EnrolmentPackage,
    Modality,
    Verification,
    encode,
)
from station.sealing.signatures import SigningKey, generate_signing_key
from station.sealing.suites import SealingKey, SealingPublicKey, generate_sealing_key, seal
from station.store.chain import GENESIS, Line, next_line
from station.wire import (
    CHUNK_BYTES_MAX,
    LogEntry,
    LogHead,
    LogPage,
    LogReply,
    Manifest,
    ManifestEntry,
    PairRequest,
    UploadState,
    enrolment_context,
)
from station.wire.fields import Fields
from station.wire.pairing import proof_key

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
AT = START.isoformat(timespec="milliseconds")


@dataclass
class HandClock:
    """Stands still until it is set."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


def biodata(serial: int) -> Biodata:
    return Biodata(
        nik=Nik(f"990101010190{serial:04d}"),
        nama=f"CONTOH WARGA {chr(64 + serial)}",
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


def package(station_id: str, record_id: str, *, serial: int = 1, padding: int = 0) -> EnrolmentPackage:
    finger = [
        CapturedPart(Modality.FINGER, name, b"finger " + name.encode(), "wsq", quality, "scanner", 1)
        for name, quality in (("right_index", 60), ("right_middle", 90), ("left_index", 50), ("left_thumb", 95))
    ]
    return EnrolmentPackage(
        record_id=record_id,
        station_id=station_id,
        operator="op",
        opened_at=START,
        biodata=biodata(serial),
        captures=(CapturedPart(Modality.FACE, "face", b"face" + bytes(padding), "jpeg", 80, "camera", 1), *finger),
        strokes=b"strokes",
        missing=(),
        corrections=(),
        verifications=(Verification("right_index", 99),),
        waiver="",
        confirmation=Confirmation("signature", b"mark", START),
    )


def _portrait(record: bytes) -> tuple[bytes, bytes]:
    if not record.startswith(b"face"):
        raise ValueError("no face")
    digest = hashlib.sha256(record).digest()
    return b"card" + digest, b"chip" + digest


TOOLS = IssuerTools(
    portrait=_portrait,
    signature_bitmap=lambda strokes: hashlib.sha256(strokes).digest() * 29,
    templates=lambda records: tuple(b"minutiae of " + r if r.startswith(b"finger ") else b"" for r in records),
)


@dataclass
class FieldStation:
    """A station's keys, log and packages; it speaks to the centre by calls."""

    centre: Centre
    station_id: str
    signing: SigningKey = field(default_factory=generate_signing_key)
    sealing: SealingKey = field(default_factory=lambda: generate_sealing_key(2))
    lines: list[Line] = field(default_factory=list)

    @property
    def known(self) -> Station:
        return Station(self.station_id, self.signing.public, self.sealing.public)

    @property
    def centre_key(self) -> SealingPublicKey:
        return self.centre.parts.keys.sealing[0].public

    def pair(self) -> None:
        code = self.centre.new_pairing_code(self.station_id)
        request = PairRequest(self.signing.public, self.sealing.public, bytes(16)).proven(proof_key(code))
        assert self.centre.pair(request).station_id == self.station_id

    def sealed(self, given: EnrolmentPackage) -> bytes:
        return seal(encode(given), self.centre_key, context=enrolment_context(self.station_id, given.record_id))

    def log_seal(self, record_id: str, body: bytes, *, epoch: int = 1) -> None:
        event = RecordSealed(record_id, "suite", "key", hashlib.sha256(body).hexdigest(), len(body))
        self.lines.append(next_line(self.lines[-1] if self.lines else None, epoch, AT, event))

    def announce(self, record_id: str, body: bytes) -> tuple[str, int | None]:
        """(SHA-256, offset held or None for all of it)."""
        sha256 = hashlib.sha256(body).hexdigest()
        manifest = Manifest(self.station_id, (ManifestEntry(record_id, sha256, len(body)),))
        reply = self.centre.manifest(self.known, manifest)
        return sha256, next((missing.offset for missing in reply.missing), None)

    def upload(self, record_id: str, body: bytes) -> UploadState:
        sha256, offset = self.announce(record_id, body)
        state = UploadState(offset or 0, offset is None)
        while not state.complete:
            chunk = body[state.offset : state.offset + CHUNK_BYTES_MAX]
            state = self.centre.chunk(self.known, sha256, state.offset, chunk)
        return state

    def page(self, *waiting: str, after: int = 0) -> LogPage:
        entries = tuple(
            LogEntry.from_fields(fields_of(line)) for line in self.lines[after:]
        )
        last = self.lines[-1] if self.lines else None
        head = LogHead(self.station_id, last.epoch, last.seq, last.hash) if last else LogHead(
            self.station_id, 0, 0, GENESIS
        )
        return LogPage(self.station_id, entries, head.signed(self.signing), waiting)

    def send_log(self, *waiting: str, after: int = 0) -> LogReply:
        return self.centre.log_page(self.known, self.page(*waiting, after=after))

    def send(self, record_id: str, *, serial: int = 1, padding: int = 0) -> bytes:
        """A whole record: sealed, logged, uploaded. The sealed bytes."""
        body = self.sealed(package(self.station_id, record_id, serial=serial, padding=padding))
        self.log_seal(record_id, body)
        assert self.upload(record_id, body).complete
        return body


def fields_of(line: Line) -> Fields:
    return Fields({**dataclasses.asdict(line), "data": json.loads(line.data)}, "line")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def centre(tmp_path: Path, clock: HandClock) -> Iterator[Centre]:
    made = open_centre(tmp_path / "centre", CentreSettings(centre_id="c-1", clock=clock))
    yield made
    made.parts.catalogue.close()


@pytest.fixture
def issuer(centre: Centre) -> Issuer:
    return Issuer(centre, TOOLS)


@pytest.fixture
def issue_with(centre: Centre) -> Callable[[IssuerTools], None]:
    """One round of issuing with other tools."""

    def work(tools: IssuerTools) -> None:
        issue_all(Issuer(centre, tools))

    return work


def issue_all(issuer: Issuer) -> None:
    for job in issuer.look():
        issuer.keep(job, issuer.make(job))


@pytest.fixture
def issue(issuer: Issuer) -> Callable[[], None]:
    return lambda: issue_all(issuer)


@pytest.fixture
def station(centre: Centre) -> FieldStation:
    made = FieldStation(centre, "s-1")
    made.pair()
    return made


@pytest.fixture
def other_station(centre: Centre) -> FieldStation:
    made = FieldStation(centre, "s-2")
    made.pair()
    return made


@pytest.fixture
def make_package() -> Callable[..., EnrolmentPackage]:
    return package


@pytest.fixture
def tools() -> IssuerTools:
    return TOOLS
