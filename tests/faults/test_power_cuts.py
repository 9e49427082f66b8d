"""A power cut at any moment loses nothing acknowledged and breaks nothing; a failing disk is never taken at its word.

A VFS records every write, sync and removal. A cut keeps what was synced before it; each later write is kept, torn at
512 bytes, or lost, by a seeded choice. What remains is opened by the real log and vault.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from station.domain.events import (
    BlanksLoaded,
    BlanksReceived,
    CardInDoubt,
    CardIntended,
    ChipIdentified,
    EnrolmentOpened,
    Event,
    PrintReadyRecordReserved,
)
from station.domain.life import Refused
from station.ports import StoreError, StoreFull
from station.sealing.key_ring import StationKeyRing
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault

SECTOR = 512
RING = StationKeyRing.generate()
Bodies = dict[tuple[str, str], str]
"""(record, name) -> SHA-256."""
Put = tuple[int, tuple[str, str], str]
"""Deeds before it, place, SHA-256."""


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Deed:
    """What was asked of the disk: "write" at an offset, "truncate" to one, "sync", or "remove"."""

    what: str
    path: str
    offset: int = 0
    data: bytes = b""


def nothing_fails(deed: Deed) -> None:
    pass


@dataclass
class Disk:
    """Everything that was asked of the disk, in order; `fails` may raise instead of doing it."""

    deeds: list[Deed] = field(default_factory=list)
    fails: Callable[[Deed], None] = nothing_fails

    def do(self, deed: Deed) -> None:
        self.fails(deed)
        self.deeds.append(deed)


class RecordingFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.do(Deed("write", self.path, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.do(Deed("truncate", self.path, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self.disk.do(Deed("sync", self.path))
        super().xSync(flags)


class RecordingVfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__("recording", "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> RecordingFile:
        return RecordingFile(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.disk.do(Deed("remove", filename))
        super().xDelete(filename, syncdir)


def checkpoint_often(connection: apsw.Connection) -> None:
    connection.wal_autocheckpoint(20)  # a cut in the middle of a checkpoint is the hardest case


@pytest.fixture
def disk() -> Iterator[Disk]:
    recorded = Disk()
    vfs = RecordingVfs(recorded)
    apsw.connection_hooks.append(checkpoint_often)
    yield recorded
    apsw.connection_hooks.remove(checkpoint_often)
    vfs.unregister()


def after_a_cut(deeds: list[Deed], chance: random.Random) -> dict[str, bytes]:
    """File by file, what the disk may hold when the power went after these deeds."""
    kept: dict[str, bytearray] = {}
    unsynced: dict[str, list[Deed]] = {}
    for deed in deeds:
        if deed.what == "remove":
            kept.pop(deed.path, None)
            unsynced.pop(deed.path, None)
        elif deed.what == "sync":
            for earlier in unsynced.pop(deed.path, []):
                apply(kept[deed.path], earlier)
        else:
            kept.setdefault(deed.path, bytearray())
            unsynced.setdefault(deed.path, []).append(deed)
    loses_all = chance.random() < 0.3
    for path, pending in unsynced.items():
        for deed in pending:
            if (fate := chance.random()) >= 0.4 and not loses_all:
                apply(kept[path], torn(deed, chance) if fate < 0.7 else deed)
    return {path: bytes(data) for path, data in kept.items()}


def torn(deed: Deed, chance: random.Random) -> Deed:
    if deed.what != "write":
        return deed
    return Deed("write", deed.path, deed.offset, deed.data[: chance.randrange(len(deed.data) // SECTOR + 1) * SECTOR])


def apply(data: bytearray, deed: Deed) -> None:
    end = deed.offset + len(deed.data)
    data.extend(bytes(max(0, end - len(data))))
    if deed.what == "write":
        data[deed.offset : end] = deed.data
    else:
        del data[deed.offset :]


def lay_out(files: dict[str, bytes], was: Path, now: Path) -> None:
    for path, data in files.items():
        place = now / Path(path).relative_to(was)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_bytes(data)


def a_day(number: int) -> list[list[Event]]:
    """Appends of one to four events, which touch every view."""
    card, authorisation = f"c{number}", f"a{number}"
    return [
        [EnrolmentOpened(f"r{number}", "unchecked", "decree", "op" * (1 + 40 * (number % 7)))],
        [BlanksReceived(1, "SJ", "op"), BlanksLoaded("p", 1, "op")],
        [
            PrintReadyRecordReserved(authorisation, f"r{number}", "later", "hash"),
            CardIntended(card, authorisation, "p", "hash", number),
            ChipIdentified(card, f"chip-{number}"),
        ],
    ]


def cuts(deeds: list[Deed], first: int, count: int, seed: int) -> Iterator[tuple[int, dict[str, bytes]]]:
    """(how many deeds were done, what the disk then holds), each from its own seed."""
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")
        cut = chance.randint(first, len(deeds))
        yield cut, after_a_cut(deeds[:cut], chance)


@pytest.mark.parametrize("seed", range(3))
def test_no_power_cut_loses_an_acknowledged_event_or_breaks_the_log(tmp_path: Path, disk: Disk, seed: int) -> None:
    acknowledged: list[tuple[int, int, str]] = []
    hashes: dict[int, str] = {}
    was = tmp_path / "was"
    with SqliteEventLog(was, StoppedClock(), vfs="recording") as log:
        opened = len(disk.deeds)
        for number in range(12):
            for events in a_day(number):
                done = log.append(*events)
                acknowledged.append((len(disk.deeds), done.seq, done.head))
        hashes = {line.seq: line.hash for line in log.lines(limit=1000)}
    lengths = set()
    for number, (cut, files) in enumerate(cuts(disk.deeds, opened, 60, seed)):
        folder = tmp_path / f"cut-{number}"
        lay_out(files, was, folder)
        with SqliteEventLog(folder, StoppedClock()) as log:
            promised = max((seq for deeds, seq, _ in acknowledged if deeds <= cut), default=0)
            seq, head = log.head()
            lengths.add(seq)
            assert seq >= promised, f"seed {seed}, cut {number}: {promised} acknowledged, {seq} left"
            # Never half an append: the head is one that was acknowledged, or was about to be.
            assert seq == 0 or (seq, head) in {(s, h) for _, s, h in acknowledged}
            assert {line.seq: line.hash for line in log.lines(limit=1000)} == {s: hashes[s] for s in range(1, seq + 1)}
            assert log.verify().holds
            incremental = log.view_contents()
            log.rebuild()
            assert log.view_contents() == incremental
            assert log.stock().holds
            log.append(EnrolmentOpened("after the cut", "unchecked", "decree", "op"))
    assert len(lengths) > 10


def test_the_cuts_would_find_a_log_that_acknowledges_too_early(tmp_path: Path, disk: Disk) -> None:
    """The proof of the tool: the same cuts on a database that does not sync at each commit do lose records."""
    was = tmp_path / "was"
    was.mkdir()
    connection = apsw.Connection(str(was / "a.db"), vfs="recording")
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE r (id INTEGER)").fetchall()
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.wal_autocheckpoint(1000)  # a checkpoint would sync
    opened = len(disk.deeds)
    acknowledged = []
    for number in range(20):
        connection.execute("INSERT INTO r VALUES (?)", (number,))
        acknowledged.append((len(disk.deeds), number))
    deeds = list(disk.deeds)
    connection.close()
    lost = 0
    for number, (cut, files) in enumerate(cuts(deeds, opened, 30, seed=1)):
        lay_out(files, was, tmp_path / f"cut-{number}")
        left = apsw.Connection(str(tmp_path / f"cut-{number}" / "a.db"))
        there = {row[0] for row in left.execute("SELECT id FROM r")}
        left.close()
        lost += any(record not in there for deeds_done, record in acknowledged if deeds_done <= cut)
    assert lost > 10


def test_no_power_cut_loses_a_body_that_was_put(tmp_path: Path, disk: Disk) -> None:
    chance = random.Random(7)
    was = tmp_path / "was"
    promises: list[tuple[int, Bodies]] = []
    bodies: Bodies = {}
    begun: list[Put] = []
    with SqliteVault(was, RING, StoppedClock(), reserve_bytes=0, vfs="recording") as vault:
        opened = len(disk.deeds)
        for number in range(24):
            place, body = (f"r{number % 5}", f"n{number % 3}"), chance.randbytes(chance.randrange(60_000))
            begun.append((len(disk.deeds), place, hashlib.sha256(body).hexdigest()))
            bodies = {**bodies, place: vault.put(*place, body).sha256}
            promises.append((len(disk.deeds), bodies))
    for number, (cut, files) in enumerate(cuts(disk.deeds, opened, 50, seed=7)):
        lay_out(files, was, tmp_path / f"cut-{number}")
        promised = next((there for deeds, there in reversed(promises) if deeds <= cut), {})
        with SqliteVault(tmp_path / f"cut-{number}", RING, StoppedClock(), reserve_bytes=0) as vault:
            assert vault.scrub() == []
            for place, sha256 in promised.items():
                found = hashlib.sha256(vault.get(*place)).hexdigest()
                assert found in {sha256, being_put(begun, promises, cut).get(place)}, f"cut {number}"


def being_put(begun: list[Put], promises: list[tuple[int, Bodies]], cut: int) -> Bodies:
    """The body that was on its way when the power went, if one was: it may have replaced the promised one already."""
    started, place, digest = next(put for put in reversed(begun) if put[0] <= cut)
    was_done = any(started < deeds <= cut for deeds, _ in promises)
    return {} if was_done else {place: digest}


# --- a failing disk --------------------------------------------------------------------------------------------------


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


def test_a_card_in_doubt_before_a_cut_is_in_doubt_after_it(tmp_path: Path, disk: Disk) -> None:
    """The promise in the words of the office, at the hardest moment: right after the acknowledgement."""
    was = tmp_path / "was"
    with SqliteEventLog(was, StoppedClock(), vfs="recording") as log:
        for events in a_day(1):
            log.append(*events)
        log.append(CardInDoubt("c1", "a1", "p", "bound", "power"))
        deeds = list(disk.deeds)
    for number in range(10):
        lay_out(after_a_cut(deeds, random.Random(number)), was, tmp_path / f"cut-{number}")
        with SqliteEventLog(tmp_path / f"cut-{number}", StoppedClock()) as log:
            assert [card.id for card in log.subjects("card", "in_doubt")] == ["c1"]
            assert log.stock().in_doubt == 1
            with pytest.raises(Refused):
                log.append(CardIntended("c2", "a1", "p", "hash", 2))
