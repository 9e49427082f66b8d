"""The stations' logs as they sent them: an entry that is held is never replaced, and each follows one that is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from station.central.database import Database
from station.domain.canonical import canonical
from station.domain.events import RecordSealed
from station.wire.fields import BadMessage, is_id, is_sha256
from station.wire.log_pages import GENESIS, LogEntry


class LogForked(Exception):
    """The station says something else about its past than it did before; the text names epoch and number."""


@dataclass(frozen=True, slots=True)
class Head:
    epoch: int
    seq: int
    hash: str


class StationLogs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self, station_id: str) -> Head:
        """The last entry held; number 0 before the first."""
        found = self._database.rows(
            "SELECT epoch, seq, hash FROM log_entries WHERE station_id = ? ORDER BY epoch DESC, seq DESC LIMIT 1",
            station_id,
        )
        return Head(int(found[0][0]), int(found[0][1]), str(found[0][2])) if found else Head(0, 0, GENESIS)

    def take(self, station_id: str, entries: Sequence[LogEntry]) -> Head:
        """Keeps what is new and follows; stops before a gap. `LogForked`, or `BadMessage` for a hash that is wrong."""
        head = self.head(station_id)
        previous: str | None = None
        for index, entry in enumerate(entries):
            held = self._hash(station_id, entry.epoch, entry.seq)
            if held is None:
                if not self._follows(station_id, entry, head, previous):
                    if previous is not None:
                        raise BadMessage(f"log page.entries[{index}].hash", "does not follow from the entry before")
                    break
                self._keep(station_id, entry)
                head = Head(entry.epoch, entry.seq, entry.hash)
            elif held != entry.hash:
                raise LogForked(f"epoch {entry.epoch}, entry {entry.seq}: held with another hash")
            previous = entry.hash
        return head

    def _follows(self, station_id: str, entry: LogEntry, head: Head, previous: str | None) -> bool:
        if entry.epoch < head.epoch:
            raise LogForked(f"epoch {entry.epoch}, entry {entry.seq}: epoch {head.epoch} has begun")
        if entry.epoch == head.epoch and entry.seq <= head.seq:
            # A new epoch that begins below an entry held in it already: two restores with one number.
            raise LogForked(f"epoch {entry.epoch}, entry {entry.seq}: begins before entry {head.seq}")
        if previous is not None:
            return entry.follows(previous)
        if entry.seq == 1:
            return entry.follows(GENESIS)
        before = self._database.rows(
            "SELECT hash FROM log_entries WHERE station_id = ? AND seq = ? AND epoch <= ?",
            station_id,
            entry.seq - 1,
            entry.epoch,
        )
        return any(entry.follows(str(hash_)) for (hash_,) in before)

    def _hash(self, station_id: str, epoch: int, seq: int) -> str | None:
        found = self._database.rows(
            "SELECT hash FROM log_entries WHERE station_id = ? AND epoch = ? AND seq = ?", station_id, epoch, seq
        )
        return str(found[0][0]) if found else None

    def _keep(self, station_id: str, entry: LogEntry) -> None:
        self._database.run(
            "INSERT INTO log_entries (station_id, epoch, seq, hash, entry) VALUES (?, ?, ?, ?, ?)",
            station_id,
            entry.epoch,
            entry.seq,
            entry.hash,
            canonical(entry.to_json()).decode("ascii"),
        )
        if entry.kind == RecordSealed.kind:
            self._note_seal(station_id, entry)

    def _note_seal(self, station_id: str, entry: LogEntry) -> None:
        record_id, sha256 = entry.data.get("record_id"), entry.data.get("body_sha256")
        if isinstance(record_id, str) and is_id(record_id) and isinstance(sha256, str) and is_sha256(sha256):
            self._database.run(
                """INSERT INTO logged_seals (station_id, record_id, sha256, epoch) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING""",
                station_id,
                record_id,
                sha256,
                entry.epoch,
            )

    def keep_head(self, station_id: str, head: Head, signed: str) -> None:
        """The station's own signature on its past: evidence, whatever it says later."""
        self._database.run(
            "INSERT INTO log_heads (station_id, epoch, seq, signed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            station_id,
            head.epoch,
            head.seq,
            signed,
        )

    def sealed_in_epoch(self, station_id: str, record_id: str, sha256: str) -> int | None:
        """The epoch in which the station logged that it sealed this body for this record."""
        found = self._database.rows(
            "SELECT epoch FROM logged_seals WHERE station_id = ? AND record_id = ? AND sha256 = ?",
            station_id,
            record_id,
            sha256,
        )
        return int(found[0][0]) if found else None
