"""One SQL dialect that SQLite and PostgreSQL both take: TEXT and BIGINT, `?` for values, ON CONFLICT, no row order.

Bytes are stored as base64 and times as ISO 8601 text in UTC, so that nothing differs between the two.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import apsw

from station.ports import StoreError, StoreFull

T = TypeVar("T")
Value = str | int
Row = tuple[Value, ...]
_BUSY_TIMEOUT_MS = 5000


class Database(Protocol):
    """Used by one thread at a time."""

    def rows(self, sql: str, *values: Value) -> list[Row]: ...

    def run(self, sql: str, *values: Value) -> None: ...

    def transact(self, work: Callable[[], T]) -> T:
        """All of `work` or nothing, durable when it returns. `work` may be run again after a conflict."""
        ...

    def close(self) -> None: ...


class SqliteDatabase:
    """One file, WAL and FULL: a commit is on the disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")

    def rows(self, sql: str, *values: Value) -> list[Row]:
        try:
            return list(self._connection.execute(sql, values))
        except apsw.FullError:
            raise StoreFull(f"{self._path}: the disk is full; make room") from None
        except apsw.Error as wrong:
            raise StoreError(f"{self._path}: {type(wrong).__name__}") from wrong

    def run(self, sql: str, *values: Value) -> None:
        self.rows(sql, *values)

    def transact(self, work: Callable[[], T]) -> T:
        self.run("BEGIN IMMEDIATE")
        try:
            result = work()
            self.run("COMMIT")
        except BaseException:
            # A full disk may have rolled back by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return result

    def close(self) -> None:
        self._connection.close()
