"""A failing disk is never taken at its word: what it may have lost is looked for, or said to be lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from station.domain.events import EnrolmentOpened, Event
from station.domain.life import Refused
from station.ports import StoreError, StoreFull
from station.sealing.key_ring import StationKeyRing
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from tests.faults.recording_disk import Deed, Disk, StoppedClock, nothing_fails

RING = StationKeyRing.generate()


def failing(what: str, times: int, error: type[apsw.Error], code: int) -> Callable[[Deed], None]:
    left = [times]

    def fail(deed: Deed) -> None:
        if deed.what == what and deed.path.endswith("-wal") and left[0] > 0:
            left[0] -= 1
            failure = error("injected")
            failure.extendedresult = code
            raise failure

    return fail


def opened_record(name: str) -> Event:
    return EnrolmentOpened(name, "unchecked", "decree", "op")


def test_an_event_whose_sync_failed_and_is_gone_is_said_to_be_lost(tmp_path: Path, disk: Disk) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock(), vfs="recording") as log:
        log.append(opened_record("r1"))
        disk.fails = failing("sync", 1, apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
        with pytest.raises(StoreError, match="nothing was stored"):
            log.append(opened_record("r2"))
        assert log.subject("record", "r2") is None
        assert log.append(opened_record("r2")).seq == 2


def test_an_event_whose_sync_failed_and_is_there_is_made_durable_and_acknowledged(tmp_path: Path, disk: Disk) -> None:
    """The second failure keeps SQLite from cleaning up as it closes, as the power would: the WAL still holds it."""
    with SqliteEventLog(tmp_path / "data", StoppedClock(), vfs="recording") as log:
        log.append(opened_record("r1"))
        disk.fails = failing("sync", 2, apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
        before = len(disk.deeds)
        assert log.append(opened_record("r2")).seq == 2
        assert Deed("sync", str(tmp_path / "data" / "log.db")) in disk.deeds[before:]
        with pytest.raises(Refused):
            log.append(opened_record("r2"))
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        assert log.head()[0] == log.verify().count == 2


def test_an_event_that_is_not_there_after_a_failed_write_is_said_to_be_lost(tmp_path: Path, disk: Disk) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock(), vfs="recording") as log:
        log.append(opened_record("r1"))
        disk.fails = failing("write", 1, apsw.IOError, apsw.SQLITE_IOERR_WRITE)
        with pytest.raises(StoreError, match="nothing was stored"):
            log.append(opened_record("r2"))
        assert log.head()[0] == 1
        assert log.append(opened_record("r2")).seq == 2
        assert log.verify().count == 2


def test_a_disk_that_stays_away_leaves_the_outcome_open_and_the_log_recovers(tmp_path: Path, disk: Disk) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock(), vfs="recording") as log:
        log.append(opened_record("r1"))
        disk.fails = failing("sync", 10**9, apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
        for _ in range(3):
            with pytest.raises(StoreError, match=r"look whether it was stored|nothing was stored"):
                log.append(opened_record("r2"))
        disk.fails = nothing_fails
        stored = log.subject("record", "r2") is not None
        if not stored:
            log.append(opened_record("r2"))
        assert log.head()[0] == 2
        assert log.verify().holds


def test_a_disk_that_fills_in_the_middle_of_a_write_refuses_and_loses_nothing(tmp_path: Path, disk: Disk) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock(), vfs="recording") as log:
        log.append(opened_record("r1"))
        for skipped in range(6):
            disk.fails = failing_later("write", skipped)
            with pytest.raises(StoreFull, match=r"log\.db: no room"):
                log.append(*(opened_record(f"r{skipped}-{number}") for number in range(60)))
            assert log.head()[0] == 1
        disk.fails = nothing_fails
        assert log.append(opened_record("r2")).seq == 2
        assert log.verify().count == 2


def failing_later(what: str, skipped: int) -> Callable[[Deed], None]:
    left = [skipped]

    def fail(deed: Deed) -> None:
        if deed.what == what and deed.path.endswith("-wal"):
            left[0] -= 1
            if left[0] < 0:
                failure = apsw.FullError("injected")
                failure.extendedresult = apsw.SQLITE_FULL
                raise failure

    return fail


def test_a_vault_on_a_failing_disk_keeps_what_it_had(tmp_path: Path, disk: Disk) -> None:
    with SqliteVault(tmp_path, RING, StoppedClock(), reserve_bytes=0, vfs="recording") as vault:
        kept = os.urandom(50_000)
        vault.put("r1", "face", kept)
        for what, code in (("write", apsw.SQLITE_IOERR_WRITE), ("sync", apsw.SQLITE_IOERR_FSYNC)):
            disk.fails = failing(what, 1, apsw.IOError, code)
            with pytest.raises(StoreError):
                vault.put("r1", "face", os.urandom(50_000))
            disk.fails = nothing_fails
            assert vault.get("r1", "face") == kept
            assert vault.scrub() == []
        later = os.urandom(50_000)
        vault.put("r1", "face", later)
    with SqliteVault(tmp_path, RING, StoppedClock(), reserve_bytes=0) as vault:
        assert vault.get("r1", "face") == later
