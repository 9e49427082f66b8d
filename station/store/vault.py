"""The vault: contents of records, each body under its record's own key; a body is on disk when `put` returns.

`keys.db` holds the wrapped keys and says where each body lies; the bodies lie in segments. A body's id is noted as
passing before it is written and when it is given up: only such a body is swept at the next start. One that `keys.db`
does not know at all is left alone, since it may be the `keys.db` that is missing or from an earlier day.
Hashes and sizes are encrypted too, so a stolen disk cannot be asked whether it holds a known text.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from types import TracebackType

import apsw
from cryptography.exceptions import InvalidTag

from station.ports import Body, BodyDamaged, BodyMissing, Clock, Random, StoreError
from station.sealing.key_ring import StationKeyRing
from station.store.database import open_database, store_errors, transaction, whole
from station.store.folder import RESERVE_BYTES, Ownership, check_room
from station.store.record_keys import TABLE as KEY_TABLE
from station.store.record_keys import Cipher, RecordKeys
from station.store.segments import Segments

FOLDER_NAME = "vault"
_BODY_ID_BYTES = 16
_HASH_BYTES = 32
_SIZE_BYTES = 8
_OVERHEAD_BYTES = 64 * 1024  # pages, indexes and the two write-ahead logs

_TABLES = (
    KEY_TABLE
    + """
CREATE TABLE IF NOT EXISTS places (
    record_id TEXT NOT NULL,
    name TEXT NOT NULL,
    day TEXT NOT NULL,
    body_id TEXT NOT NULL,
    facts BLOB NOT NULL,
    PRIMARY KEY (record_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passing (body_id TEXT PRIMARY KEY, day TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
)


@dataclass(frozen=True, slots=True)
class _Place:
    record_id: str
    name: str
    day: str
    body_id: str
    facts: bytes  # SHA-256 and size of the plain body, encrypted

    @property
    def about(self) -> tuple[str, str, str]:
        return (self.record_id, self.name, self.body_id)


@dataclass(frozen=True, slots=True)
class Damage:
    """A body that the scrub could not read back whole."""

    record_id: str
    name: str
    reason: str


class SqliteVault:
    """`station.ports.Vault` in `folder/vault`. Safe to call from any thread; one call at a time runs."""

    def __init__(
        self,
        folder: Path,
        ring: StationKeyRing,
        clock: Clock,
        *,
        random: Random = os.urandom,
        reserve_bytes: int = RESERVE_BYTES,
        vfs: str | None = None,
    ) -> None:
        """`StoreError` when another process owns the vault, or its keys are lost. Sweeps what a crash left."""
        self._folder = folder / FOLDER_NAME
        self._path = self._folder / "keys.db"
        self._clock, self._random, self._reserve_bytes = clock, random, reserve_bytes
        self._lock = threading.RLock()
        self._ownership = Ownership(self._folder)
        self._segments = Segments(self._folder, vfs)
        self._connection: apsw.Connection | None = None
        try:
            with store_errors(self._path):
                self._connection = open_database(self._path, vfs=vfs)
                self._refuse_lost_keys(self._connection)
                self._connection.execute(_TABLES)
                # A kill within `erase`, before its own: the erased key would still be in the file.
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._keys = RecordKeys(self._path, self._connection, ring.wrapping, random)
            self._sweep()
        except BaseException:
            self.close()
            raise

    # --- the port ----------------------------------------------------------------------------------------------------

    def put(self, record_id: str, name: str, body: bytes) -> Body:
        self.check_room(len(body))
        digest = hashlib.sha256(body)
        day = self._clock.now().astimezone(UTC).date().isoformat()
        body_id = self._random(_BODY_ID_BYTES).hex()
        with self._working() as connection:
            cipher = self._key_for(connection, record_id, (body_id, day))
            facts = cipher.encrypt(digest.digest() + len(body).to_bytes(_SIZE_BYTES, "big"), "facts", record_id, name)
            place = _Place(record_id, name, day, body_id, facts)
            self._segments.put(day, body_id, cipher.encrypt(body, "body", *place.about))
            earlier = self._place(connection, record_id, name)
            with transaction(connection):
                row = (record_id, name, day, body_id, facts)
                connection.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)", row)
                connection.execute("DELETE FROM passing WHERE body_id = ?", (body_id,))
                given_up = [earlier] if earlier else []
                self._give_up(connection, given_up)
            self._remove(connection, given_up)
        return Body(record_id, name, digest.hexdigest(), len(body))

    def get(self, record_id: str, name: str) -> bytes:
        with self._working() as connection:
            place = self._place(connection, record_id, name)
            cipher = self._keys.find(record_id)
            if place is None or cipher is None:
                raise BodyMissing(f"{self._folder}: record {record_id} has no body {name}")
            return self._read(place, cipher)

    def names(self, record_id: str) -> Iterator[Body]:
        with self._working() as connection:
            cipher = self._keys.find(record_id)
            bodies = [self._body(place, cipher) for place in self._places(connection, record_id)] if cipher else []
        return iter(bodies)

    def records_with(self, prefix: str) -> list[str]:
        sql = "SELECT DISTINCT record_id FROM places WHERE substr(name, 1, ?) = ? ORDER BY record_id"
        with self._working() as connection:
            return [str(record_id) for (record_id,) in connection.execute(sql, (len(prefix), prefix))]

    def drop(self, record_id: str, name: str) -> None:
        """Dropping what is not there changes nothing."""
        with self._working() as connection:
            place = self._place(connection, record_id, name)
            if place is None:
                return
            with transaction(connection):
                connection.execute("DELETE FROM places WHERE record_id = ? AND name = ?", (record_id, name))
                self._give_up(connection, [place])
            self._remove(connection, [place])

    def erase(self, record_id: str) -> None:
        with self._working() as connection:
            places = self._places(connection, record_id)
            with transaction(connection):
                self._keys.erase(record_id)
                connection.execute("DELETE FROM places WHERE record_id = ?", (record_id,))
                self._give_up(connection, places)
            # The write-ahead log still holds the pages as they were; emptied, it holds none.
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._remove(connection, places)

    # --- keeping it whole --------------------------------------------------------------------------------------------

    def scrub(self) -> list[Damage]:
        """Reads every body back; names those that are damaged. A call for the quiet hours: it reads the whole vault."""
        with self._working() as connection:
            places = self._places(connection)
        return [damage for place in places if (damage := self._check(place))]

    def records(self) -> list[str]:
        """Every record that has a key here, for comparing with the log."""
        with self._working() as connection:
            rows = connection.execute("SELECT record_id FROM record_keys ORDER BY record_id")
            return [str(record_id) for (record_id,) in rows]

    def check_room(self, bytes_needed: int) -> None:
        """`StoreFull` when a body of this size would leave the log too little room."""
        check_room(self._folder, bytes_needed + _OVERHEAD_BYTES, reserve_bytes=self._reserve_bytes)

    def close(self) -> None:
        with self._lock:
            self._segments.close()
            if self._connection is not None:
                self._connection.close(force=True)
                self._connection = None
            self._ownership.close()

    def __enter__(self) -> SqliteVault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _working(self) -> Iterator[apsw.Connection]:
        with self._lock, store_errors(self._path):
            if self._connection is None:
                raise StoreError(f"{self._path}: closed")
            yield self._connection

    def _key_for(self, connection: apsw.Connection, record_id: str, passing: tuple[str, str]) -> Cipher:
        # Before the body: a body whose key is not on disk would be lost, and one that is not noted never swept.
        with transaction(connection):
            connection.execute("INSERT INTO passing VALUES (?, ?)", passing)
            return self._keys.find_or_make(record_id)

    def _place(self, connection: apsw.Connection, record_id: str, name: str) -> _Place | None:
        return next((place for place in self._places(connection, record_id) if place.name == name), None)

    def _places(self, connection: apsw.Connection, record_id: str | None = None) -> list[_Place]:
        sql = "SELECT record_id, name, day, body_id, facts FROM places "
        if record_id is None:
            rows = connection.execute(sql + "ORDER BY day, record_id, name")
        else:
            rows = connection.execute(sql + "WHERE record_id = ? ORDER BY name", (record_id,))
        return [_Place(*row) for row in rows]

    def _read(self, place: _Place, cipher: Cipher) -> bytes:
        facts = self._body(place, cipher)
        try:
            sealed = self._segments.get(place.day, place.body_id)
            if sealed is None:
                raise self._damaged(place, "is not in its segment")
            body = cipher.decrypt(sealed, "body", *place.about)
        except InvalidTag:
            raise self._damaged(place, "was changed on the disk") from None
        except (apsw.CorruptError, apsw.NotADBError):
            raise self._damaged(place, "lies in a damaged segment") from None
        except apsw.Error as error:
            raise StoreError(f"{self._segments.path(place.day)}: {error}; look at the disk, then read again") from error
        if hashlib.sha256(body).hexdigest() != facts.sha256:
            raise self._damaged(place, "is not the one that was put here")
        return body

    def _body(self, place: _Place, cipher: Cipher) -> Body:
        try:
            facts = cipher.decrypt(place.facts, "facts", place.record_id, place.name)
        except InvalidTag:
            raise self._damaged(place, "has a changed entry in keys.db") from None
        size = int.from_bytes(facts[_HASH_BYTES:], "big")
        return Body(place.record_id, place.name, facts[:_HASH_BYTES].hex(), size)

    def _damaged(self, place: _Place, what: str) -> BodyDamaged:
        path = self._segments.path(place.day)
        return BodyDamaged(f"{path}: body {place.name} of record {place.record_id} {what}; restore it from the mirror")

    def _check(self, place: _Place) -> Damage | None:
        try:
            self.get(place.record_id, place.name)
        except BodyMissing:  # dropped or erased since the list was made
            return None
        except StoreError as error:
            return Damage(place.record_id, place.name, str(error))
        return None

    def _give_up(self, connection: apsw.Connection, places: list[_Place]) -> None:
        rows = [(place.body_id, place.day) for place in places]
        connection.executemany("INSERT OR REPLACE INTO passing VALUES (?, ?)", rows)

    def _remove(self, connection: apsw.Connection, places: list[_Place]) -> None:
        today = self._clock.now().astimezone(UTC).date().isoformat()
        for place in places:
            with suppress(StoreError, apsw.Error):  # noted as passing: the next start sweeps what stays now
                self._segments.remove(place.day, place.body_id)
                if place.day != today:
                    self._segments.remove_if_empty(place.day)
                connection.execute("DELETE FROM passing WHERE body_id = ?", (place.body_id,))

    def _refuse_lost_keys(self, connection: apsw.Connection) -> None:
        # Before any table is made: the next start must see the same.
        if whole(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'places'"):
            return
        for day in self._segments.days():
            if self._segments.body_ids(day):
                found = f"is missing or empty, but {self._segments.path(day).name} holds bodies"
                raise StoreError(f"{self._path}: {found}; restore keys.db from the mirror, then start again")

    def _sweep(self) -> None:
        with self._working() as connection:
            passing = connection.execute(
                "SELECT body_id, day FROM passing WHERE body_id NOT IN (SELECT body_id FROM places)"
            ).fetchall()
            for body_id, day in passing:
                with suppress(StoreError):  # one damaged day must not keep the others shut: the scrub names it
                    self._segments.remove(str(day), str(body_id))
                    connection.execute("DELETE FROM passing WHERE body_id = ?", (body_id,))
        for day in self._segments.days():
            with suppress(StoreError):
                self._segments.remove_if_empty(day)
