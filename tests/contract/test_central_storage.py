"""Whatever keeps the centre's bodies and rows, it keeps these promises; each implementation is one line below."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.central.bodies import Bodies, FolderBodies, WrongOffset
from station.central.catalogue import Catalogue
from station.central.database import Database, SqliteDatabase
from station.central.records import Record, Stage
from station.domain.events import BlanksReceived
from station.ports import BodyDamaged, BodyMissing, StoreError
from station.sealing.signatures import generate_signing_key
from station.store.chain import Line, next_line
from station.wire import DownlinkItem, LogEntry

DATABASES: dict[str, Callable[[Path], Database]] = {"sqlite": lambda folder: SqliteDatabase(folder / "catalogue.db")}
BODIES: dict[str, Callable[[Path], Bodies]] = {"folder": lambda folder: FolderBodies(folder / "bodies")}

KEY = generate_signing_key()
AT = datetime(2026, 3, 1, tzinfo=UTC)
BODY = bytes(range(256)) * 40
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(params=DATABASES.values(), ids=DATABASES.keys())
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    made: Database = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database, KEY)


@pytest.fixture(params=BODIES.values(), ids=BODIES.keys())
def open_bodies(request: Any, tmp_path: Path) -> Callable[[], Bodies]:
    return lambda: request.param(tmp_path)


# --- bodies ----------------------------------------------------------------------------------------------------------


def test_body_comes_in_pieces_and_is_there_when_it_is_whole(open_bodies: Callable[[], Bodies]) -> None:
    bodies = open_bodies()
    assert bodies.append("s-1", SHA, 0, BODY[:100]) == 100
    assert not bodies.has(SHA)
    with pytest.raises(BodyMissing):
        bodies.get(SHA)
    again = open_bodies()  # as after a crash
    assert again.offset("s-1", SHA) == 100
    assert again.append("s-1", SHA, 100, BODY[100:]) == len(BODY)
    again.finish("s-1", SHA)
    again.finish("s-1", SHA)
    assert again.has(SHA)
    assert again.get(SHA) == BODY


def test_piece_at_a_wrong_place_changes_nothing(open_bodies: Callable[[], Bodies]) -> None:
    bodies = open_bodies()
    bodies.append("s-1", SHA, 0, BODY[:100])
    for offset in (0, 50, 101):
        with pytest.raises(WrongOffset) as caught:
            bodies.append("s-1", SHA, offset, b"x")
        assert caught.value.held == 100
    assert bodies.offset("s-1", SHA) == 100


def test_body_of_other_bytes_is_thrown_away(open_bodies: Callable[[], Bodies]) -> None:
    bodies = open_bodies()
    bodies.append("s-1", SHA, 0, b"other bytes")
    with pytest.raises(BodyDamaged):
        bodies.finish("s-1", SHA)
    assert bodies.offset("s-1", SHA) == 0
    assert not bodies.has(SHA)


def test_unfinished_body_is_each_stations_own(open_bodies: Callable[[], Bodies]) -> None:
    bodies = open_bodies()
    bodies.append("s-1", SHA, 0, BODY[:10])
    assert bodies.offset("s-2", SHA) == 0
    bodies.append("s-2", SHA, 0, BODY)
    bodies.finish("s-2", SHA)
    assert bodies.get(SHA) == BODY


def test_finish_of_nothing_is_an_error_by_name(open_bodies: Callable[[], Bodies]) -> None:
    with pytest.raises(BodyMissing):
        open_bodies().finish("s-1", SHA)


def test_body_that_is_put_twice_or_removed_twice_is_one_or_none(open_bodies: Callable[[], Bodies]) -> None:
    bodies = open_bodies()
    assert bodies.put(BODY) == bodies.put(BODY) == SHA
    assert open_bodies().get(SHA) == BODY
    bodies.remove(SHA)
    bodies.remove(SHA)
    assert not bodies.has(SHA)


# --- rows ------------------------------------------------------------------------------------------------------------


def record(record_id: str, *, person: str = "p", minutes: int = 0) -> Record:
    return Record(record_id, "s-1", SHA, 10, person, AT + timedelta(minutes=minutes), Stage.WAITING)


def test_transaction_that_fails_leaves_nothing(catalogue: Catalogue) -> None:
    def work() -> None:
        catalogue.records.add(record("r-1"), AT)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        catalogue.transact(work)
    assert catalogue.records.count() == 0


def test_record_is_held_once(catalogue: Catalogue) -> None:
    catalogue.transact(lambda: catalogue.records.add(record("r-1"), AT))
    with pytest.raises(StoreError):
        catalogue.transact(lambda: catalogue.records.add(record("r-1"), AT))
    assert catalogue.records.count() == 1
    assert catalogue.records.get("r-1") == record("r-1")


def test_records_are_due_in_order_of_time(catalogue: Catalogue) -> None:
    for name, minutes in (("r-late", 5), ("r-early", 1), ("r-never", 500)):
        catalogue.records.add(record(name), AT + timedelta(minutes=minutes))
    assert [r.record_id for r in catalogue.records.due(AT + timedelta(minutes=5), limit=9)] == ["r-early", "r-late"]
    assert catalogue.records.next_due() == AT + timedelta(minutes=1)


def test_earlier_or_issued_recording_makes_the_other_a_duplicate(catalogue: Catalogue) -> None:
    first, second, other = record("r-2"), record("r-1", minutes=1), record("r-3", person="q")
    for each in (first, second, other):
        catalogue.records.add(each, AT)
    duplicates = [r.record_id for r in (first, second, other) if catalogue.records.is_duplicate(r)]
    assert duplicates == ["r-1"]
    catalogue.records.set_stage("r-2", Stage.FAILED)
    assert not catalogue.records.is_duplicate(second)


def test_statuses_are_a_history_that_may_repeat_itself(catalogue: Catalogue) -> None:
    words = ["RECEIVED_AT_CENTRAL", "BIO_CAPTURED", "RECEIVED_AT_CENTRAL"]
    assert [catalogue.records.add_status("r-1", word, AT) for word in words] == [1, 2, 3]
    assert catalogue.records.statuses("r-1") == words


def test_downlink_numbers_each_station_by_itself(catalogue: Catalogue) -> None:
    def add(station_id: str) -> int:
        item = DownlinkItem(station_id, 0, "status", "r-1", AT, {"status": "X", "n": 1})
        return catalogue.transact(lambda: catalogue.downlinks.add(item))

    assert [add("s-1"), add("s-2"), add("s-1")] == [1, 1, 2]
    waiting = catalogue.downlinks.after("s-1", 1, limit=10)
    assert [DownlinkItem.verified(w.signed, KEY.public).seq for w in waiting] == [2]
    assert [w.seq for w in catalogue.downlinks.only("s-1", (2, 9, 1))] == [1, 2]


def test_log_entry_is_kept_once_and_never_replaced(catalogue: Catalogue) -> None:
    lines: list[Line] = []
    for count in (1, 2, 3):
        event = BlanksReceived(count, "SJ", "op")
        lines.append(next_line(lines[-1] if lines else None, 1, AT.isoformat(), event))
    entries = [
        LogEntry(line.seq, 1, line.at, line.kind, 1, {"count": n, "document": "SJ", "operator": "op"}, line.hash)
        for n, line in enumerate(lines, 1)
    ]
    assert catalogue.transact(lambda: catalogue.logs.take("s-1", entries[:2])).seq == 2
    assert catalogue.transact(lambda: catalogue.logs.take("s-1", entries)).seq == 3
    assert catalogue.logs.head("s-2").seq == 0


def test_nonce_counts_once_for_each_station(catalogue: Catalogue) -> None:
    kept = timedelta(minutes=10)
    uses = [catalogue.stations.is_first_use(s, "n", AT, kept) for s in ("s-1", "s-1", "s-2")]
    assert uses == [True, False, True]
    assert catalogue.stations.is_first_use("s-1", "n", AT + timedelta(minutes=11), kept)


def test_catalogue_of_a_newer_program_is_not_opened(database: Database) -> None:
    Catalogue(database, KEY)
    database.run("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match="schema 99"):
        Catalogue(database, KEY)
