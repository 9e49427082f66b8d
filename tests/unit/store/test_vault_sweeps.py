"""What a kill leaves in the vault is swept at the next start; what only looks like that is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from station.ports import BodyMissing, StoreError
from station.sealing.key_ring import StationKeyRing
from station.store.vault import SqliteVault
from tests.unit.store.made_events import SettableClock

RING = StationKeyRing.generate()


def reopened(tmp_path: Path, clock: SettableClock) -> SqliteVault:
    return SqliteVault(tmp_path, RING, clock, reserve_bytes=0)


def bytes_on_disk(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((tmp_path / "vault").iterdir()))


def count_bodies(tmp_path: Path, day: str = "2026-11-22") -> int:
    connection = apsw.Connection(str(tmp_path / "vault" / f"{day}.db"))
    ((count,),) = connection.execute("SELECT count(*) FROM bodies")
    connection.close()
    assert isinstance(count, int)
    return count


@contextmanager
def copied_at_commit(folder: Path, to: Path) -> Iterator[Callable[[int], None]]:
    """`after(n)`: copies the folder right after the n-th commit from there, over all its files, as a kill leaves it."""
    left = 0

    def after(commits: int) -> None:
        nonlocal left
        left = commits

    def keep(connection: apsw.Connection, name: str, pages: int) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            shutil.copytree(folder, to)
        return apsw.SQLITE_OK

    def watch(connection: apsw.Connection) -> None:
        connection.set_wal_hook(keep)

    apsw.connection_hooks.append(watch)
    try:
        yield after
    finally:
        apsw.connection_hooks.remove(watch)


def test_a_body_whose_put_was_killed_is_swept(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path / "was", clock) as vault:
        vault.put("r1", "face", b"kept")
    killed = copied_at_commit(tmp_path / "was", tmp_path / "killed")
    with killed as after, reopened(tmp_path / "was", clock) as vault:
        after(2)
        vault.put("r1", "face", b"on its way")  # noted, written, then named
    assert count_bodies(tmp_path / "killed") == 2
    with reopened(tmp_path / "killed", clock) as vault:
        assert vault.get("r1", "face") == b"kept"
    assert count_bodies(tmp_path / "killed") == 1


def test_a_body_whose_drop_was_killed_is_swept(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path / "was", clock) as vault:
        vault.put("r1", "face", b"kept")
        vault.put("r1", "iris", b"dropped")
    killed = copied_at_commit(tmp_path / "was", tmp_path / "killed")
    with killed as after, reopened(tmp_path / "was", clock) as vault:
        after(1)
        vault.drop("r1", "iris")
    assert count_bodies(tmp_path / "killed") == 2
    with reopened(tmp_path / "killed", clock) as vault:
        assert [body.name for body in vault.names("r1")] == ["face"]
    assert count_bodies(tmp_path / "killed") == 1


def test_nothing_stays_noted_as_passing(tmp_path: Path, clock: SettableClock) -> None:
    with reopened(tmp_path, clock) as vault:
        for name in ("face", "face", "iris"):
            vault.put("r1", name, b"x")
        vault.drop("r1", "iris")
        vault.erase("r1")
    connection = apsw.Connection(str(tmp_path / "vault" / "keys.db"))
    assert connection.execute("SELECT * FROM passing").fetchall() == []
    connection.close()


def test_a_start_with_an_earlier_keys_file_destroys_no_later_body(tmp_path: Path, clock: SettableClock) -> None:
    keys = tmp_path / "vault" / "keys.db"
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "face", b"first")
    earlier = keys.read_bytes()
    with reopened(tmp_path, clock) as vault:
        vault.put("r2", "package", b"not sent yet")
    later = keys.read_bytes()
    keys.write_bytes(earlier)
    with reopened(tmp_path, clock) as vault, pytest.raises(BodyMissing):
        vault.get("r2", "package")
    keys.write_bytes(later)
    with reopened(tmp_path, clock) as vault:
        assert vault.get("r2", "package") == b"not sent yet"


def test_a_vault_whose_keys_file_is_missing_stays_shut_and_whole(tmp_path: Path, clock: SettableClock) -> None:
    keys = tmp_path / "vault" / "keys.db"
    with reopened(tmp_path, clock) as vault:
        vault.put("r1", "package", b"not sent yet")
    kept = keys.read_bytes()
    keys.unlink()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"keys\.db: is missing or empty, but 2026-11-22\.db holds bodies"):
            reopened(tmp_path, clock)
    keys.write_bytes(kept)
    with reopened(tmp_path, clock) as vault:
        assert vault.get("r1", "package") == b"not sent yet"


def test_a_key_whose_erasing_was_killed_is_gone_once_the_vault_is_open_again(
    tmp_path: Path, clock: SettableClock
) -> None:
    with reopened(tmp_path / "was", clock) as vault:
        vault.put("r1", "face", b"x")
    connection = apsw.Connection(str(tmp_path / "was" / "vault" / "keys.db"))
    ((key,),) = connection.execute("SELECT wrapped FROM record_keys")
    connection.close()
    assert isinstance(key, bytes)
    killed = copied_at_commit(tmp_path / "was", tmp_path / "killed")
    with killed as after, reopened(tmp_path / "was", clock) as vault:
        after(1)
        vault.erase("r1")
    assert key in bytes_on_disk(tmp_path / "killed")
    with reopened(tmp_path / "killed", clock) as vault:
        assert vault.records() == []
        assert key not in bytes_on_disk(tmp_path / "killed")
