"""Bodies lie in one SQLite file a day, so damage stays small and an emptied day gives its room back."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import apsw

from station.store.database import open_database, store_errors, transaction, value, whole
from station.store.folder import sync_folder

PAGE_SIZE = 16384  # 1 MB bodies: half the time of SQLite's usual 4096
OPEN_MAX = 4
_TABLE = "CREATE TABLE IF NOT EXISTS bodies (body_id TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT"


class Segments:
    """The segment files of one folder, named by day; at most `OPEN_MAX` are open at a time."""

    def __init__(self, folder: Path, vfs: str | None = None) -> None:
        self._folder, self._vfs = folder, vfs
        self._open: OrderedDict[str, apsw.Connection] = OrderedDict()

    def path(self, day: str) -> Path:
        return self._folder / f"{day}.db"

    def days(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("????-??-??.db"))

    def put(self, day: str, body_id: str, sealed: bytes) -> None:
        """On disk when it returns."""
        with store_errors(self.path(day)):
            connection = self._connection(day)
            with transaction(connection):
                connection.execute("INSERT INTO bodies VALUES (?, ?)", (body_id, sealed))

    def get(self, day: str, body_id: str) -> bytes | None:
        """`apsw.Error` as it is: the caller knows whose body it was."""
        if not self.path(day).exists():
            return None
        found = value(self._connection(day), "SELECT sealed FROM bodies WHERE body_id = ?", body_id)
        return found if isinstance(found, bytes) else None

    def body_ids(self, day: str) -> list[str]:
        with store_errors(self.path(day)):
            return [str(row[0]) for row in self._connection(day).execute("SELECT body_id FROM bodies")]

    def remove(self, day: str, body_id: str) -> None:
        """Removing what is not there changes nothing."""
        if not self.path(day).exists():
            return
        with store_errors(self.path(day)):
            connection = self._connection(day)
            with transaction(connection):
                connection.execute("DELETE FROM bodies WHERE body_id = ?", (body_id,))
            connection.execute("PRAGMA incremental_vacuum").fetchall()

    def remove_if_empty(self, day: str) -> None:
        with store_errors(self.path(day)):
            if whole(self._connection(day), "SELECT count(*) FROM bodies"):
                return
        self._forget(day)
        for suffix in ("-wal", "-shm", ""):
            self.path(day).with_name(self.path(day).name + suffix).unlink(missing_ok=True)
        sync_folder(self._folder)

    def close(self) -> None:
        for day in list(self._open):
            self._forget(day)

    def _connection(self, day: str) -> apsw.Connection:
        connection = self._open.get(day)
        if connection is None:
            connection = open_database(self.path(day), page_size=PAGE_SIZE, vfs=self._vfs)
            self._open[day] = connection
            connection.execute(_TABLE)
        self._open.move_to_end(day)
        while len(self._open) > OPEN_MAX:
            self._forget(next(iter(self._open)))
        return connection

    def _forget(self, day: str) -> None:
        connection = self._open.pop(day, None)
        if connection is not None:
            connection.close(force=True)
