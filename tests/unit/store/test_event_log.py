"""What the log acknowledges is there after reopening; what it refuses changed nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from station.domain.card import CARD, CardState
from station.domain.events import (
    KINDS,
    BadEvent,
    BlanksLoaded,
    BlanksMissing,
    BlanksReceived,
    CardDelivered,
    CardInDoubt,
    CardIntended,
    ChipIdentified,
    DoubtResolvedUnused,
    EnrolmentOpened,
    Event,
    PrintReadyRecordReserved,
    StationOpened,
)
from station.domain.life import Life, Refused
from station.domain.lives import LIVES
from station.domain.print_ready_record import AUTHORISATION
from station.ports import Durability, StoreError, StoreFull
from station.store.chain import GENESIS, Line
from station.store.event_log import SqliteEventLog


class SettableClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def log(tmp_path: Path, clock: SettableClock) -> Iterator[SqliteEventLog]:
    with SqliteEventLog(tmp_path / "data", clock) as opened:
        yield opened


def example(kind: type[Event], **given: Any) -> Event:
    """An event of that kind; each field not given is its own name, one, or empty."""
    data = {f.name: {"str": f.name, "int": 1}.get(str(f.type), ()) for f in fields(kind)}
    return kind(**{**data, **{name: value for name, value in given.items() if name in data}})


def opened(record_id: str) -> Event:
    return example(EnrolmentOpened, record_id=record_id)


def with_a_loaded_blank(log: SqliteEventLog, count: int = 1) -> None:
    log.append(BlanksReceived(count, "SJ-1", "op"), BlanksLoaded("printer", count, "op"))


def reserve(log: SqliteEventLog, *names: str) -> None:
    log.append(*(example(PrintReadyRecordReserved, authorisation_id=name) for name in names))


def intend(log: SqliteEventLog, card: str, authorisation: str) -> None:
    log.append(example(CardIntended, card_id=card, authorisation_id=authorisation, printer="printer"))


def everything(log: SqliteEventLog) -> tuple[Any, ...]:
    return log.head(), list(log.lines(limit=10_000)), log.view_contents()


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


# --- lives -----------------------------------------------------------------------------------------------------------


def paths(life: Life) -> dict[str | None, list[type[Event]]]:
    """For each state the events that lead there, the shortest way."""
    found: dict[str | None, list[type[Event]]] = {None: []}
    queue: list[str | None] = [None]
    while queue:
        state = queue.pop(0)
        for kind, following in life.table.get(state, {}).items():
            if following not in found:
                found[following] = [*found[state], kind]
                queue.append(following)
    return found


def walk(log: SqliteEventLog, life: Life, kinds: list[type[Event]], case: str) -> None:
    """Brings the case's subject along the way, and whatever other lives its events touch with it."""
    if life is CARD and kinds:
        reserve(log, f"authorisation-{case}")
    for kind in kinds:
        log.append(case_event(kind, case))


def case_event(kind: type[Event], case: str) -> Event:
    ids = {name: f"{name.removesuffix('_id')}-{case}" for name in ("chip_id", *(life.id_field for life in LIVES))}
    return example(kind, **ids)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_the_log_accepts_in_each_state_what_the_table_allows_and_nothing_else(life: Life, log: SqliteEventLog) -> None:
    """Every state of every life against every kind that concerns it, each on a subject of its own.

    An event may be of two lives: it is accepted when both tables allow it in the states their subjects are in.
    """
    log.append(BlanksReceived(1000, "SJ-1", "op"), BlanksLoaded("printer", 1000, "op"))
    kinds = [kind for kind in KINDS.values() if life.concerns(example(kind))]
    accepted = refused = 0
    for state, way in paths(life).items():
        for kind in kinds:
            case = f"{state}-{kind.kind}"
            walk(log, life, with_card_steps(way) if life is AUTHORISATION else way, case)
            event = case_event(kind, case)
            expected = all(
                kind in other.table.get(state_of(log, other, event), {}) for other in LIVES if other.concerns(event)
            )
            assert state_of(log, life, event) == state
            before = log.head()
            if expected:
                log.append(event)
                assert state_of(log, life, event) == life.table[state][kind]
                accepted += 1
            else:
                with pytest.raises(Refused):
                    log.append(event)
                assert log.head() == before
                refused += 1
    assert accepted >= len(life.table)
    assert refused


def with_card_steps(way: list[type[Event]]) -> list[type[Event]]:
    """The authorisation's events with the card's own events put in, so that both tables allow each step."""
    full: list[type[Event]] = []
    card: str | None = None
    for kind in way:
        if kind in {k for moves in CARD.table.values() for k in moves}:
            for between in card_steps(card, kind):
                full.append(between)
                card = CARD.table[card][between]
        full.append(kind)
        card = CARD.table.get(card, {}).get(kind, card)
    return full


def card_steps(state: str | None, wanted: type[Event]) -> list[type[Event]]:
    """The shortest steps that only a card takes, from `state` to one in which `wanted` is allowed."""
    authorisation_kinds = {kind for moves in AUTHORISATION.table.values() for kind in moves}
    queue: list[tuple[str | None, list[type[Event]]]] = [(state, [])]
    seen = {state}
    while queue:
        at, steps = queue.pop(0)
        if wanted in CARD.table.get(at, {}):
            return steps
        for kind, following in CARD.table.get(at, {}).items():
            if kind not in authorisation_kinds and following not in seen:
                seen.add(following)
                queue.append((following, [*steps, kind]))
    raise AssertionError(f"no way from {state} to {wanted.kind}")


def state_of(log: SqliteEventLog, life: Life, event: Event) -> str | None:
    subject = log.subject(life.name, life.subject(event))
    return subject.state if subject else None


def test_a_subject_holds_the_latest_of_each_fact_and_its_history(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log)
    reserve(log, "a1")
    intend(log, "c1", "a1")
    log.append(ChipIdentified("c1", "chip-1"))
    card = log.subject("card", "c1")
    assert card is not None
    assert (card.state, card.first_seq, card.last_seq) == (CardState.BOUND, 4, 5)
    assert card.facts["chip_id"] == "chip-1"
    assert card.facts["printer"] == "printer"
    assert [entry.seq for entry in log.history("card", "c1")] == [4, 5]
    assert [entry.seq for entry in log.history("authorisation", "a1")] == [3, 4]
    assert log.subject("card", "c2") is None


def test_subjects_come_in_the_order_of_their_first_appearance(log: SqliteEventLog) -> None:
    for record in ("r3", "r1", "r2"):
        log.append(opened(record))
    assert [subject.id for subject in log.subjects("record")] == ["r3", "r1", "r2"]
    assert [subject.id for subject in log.subjects("record", "open", "sealed", limit=2)] == ["r3", "r1"]
    assert log.subjects("record", "sealed") == []


# --- chips, cards and blanks -----------------------------------------------------------------------------------------


def test_a_chip_of_a_card_cannot_become_another_card(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log, 2)
    reserve(log, "a1", "a2")
    intend(log, "c1", "a1")
    intend(log, "c2", "a2")
    log.append(ChipIdentified("c1", "chip-1"))
    with pytest.raises(Refused, match="bound to card c1"):
        log.append(ChipIdentified("c2", "chip-1"))
    log.append(ChipIdentified("c2", "chip-2"))


def test_a_blank_found_unused_may_become_another_card(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log, 2)
    reserve(log, "a1", "a2")
    intend(log, "c1", "a1")
    log.append(
        ChipIdentified("c1", "chip-1"),
        example(CardInDoubt, card_id="c1", authorisation_id="a1"),
        example(DoubtResolvedUnused, card_id="c1", authorisation_id="a1"),
    )
    intend(log, "c2", "a2")
    log.append(ChipIdentified("c2", "chip-1"))
    intend(log, "c3", "a1")
    with pytest.raises(Refused, match="bound to card c2"):
        log.append(ChipIdentified("c3", "chip-1"))


@pytest.mark.parametrize("wrong", [{"authorisation_id": "a2"}, {"printer": "other"}])
def test_a_card_cannot_end_for_another_authorisation_or_in_another_printer(
    log: SqliteEventLog, wrong: dict[str, str]
) -> None:
    with_a_loaded_blank(log, 2)
    log.append(BlanksReceived(1, "SJ-2", "op"), BlanksLoaded("other", 1, "op"))
    reserve(log, "a1", "a2")
    intend(log, "c1", "a1")
    intend(log, "c2", "a2")
    before = everything(log)
    right = {"card_id": "c1", "authorisation_id": "a1", "printer": "printer"}
    with pytest.raises(Refused):
        log.append(example(CardInDoubt, **{**right, **wrong}))
    assert everything(log) == before
    log.append(example(CardInDoubt, **right))


def test_no_account_goes_below_zero(log: SqliteEventLog) -> None:
    log.append(BlanksReceived(5, "SJ-1", "op"), BlanksLoaded("printer", 3, "op"))
    for too_many in (BlanksLoaded("printer", 3, "op"), example(BlanksMissing, count=3)):
        with pytest.raises(Refused, match="holds 2"):
            log.append(too_many)
    assert log.stock().to_json()["in_store"] == 2
    assert log.stock().holds


def test_a_card_delivered_from_an_empty_printer_is_refused(log: SqliteEventLog) -> None:
    reserve(log, "a1")
    intend(log, "c1", "a1")
    with pytest.raises(Refused, match="in_printers printer holds 0"):
        log.append(example(CardInDoubt, card_id="c1", authorisation_id="a1", printer="printer"))
    with pytest.raises(Refused):
        log.append(example(CardDelivered, card_id="c1", authorisation_id="a1", printer="printer"))


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


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_really_full_disk_refuses_and_goes_on_once_there_is_room(tmp_path: Path, clock: SettableClock) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("no tmpfs here")
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


def test_a_station_opened_event_needs_no_life(log: SqliteEventLog) -> None:
    log.append(StationOpened("1.0"))
    assert log.view_contents()["subjects"] == []


def fill(log: SqliteEventLog) -> None:
    for number in range(10_000):
        log.append(opened(f"r{number}"))


def change(tmp_path: Path, sql: str) -> None:
    connection = apsw.Connection(str(tmp_path / "data" / "log.db"))
    connection.execute(sql)
    connection.close()
