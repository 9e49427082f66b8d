"""A body comes back as it was put, or says that it is damaged; an erased record can never be read again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from station.ports import Body, BodyDamaged, BodyMissing, StoreError, StoreFull
from station.sealing.key_ring import StationKeyRing
from station.store.vault import SqliteVault

RING = StationKeyRing.generate()


class SettableClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def vault(tmp_path: Path, clock: SettableClock) -> Iterator[SqliteVault]:
    with SqliteVault(tmp_path, RING, clock, reserve_bytes=0) as opened:
        yield opened


def reopened(tmp_path: Path, clock: SettableClock, ring: StationKeyRing = RING) -> SqliteVault:
    return SqliteVault(tmp_path, ring, clock, reserve_bytes=0)


def bytes_on_disk(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((tmp_path / "vault").iterdir()))


def segments(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "vault").glob("2*.db"))


def change(path: Path, sql: str, *arguments: apsw.SQLiteValue) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql, arguments)
    connection.close()


def test_a_body_comes_back_after_reopening(tmp_path: Path, clock: SettableClock) -> None:
    body = os.urandom(1_000_000)
    with reopened(tmp_path, clock) as vault:
        put = vault.put("r1", "face", body)
    with reopened(tmp_path, clock) as vault:
        assert vault.get("r1", "face") == body
        assert list(vault.names("r1")) == [put]
        assert put == Body("r1", "face", put.sha256, 1_000_000)
        assert vault.scrub() == []


def test_an_empty_body_is_a_body(vault: SqliteVault) -> None:
    vault.put("r1", "empty", b"")
    assert vault.get("r1", "empty") == b""


def test_the_later_body_of_a_name_replaces_the_earlier(
    tmp_path: Path, vault: SqliteVault, clock: SettableClock
) -> None:
    vault.put("r1", "face", b"first")
    clock.time += timedelta(days=1)
    vault.put("r1", "face", b"second")
    assert vault.get("r1", "face") == b"second"
    assert len(list(vault.names("r1"))) == 1
    assert segments(tmp_path) == ["2026-11-23.db"]


def test_a_body_that_is_not_there_is_missing(vault: SqliteVault) -> None:
    vault.put("r1", "face", b"x")
    for record, name in (("r1", "iris"), ("r2", "face")):
        with pytest.raises(BodyMissing, match=f"{record} has no body {name}"):
            vault.get(record, name)
    assert list(vault.names("r2")) == []


def test_a_dropped_body_is_gone_and_the_others_stay(tmp_path: Path, vault: SqliteVault) -> None:
    vault.put("r1", "face", b"x")
    vault.put("r1", "iris", b"y")
    vault.drop("r1", "face")
    vault.drop("r1", "face")
    with pytest.raises(BodyMissing):
        vault.get("r1", "face")
    assert [body.name for body in vault.names("r1")] == ["iris"]


def test_nothing_readable_and_no_hash_of_it_lies_on_the_disk(tmp_path: Path, vault: SqliteVault) -> None:
    put = vault.put("r1", "biodata", b"plain text of a citizen" * 50)
    lying = bytes_on_disk(tmp_path)
    assert b"plain text of a citizen" not in lying
    assert put.sha256.encode() not in lying
    assert bytes.fromhex(put.sha256) not in lying
    assert RING.wrapping not in lying


def test_every_flipped_byte_of_a_stored_body_is_found_and_named(tmp_path: Path, clock: SettableClock) -> None:
    body = bytes(200)
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", body)
        vault.put("r1", "iris", body)
    segment = tmp_path / "vault" / "2026-11-22.db"
    connection = apsw.Connection(str(segment))
    ((sealed,), *_) = connection.execute("SELECT sealed FROM bodies ORDER BY rowid").fetchall()
    connection.close()
    assert isinstance(sealed, bytes)
    place = segment.read_bytes().index(sealed)
    for offset in range(0, len(sealed), 5):
        with segment.open("r+b") as file:
            file.seek(place + offset)
            file.write(bytes([sealed[offset] ^ 1]))
        with reopened(tmp_path, clock) as vault:
            with pytest.raises(BodyDamaged, match="body face of record r1 was changed"):
                vault.get("r1", "face")
            assert [(damage.record_id, damage.name) for damage in vault.scrub()] == [("r1", "face")]
            assert vault.get("r1", "iris") == body
        with segment.open("r+b") as file:
            file.seek(place + offset)
            file.write(sealed[offset : offset + 1])


def test_an_overwritten_segment_damages_its_bodies_only(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", os.urandom(100_000))
        clock.time += timedelta(days=1)
        vault.put("r2", "face", b"of another day")
    (tmp_path / "vault" / "2026-11-22.db").write_bytes(b"\xff" * 120_000)
    with reopened(tmp_path, clock) as vault:
        with pytest.raises(BodyDamaged, match="record r1"):
            vault.get("r1", "face")
        assert [damage.record_id for damage in vault.scrub()] == ["r1"]
        assert vault.get("r2", "face") == b"of another day"


def test_a_lost_segment_damages_its_bodies(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"x")
    (tmp_path / "vault" / "2026-11-22.db").unlink()
    with reopened(tmp_path, clock) as vault, pytest.raises(BodyDamaged, match="not in its segment"):
        vault.get("r1", "face")


@pytest.mark.parametrize("column", ["body_id", "facts"])
def test_bodies_exchanged_on_the_disk_are_found(tmp_path: Path, clock: SettableClock, column: str) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "left", b"left eye")
        vault.put("r1", "right", b"right eye")
    other = f"(SELECT {column} FROM places WHERE name = 'right')"
    change(tmp_path / "vault" / "keys.db", f"UPDATE places SET {column} = {other} WHERE name = 'left'")
    with reopened(tmp_path, clock) as vault:
        with pytest.raises(BodyDamaged, match="body left of record r1"):
            vault.get("r1", "left")
        assert vault.get("r1", "right") == b"right eye"


def test_an_earlier_body_put_back_on_the_disk_is_found(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"earlier")
    segment = tmp_path / "vault" / "2026-11-22.db"
    connection = apsw.Connection(str(segment))
    ((_, sealed),) = connection.execute("SELECT * FROM bodies").fetchall()
    connection.close()
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"later")
    change(segment, "UPDATE bodies SET sealed = ?", sealed)
    with reopened(tmp_path, clock) as vault, pytest.raises(BodyDamaged):
        vault.get("r1", "face")


def test_an_erased_record_leaves_no_key_and_no_body(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"x" * 5000)
        vault.put("r2", "face", b"y" * 5000)
        clock.time += timedelta(days=1)
        vault.put("r1", "iris", b"x" * 5000)
    connection = apsw.Connection(str(tmp_path / "vault" / "keys.db"))
    keys = dict(connection.execute("SELECT record_id, wrapped FROM record_keys"))
    connection.close()
    with reopened(tmp_path, clock) as vault:
        assert vault.records() == ["r1", "r2"]
        assert keys["r1"] in bytes_on_disk(tmp_path)
        vault.erase("r1")
        vault.erase("r1")
        lying = bytes_on_disk(tmp_path)
        assert keys["r1"] not in lying
        assert keys["r2"] in lying
        with pytest.raises(BodyMissing):
            vault.get("r1", "face")
        assert list(vault.names("r1")) == []
        assert vault.get("r2", "face") == b"y" * 5000
        assert vault.records() == ["r2"]
    assert bytes_on_disk(tmp_path).count(keys["r1"]) == 0


def test_a_record_made_again_after_erasing_has_another_key(tmp_path: Path, clock: SettableClock) -> None:
    wrapped = []
    for _ in range(2):
        with reopened(tmp_path, clock) as vault:
            vault.erase("r1")
            vault.put("r1", "face", b"x")
        connection = apsw.Connection(str(tmp_path / "vault" / "keys.db"))
        wrapped.append(connection.execute("SELECT wrapped FROM record_keys").fetchall())
        connection.close()
    assert len(wrapped[0]) == len(wrapped[1]) == 1
    keys = [AESGCM(RING.wrapping).decrypt(row[0][:12], row[0][12:], b'["record key","r1"]') for (row,) in wrapped]
    assert keys[0] != keys[1]
    assert [len(key) for key in keys] == [32, 32]


def test_an_emptied_day_gives_its_room_back(tmp_path: Path, vault: SqliteVault, clock: SettableClock) -> None:
    vault.put("r1", "face", os.urandom(500_000))
    vault.put("r2", "face", os.urandom(500_000))
    clock.time += timedelta(days=1)
    vault.drop("r1", "face")
    assert segments(tmp_path) == ["2026-11-22.db"]
    vault.erase("r2")
    assert segments(tmp_path) == []


def test_more_days_than_may_be_open_all_read_back(tmp_path: Path, vault: SqliteVault, clock: SettableClock) -> None:
    for number in range(9):
        vault.put(f"r{number}", "face", bytes([number]))
        clock.time += timedelta(days=1)
    assert [vault.get(f"r{number}", "face") for number in range(9)] == [bytes([number]) for number in range(9)]
    assert len(segments(tmp_path)) == 9


def test_a_disk_in_another_station_tells_nothing(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"x")
    with (
        reopened(tmp_path, clock, StationKeyRing.generate()) as vault,
        pytest.raises(StoreError, match="record r1 is damaged, or another station's"),
    ):
        vault.get("r1", "face")


def test_no_room_refuses_before_anything_is_written(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"x")
    with SqliteVault(tmp_path, RING, clock, reserve_bytes=2**62) as vault:
        with pytest.raises(StoreFull, match="make room"):
            vault.put("r1", "iris", b"y")
        assert [body.name for body in vault.names("r1")] == ["face"]


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path, clock: SettableClock) -> None:
    def limit(connection: apsw.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 30")

    apsw.connection_hooks.append(limit)
    try:
        with reopened(tmp_path, clock) as vault:
            vault.put("r1", "face", b"x" * 100_000)
            with pytest.raises(StoreFull, match=r"2026-11-22\.db"):
                vault.put("r1", "face", b"y" * 1_000_000)
            assert vault.get("r1", "face") == b"x" * 100_000
            assert vault.scrub() == []
    finally:
        apsw.connection_hooks.remove(limit)


def test_nobody_else_may_read_the_files_and_only_one_owns_them(tmp_path: Path, clock: SettableClock) -> None:
    mask = os.umask(0)
    try:
        with reopened(tmp_path, clock) as vault:
            vault.put("r1", "face", b"x")
            modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "vault").iterdir()}
            assert set(modes.values()) == {0o600}, modes
            assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
            with pytest.raises(StoreError, match=f"process {os.getpid()}"):
                reopened(tmp_path, clock)
    finally:
        os.umask(mask)


def test_a_closed_vault_says_so(tmp_path: Path, clock: SettableClock) -> None:
    vault = reopened(tmp_path, clock)
    vault.close()
    with pytest.raises(StoreError, match="closed"):
        vault.get("r1", "face")
