"""What the log acknowledges is there after reopening; what it refuses changed nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import apsw
import pytest

from station.domain.events import BadEvent, BlanksReceived
from station.domain.life import Refused
from station.ports import Durability, StoreError, StoreFull
from station.store.chain import GENESIS, Line
from station.store.event_log import SqliteEventLog
from tests.unit.store.made_events import SettableClock, everything, opened, with_a_loaded_blank

# --- appending -------------------------------------------------------------------------------------------------------


def test_an_acknowledged_event_is_there_after_reopening(tmp_path: Path, clock: SettableClock) -> None:
    with SqliteEventLog(tmp_path / "data", clock) as log:
        acknowledged = log.append(opened("r1"), opened("r2"))
        before = everything(log)
    with SqliteEventLog(tmp_path / "data", clock) as log:
        assert everything(log) == before
        assert log.head() == (acknowledged.seq, acknowledged.head)
        assert acknowledged.durability is Durability.SINGLE
        assert [entry.event for entry in log.read()] == [opened("r1"), opened("r2")]
        assert log.append(opened("r3")).seq == 3


def test_an_empty_log_has_the_head_of_zeros(log: SqliteEventLog) -> None:
    assert log.head() == (0, GENESIS)
    assert log.read() == []
    assert log.stock().holds
    assert log.verify().holds


def test_a_refused_event_takes_the_whole_append_with_it(log: SqliteEventLog) -> None:
    log.append(opened("r1"))
    before = everything(log)
    with pytest.raises(Refused):
        log.append(opened("r2"), BlanksReceived(5, "SJ-1", "op"), opened("r1"))
    assert everything(log) == before
    assert log.append(opened("r2")).seq == 2


def test_events_of_one_append_see_each_other(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log, 3)
    assert log.in_printer("printer") == 3
    assert log.in_printer("other") == 0


def test_an_append_of_nothing_is_our_mistake(log: SqliteEventLog) -> None:
    with pytest.raises(ValueError, match="no event"):
        log.append()


def test_an_event_that_could_not_be_read_again_is_not_written(log: SqliteEventLog) -> None:
    before = everything(log)
    with pytest.raises(BadEvent):
        log.append(BlanksReceived("5", "SJ-1", "op"))  # type: ignore[arg-type]
    assert everything(log) == before


def test_recorded_time_stands_still_while_the_clock_is_behind(log: SqliteEventLog, clock: SettableClock) -> None:
    log.append(opened("r1"))
    clock.time -= timedelta(days=400)
    log.append(opened("r2"))
    clock.time += timedelta(days=401)
    log.append(opened("r3"))
    first, second, third = (entry.at for entry in log.read())
    assert first == second == "2026-11-22T08:00:00.000Z"
    assert third == "2026-11-23T08:00:00.000Z"
    assert log.verify().holds


def test_threads_that_append_at_once_all_get_their_place(log: SqliteEventLog) -> None:
    seqs: list[int] = []

    def append(worker: int) -> None:
        seqs.extend(log.append(opened(f"r{worker}-{number}")).seq for number in range(20))

    threads = [threading.Thread(target=append, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(seqs) == list(range(1, 81))
    assert log.verify().count == 80


# --- the folder ------------------------------------------------------------------------------------------------------


def test_a_second_owner_is_told_who_has_the_folder(tmp_path: Path, clock: SettableClock) -> None:
    with (
        SqliteEventLog(tmp_path / "data", clock),
        pytest.raises(StoreError, match=f"process {os.getpid()}"),
    ):
        SqliteEventLog(tmp_path / "data", clock)
    with SqliteEventLog(tmp_path / "data", clock) as log:
        assert log.head()[0] == 0


def test_a_killed_owner_leaves_the_folder_free(tmp_path: Path, clock: SettableClock) -> None:
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from station.store.event_log import SqliteEventLog\n"
        "from station.domain.events import BlanksReceived\n"
        "class C:\n"
        "    def now(self): return datetime.now(UTC)\n"
        "log = SqliteEventLog(Path(sys.argv[1]), C())\n"
        "log.append(BlanksReceived(7, 'SJ-1', 'op')); print('acknowledged', flush=True); sys.stdin.read()\n"
    )
    root = Path(__file__).parents[3]
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "acknowledged\n"
        with pytest.raises(StoreError, match=f"process {child.pid}"):
            SqliteEventLog(tmp_path / "data", clock)
        child.kill()
        child.wait(timeout=30)
    with SqliteEventLog(tmp_path / "data", clock) as log:
        assert log.stock().received == 7


def test_nobody_else_may_read_the_files(tmp_path: Path, clock: SettableClock) -> None:
    mask = os.umask(0)
    try:
        with SqliteEventLog(tmp_path / "data", clock) as log:
            log.append(opened("r1"))
            modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
            assert set(modes.values()) == {0o600}, modes
            assert {"log.db", "log.db-wal"} <= set(modes)
    finally:
        os.umask(mask)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    (tmp_path / "data").chmod(0o755)
    with pytest.raises(StoreError, match="chmod 700"):
        SqliteEventLog(tmp_path / "data", clock)


def test_a_closed_log_says_so(tmp_path: Path, clock: SettableClock) -> None:
    log = SqliteEventLog(tmp_path / "data", clock)
    log.close()
    log.close()
    with pytest.raises(StoreError, match="closed"):
        log.append(opened("r1"))
    with pytest.raises(StoreError, match="closed"):
        log.read()


# --- a full disk, a newer program, a new epoch -----------------------------------------------------------------------


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path, clock: SettableClock) -> None:
    def limit(connection: apsw.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 60")

    apsw.connection_hooks.append(limit)
    try:
        with SqliteEventLog(tmp_path / "data", clock) as log:
            with pytest.raises(StoreFull, match=r"log\.db"):
                fill(log)
            count = log.head()[0]
            assert 20 < count < 10_000
            assert log.verify().count == count == len(log.subjects("record", limit=10_000))
    finally:
        apsw.connection_hooks.remove(limit)
    with SqliteEventLog(tmp_path / "data", clock) as log:
        assert log.append(opened("one more")).seq == count + 1


def test_a_really_full_disk_refuses_and_goes_on_once_there_is_room(
    tmp_path: Path, clock: SettableClock, go_without: Callable[[str], NoReturn]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        go_without("a small disk: no tmpfs can be mounted")
    try:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200_000))
        with SqliteEventLog(disk / "data", clock) as log:
            with pytest.raises(StoreFull):
                fill(log)
            count = log.head()[0]
            ballast.unlink()
            assert log.append(opened("one more")).seq == count + 1
            assert log.verify().count == count + 1
            with pytest.raises(StoreFull, match="MiB free"):
                log.check_room(10_000_000)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_log_with_a_newer_kind_is_not_opened(tmp_path: Path, clock: SettableClock) -> None:
    with SqliteEventLog(tmp_path / "data", clock) as log:
        log.append(opened("r1"))
    change(tmp_path, "UPDATE entries SET version = 99")
    with pytest.raises(StoreError, match="enrolment_opened version 99"):
        SqliteEventLog(tmp_path / "data", clock)
    change(tmp_path, "UPDATE entries SET kind = 'tomorrow', version = 1")
    with pytest.raises(StoreError, match="tomorrow"):
        SqliteEventLog(tmp_path / "data", clock)


def test_views_of_a_newer_program_are_not_written(tmp_path: Path, clock: SettableClock) -> None:
    SqliteEventLog(tmp_path / "data", clock).close()
    change(tmp_path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer program"):
        SqliteEventLog(tmp_path / "data", clock)


def test_an_epoch_lasts_until_a_restore_begins_the_next(tmp_path: Path, clock: SettableClock) -> None:
    with SqliteEventLog(tmp_path / "data", clock) as log:
        log.append(opened("r1"))
        assert log.begin_epoch() == 2
        log.append(opened("r2"))
    with SqliteEventLog(tmp_path / "data", clock) as log:
        assert log.epoch == 2
        log.append(opened("r3"))
        assert [entry.epoch for entry in log.read()] == [1, 2, 2]
        assert log.verify().holds


# --- the other disk --------------------------------------------------------------------------------------------------


class OtherDisk:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.is_there = True

    def hold(self, lines: Any) -> None:
        if not self.is_there:
            raise StoreError("the other disk is away")
        self.lines.extend(lines)


def test_an_append_is_mirrored_only_when_the_other_disk_has_it(tmp_path: Path, clock: SettableClock) -> None:
    other = OtherDisk()
    with SqliteEventLog(tmp_path / "data", clock, replica=other) as log:
        assert log.append(opened("r1")).durability is Durability.MIRRORED
        with pytest.raises(Refused):
            log.append(opened("r1"))
        other.is_there = False
        assert log.append(opened("r2")).durability is Durability.SINGLE
        assert other.lines == list(log.lines())[:1]


def fill(log: SqliteEventLog) -> None:
    for number in range(10_000):
        log.append(opened(f"r{number}"))


def change(tmp_path: Path, sql: str) -> None:
    connection = apsw.Connection(str(tmp_path / "data" / "log.db"))
    connection.execute(sql)
    connection.close()
