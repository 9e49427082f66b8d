"""Opening SQLite so that a commit is on disk when it returns, and saying in the station's words what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

import apsw

from station.ports import StoreError, StoreFull
from station.store.folder import make_private_file

BUSY_TIMEOUT_MS = 5_000


def open_database(path: Path, *, page_size: int = 4096, vfs: str | None = None) -> apsw.Connection:
    """WAL and FULL; deleted content is overwritten; mode 0600, which SQLite passes on to the files beside it."""
    make_private_file(path)
    connection = apsw.Connection(str(path), vfs=vfs)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        for pragma in (
            f"page_size = {page_size}",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except apsw.Error:
        connection.close(force=True)
        raise
    return connection


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as `StoreFull` or `StoreError`, which name the file and say what to do."""
    try:
        yield
    except apsw.FullError:
        raise StoreFull(f"{path}: no room on the disk; nothing was lost: make room, then do it again") from None
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StoreError(f"{path}: damaged ({error}); stop, keep the disk, restore from the mirror") from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {error}; look at the disk, then look whether it was stored") from error


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """All or nothing; durable when it ends without an error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors; what fails here must not hide the first error.
        with suppress(apsw.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


def value(connection: apsw.Connection, sql: str, *arguments: apsw.SQLiteValue) -> apsw.SQLiteValue:
    """The first column of the first row, or None."""
    row = connection.execute(sql, arguments).fetchone()
    return row[0] if row else None


def whole(connection: apsw.Connection, sql: str, *arguments: apsw.SQLiteValue) -> int:
    """`value` where a number is expected: 0 for none."""
    found = value(connection, sql, *arguments)
    return found if isinstance(found, int) else 0


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) of the views' migrations, in order. They never touch the log's own tables."""
    files = [f for f in (resources.files("station.store") / "migrations").iterdir() if f.name.endswith(".sql")]
    return sorted((int(f.name.split("_")[0]), f.read_text(encoding="utf-8")) for f in files)
