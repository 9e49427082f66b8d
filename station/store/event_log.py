"""The log: facts appended one after another, hash-chained, never edited; an acknowledgement means fsynced.

Each append is checked against lives, blank accounts and chip bindings inside its transaction, so a refusal changes
nothing. An error of the disk means "unknown": the log is reopened and looked at before anything is said.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol

import apsw

from station.domain.blank_stock import Account, BlankEquation
from station.domain.events import KINDS, BadEvent, Event, event_from
from station.domain.life import Refused
from station.ports import Acknowledgement, Clock, Durability, Entry, StoreError, Subject
from station.store import chain
from station.store.chain import GENESIS, ChainReport, Line
from station.store.database import open_database, store_errors, transaction, whole
from station.store.folder import Ownership, check_room, sync_folder
from station.store.view_tables import ViewTables

FILE_NAME = "log.db"
PAGE = 1000
"""Lines held in memory at a time while the whole log is walked."""

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('epoch', 1);
"""
_LINE = "SELECT seq, epoch, at, kind, version, data, hash FROM entries "


class Replica(Protocol):
    """Another disk that holds the same lines. An append counts as mirrored when both have it."""

    def hold(self, lines: Sequence[Line]) -> None:
        """Durable when it returns; `StoreError` when this disk could not."""
        ...


class SqliteEventLog:
    """`station.ports.EventLog` in one file, with its views. Safe to call from any thread; one call at a time runs."""

    def __init__(self, folder: Path, clock: Clock, *, replica: Replica | None = None, vfs: str | None = None) -> None:
        """`StoreError` when another process owns the folder, or a newer program has written here."""
        self._path, self._clock, self._replica, self._vfs = folder / FILE_NAME, clock, replica, vfs
        self._lock = threading.RLock()
        self._connection: apsw.Connection | None = None
        self._last: Line | None = None
        self._epoch = 1
        self._ownership = Ownership(folder)
        try:
            with store_errors(self._path):
                self._open()
        except BaseException:
            self.close()
            raise

    # --- writing -----------------------------------------------------------------------------------------------------

    def append(self, *events: Event) -> Acknowledgement:
        if not events:
            raise ValueError("append: no event")
        lines: list[Line] = []
        with self._lock:
            try:
                with self._connected() as connection, transaction(connection):
                    self._write(connection, events, lines)
            except apsw.FullError:
                with store_errors(self._path):
                    raise
            except apsw.Error as error:
                self._look_again(lines, error)
            last = self._last = lines[-1]
            return Acknowledgement(last.seq, last.hash, self._durability(lines))

    def _write(self, connection: apsw.Connection, events: Sequence[Event], lines: list[Line]) -> None:
        at, views = _moment(self._clock.now()), ViewTables(connection)
        previous = self._last
        for event in events:
            line = chain.next_line(previous, self._epoch, at, event)
            if _entry(line).event != event:
                raise BadEvent(f"{event.kind}: would not come back as it was written")
            views.apply(event, line.seq)
            row = (line.seq, line.epoch, line.at, line.kind, line.version, line.data, line.hash)
            connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            lines.append(line)
            previous = line

    def _look_again(self, lines: Sequence[Line], error: apsw.Error) -> None:
        """After an error of the disk: returns when the lines are there and durable; else `StoreError`."""
        self._disconnect()
        with store_errors(self._path):
            self._open()
            # What the WAL holds may be in memory only after a failed fsync; the checkpoint writes it anew and syncs.
            with self._connected() as connection:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            # Closing removed the old WAL: were its name to come back with a power cut, so would what it held.
            sync_folder(self._path.parent)
        if not lines or self._last is None or self._last.hash != lines[-1].hash:
            raise StoreError(f"{self._path}: {error}; nothing was stored: look at the disk, do it again") from error

    def _durability(self, lines: Sequence[Line]) -> Durability:
        if self._replica is None:
            return Durability.SINGLE
        try:
            self._replica.hold(lines)
        except StoreError:
            return Durability.SINGLE
        return Durability.MIRRORED

    def begin_epoch(self) -> int:
        """After a restore: what is appended from now on belongs to a new epoch, whose number is returned."""
        with self._lock, store_errors(self._path), self._connected() as connection, transaction(connection):
            connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'epoch'")
            self._epoch = whole(connection, "SELECT value FROM meta WHERE name = 'epoch'")
            return self._epoch

    @property
    def epoch(self) -> int:
        return self._epoch

    def check_room(self, bytes_needed: int) -> None:
        """`StoreFull` when the disk would be too full to go on."""
        check_room(self._path.parent, bytes_needed)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, *, after_seq: int = 0, limit: int = 500) -> Sequence[Entry]:
        return [_entry(line) for line in self.lines(after_seq=after_seq, limit=limit)]

    def lines(self, *, after_seq: int = 0, limit: int = 500) -> Sequence[Line]:
        """As `read`, but as stored: what is sent, hashed and mirrored."""
        with self._reading() as connection:
            return _lines(connection, "WHERE seq > ? ORDER BY seq LIMIT ?", after_seq, limit)

    def head(self) -> tuple[int, str]:
        with self._lock:
            return (self._last.seq, self._last.hash) if self._last else (0, GENESIS)

    def subject(self, life: str, subject_id: str) -> Subject | None:
        with self._reading() as connection:
            return ViewTables(connection).subject(life, subject_id)

    def subjects(self, life: str, *states: str, limit: int = 1000) -> Sequence[Subject]:
        with self._reading() as connection:
            return ViewTables(connection).subjects(life, states, limit)

    def count(self, life: str, *states: str) -> int:
        with self._reading() as connection:
            return ViewTables(connection).count(life, states)

    def history(self, life: str, subject_id: str) -> Sequence[Entry]:
        where = "WHERE seq IN (SELECT seq FROM subject_entries WHERE life = ? AND id = ?) ORDER BY seq"
        with self._reading() as connection:
            return [_entry(line) for line in _lines(connection, where, life, subject_id)]

    def card_of_chip(self, chip_id: str) -> Subject | None:
        with self._reading() as connection:
            views = ViewTables(connection)
            card_id = views.card_of_chip(chip_id)
            return views.subject("card", card_id) if card_id else None

    def stock(self) -> BlankEquation:
        with self._reading() as connection:
            return ViewTables(connection).stock()

    def in_printer(self, printer: str) -> int:
        with self._reading() as connection:
            return ViewTables(connection).blanks(Account.IN_PRINTERS, printer)

    # --- checking ----------------------------------------------------------------------------------------------------

    def verify(self) -> ChainReport:
        """Walks the whole chain; names the first line that does not hold."""
        with self._reading() as connection:
            return chain.verify(_walk(connection))

    def rebuild(self) -> None:
        """Makes the views anew from the log; `StoreError` names the line that the tables refuse."""
        with self._lock, store_errors(self._path), self._connected() as connection, transaction(connection):
            self._replay(connection)

    def view_contents(self) -> dict[str, list[tuple[apsw.SQLiteValue, ...]]]:
        """Every view, row by row, for comparing."""
        with self._reading() as connection:
            return ViewTables(connection).contents()

    def _replay(self, connection: apsw.Connection) -> None:
        views = ViewTables(connection)
        views.clear()
        for line in _walk(connection):
            try:
                views.apply(_entry(line).event, line.seq)
            except Refused as refusal:
                raise StoreError(f"{self._path}: line {line.seq} was accepted once, now {refusal}") from refusal

    # --- opening and closing -----------------------------------------------------------------------------------------

    def _open(self) -> None:
        connection = open_database(self._path, vfs=self._vfs)
        self._connection = connection
        with transaction(connection):
            connection.execute(_TABLES)
            self._check_kinds_are_known(connection)
            if ViewTables(connection).migrate():
                self._replay(connection)
            self._epoch = whole(connection, "SELECT value FROM meta WHERE name = 'epoch'")
            last = _lines(connection, "ORDER BY seq DESC LIMIT 1")
            self._last = last[0] if last else None

    def _check_kinds_are_known(self, connection: apsw.Connection) -> None:
        for kind, version in connection.execute("SELECT kind, max(version) FROM entries GROUP BY kind"):
            known = KINDS.get(str(kind))
            if known is None or not isinstance(version, int) or version > known.version:
                raise StoreError(f"{self._path}: holds {kind} version {version}, of a newer program: start that one")

    @contextmanager
    def _connected(self) -> Iterator[apsw.Connection]:
        if self._connection is None:
            if self._ownership.closed:
                raise StoreError(f"{self._path}: closed")
            self._open()
        assert self._connection is not None
        yield self._connection

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        with self._lock, store_errors(self._path), self._connected() as connection:
            yield connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(apsw.Error):  # a failing disk fails here too; what counts was said at the append
                connection.close(force=True)

    def close(self) -> None:
        with self._lock:
            self._disconnect()
            self._ownership.close()

    def __enter__(self) -> SqliteEventLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(connection: apsw.Connection, where: str, *arguments: apsw.SQLiteValue) -> list[Line]:
    return [Line(*row) for row in connection.execute(_LINE + where, arguments)]


def _walk(connection: apsw.Connection) -> Iterator[Line]:
    after = -(2**62)  # a line moved below the first must show
    while page := _lines(connection, "WHERE seq > ? ORDER BY seq LIMIT ?", after, PAGE):
        yield from page
        after = page[-1].seq


def _entry(line: Line) -> Entry:
    event = event_from(line.kind, line.version, json.loads(line.data))
    return Entry(line.seq, line.epoch, line.at, event, line.hash)
