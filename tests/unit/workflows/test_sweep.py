"""What a stop left behind is swept at the next start, and what is still needed is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import apsw
import pytest

from drivers.contracts.chip_profile import ChipFiles
from station.assembly.station import open_station
from station.config import StationConfig
from station.domain.canonical import canonical
from station.domain.citizen import Biodata, Nik, Sex
from station.domain.events import (
    BiodataReadOut,
    CardDelivered,
    CardHandedOver,
    CardInDoubt,
    CardIntended,
    CardPrinted,
    ChipIdentified,
    ChipVerified,
    CitizenConfirmed,
    DoubtResolvedLost,
    EncodingIntended,
    EnrolmentAbandoned,
    EnrolmentOpened,
    Event,
    FaceMatched,
    FingersVerified,
    PrintingIntended,
    PrintReadyRecordExpired,
    PrintReadyRecordReserved,
    PrintReadyRecordRevoked,
    RecordReceivedAtCentre,
    RecordSealed,
    RecordSetAside,
)
from station.domain.print_ready_record import PrintReadyRecord
from station.package import SEALED_PACKAGE
from station.sealing.key_ring import StationKeyRing
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from station.uplink import PRINT_READY_RECORD
from station.workflows.sweep import sweep
from tests.unit.store.made_events import SettableClock, example, with_a_loaded_blank

RING = StationKeyRing.generate()
DRAFTS = ("draft.biodata", "draft.corrections", "draft.right_four", "draft.signature", "draft.confirmation")
RECORDED: tuple[type[Event], ...] = (EnrolmentOpened, BiodataReadOut, FingersVerified, CitizenConfirmed, RecordSealed)
CARD_MADE: tuple[type[Event], ...] = (
    CardIntended,
    ChipIdentified,
    EncodingIntended,
    ChipVerified,
    FaceMatched,
    PrintingIntended,
    CardPrinted,
    CardDelivered,
)


@dataclass
class Left:
    """A station's log and vault after a stop."""

    log: SqliteEventLog
    vault: SqliteVault

    def happen(self, *kinds: type[Event], authorisation_id: str = "a-1") -> None:
        """One record, one card, and the print-ready record that is named."""
        for kind in kinds:
            told = example(kind, record_id="r-1", authorisation_id=authorisation_id, card_id="c-1", printer="printer")
            self.log.append(told)

    def keep(self, *names: str, record_id: str = "r-1") -> None:
        for name in names:
            self.vault.put(record_id, name, b"of a citizen")

    def keep_print_ready(self, authorisation_id: str = "a-1") -> None:
        self.vault.put("r-1", PRINT_READY_RECORD, canonical(print_ready_record(authorisation_id).to_json()))

    def swept(self, record_id: str = "r-1") -> set[str]:
        """What the record has after the sweep."""
        sweep(self.log, self.vault, PRINT_READY_RECORD)
        return {body.name for body in self.vault.names(record_id)}


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Left]:
    clock = SettableClock()
    with SqliteEventLog(tmp_path, clock) as log, SqliteVault(tmp_path, RING, clock, reserve_bytes=0) as vault:
        with_a_loaded_blank(log, 3)
        yield Left(log, vault)


def print_ready_record(authorisation_id: str) -> PrintReadyRecord:
    words = dict.fromkeys(("tempat_lahir", "alamat", "kelurahan", "kecamatan", "kabupaten", "provinsi"), "CONTOH")
    biodata = Biodata(
        nik=Nik("9901010101900001"),
        nama="CONTOH WARGA",
        tanggal_lahir=date(1990, 1, 1),
        jenis_kelamin=Sex.MALE,
        golongan_darah="O",
        rt="001",
        rw="002",
        region_code="9901011001",
        region_table="contoh",
        agama="ISLAM",
        status_perkawinan="BELUM KAWIN",
        pekerjaan="PETANI",
        **words,
    )
    until = datetime(2026, 12, 22, tzinfo=UTC)
    chip = ChipFiles(photo=b"p", biodata=b"b", signature=b"s", minutiae=(), issuer_signature=b"i")
    return PrintReadyRecord(authorisation_id, "r-1", "s-1", until, biodata, b"p", b"s", chip, "key")


# --- drafts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", range(1, 5))
def test_a_record_that_can_be_carried_on_keeps_its_drafts(left: Left, done: int) -> None:
    left.keep(*DRAFTS)
    left.happen(*RECORDED[:done])
    assert left.swept() == set(DRAFTS)


@pytest.mark.parametrize("after", [(), (RecordSetAside,), (RecordReceivedAtCentre,)])
def test_a_sealed_record_keeps_its_package_and_no_draft(left: Left, after: tuple[type[Event], ...]) -> None:
    left.keep(*DRAFTS, SEALED_PACKAGE, "receipt")
    left.happen(*RECORDED, *after)
    assert left.swept() == {SEALED_PACKAGE, "receipt"}


def test_drafts_of_a_record_that_was_never_opened_go_with_their_key(left: Left) -> None:
    left.keep("draft.biodata")
    assert left.swept() == set()
    assert left.vault.records() == []


def test_drafts_of_an_abandoned_record_go_with_their_key(left: Left) -> None:
    left.keep(*DRAFTS)
    left.happen(EnrolmentOpened, EnrolmentAbandoned)
    assert left.swept() == set()
    assert left.vault.records() == []


def test_bodies_that_are_no_drafts_stay_though_the_log_knows_no_such_record(left: Left) -> None:
    left.keep("citizens", record_id="carried-list")
    left.keep(SEALED_PACKAGE, record_id="r-lost")
    assert left.swept("carried-list") == {"citizens"}
    assert left.swept("r-lost") == {SEALED_PACKAGE}


# --- print-ready records ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "happened",
    [
        (PrintReadyRecordExpired,),
        (PrintReadyRecordRevoked,),
        (*CARD_MADE, CardHandedOver),
    ],
    ids=["expired", "revoked", "handed over"],
)
def test_a_print_ready_record_goes_when_its_authorisation_is_over(
    left: Left, happened: tuple[type[Event], ...]
) -> None:
    left.keep_print_ready()
    left.keep(SEALED_PACKAGE)
    left.happen(*RECORDED, PrintReadyRecordReserved, *happened)
    assert left.swept() == {SEALED_PACKAGE}


def test_a_print_ready_record_goes_when_two_people_found_no_card(left: Left) -> None:
    left.keep_print_ready()
    left.happen(PrintReadyRecordReserved, CardIntended, CardInDoubt)
    left.log.append(DoubtResolvedLost("c-1", "a-1", "op", "second"))
    assert left.swept() == set()
    assert left.vault.records() == []


@pytest.mark.parametrize(
    "happened",
    [(), (CardIntended,), (*CARD_MADE[:6], CardInDoubt), CARD_MADE],
    ids=["reserved", "at work", "in doubt", "delivered"],
)
def test_a_print_ready_record_stays_while_a_card_may_come_or_waits(
    left: Left, happened: tuple[type[Event], ...]
) -> None:
    left.keep_print_ready()
    left.happen(PrintReadyRecordReserved, *happened)
    assert left.swept() == {PRINT_READY_RECORD}


def test_a_newer_print_ready_record_outlives_the_one_it_replaced(left: Left) -> None:
    left.happen(PrintReadyRecordReserved, PrintReadyRecordExpired)
    left.happen(PrintReadyRecordReserved, authorisation_id="a-2")
    left.keep_print_ready("a-2")
    assert left.swept() == {PRINT_READY_RECORD}


def test_a_print_ready_record_whose_reservation_was_not_logged_stays(left: Left) -> None:
    left.keep_print_ready()
    assert left.swept() == {PRINT_READY_RECORD}


def test_a_damaged_body_does_not_keep_the_others_from_being_swept(left: Left, tmp_path: Path) -> None:
    left.keep_print_ready()
    left.happen(PrintReadyRecordReserved, PrintReadyRecordExpired)
    left.keep("draft.biodata", record_id="r-0")
    left.keep("draft.biodata", record_id="r-2")
    keys = apsw.Connection(str(tmp_path / "vault" / "keys.db"))
    keys.execute("UPDATE record_keys SET wrapped = zeroblob(60) WHERE record_id = 'r-0'")
    keys.close()
    assert left.swept() == set()
    assert left.vault.records() == ["r-0"]


# --- the start -------------------------------------------------------------------------------------------------------


def test_a_station_sweeps_when_it_starts_and_not_when_it_only_reads(tmp_path: Path) -> None:
    config = StationConfig(data=str(tmp_path / "data"))
    with_draft = open_station(config)
    with_draft.vault.put("r-1", "draft.biodata", b"of a citizen")
    with_draft.close()
    for only_reads, remains in ((True, ["r-1"]), (False, [])):
        station = open_station(config, only_reads=only_reads)
        assert station.vault.records() == remains
        station.close()
