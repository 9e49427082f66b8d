"""The records held: each once, with its body's SHA-256, its status history, and what is to be done with it next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from station.central.database import Database, Row
from station.wire.fields import as_text
from station.wire.manifests import ManifestEntry


class Stage(StrEnum):
    WAITING = "waiting"  # to be looked at when it is due
    ISSUED = "issued"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Record:
    """`person` is a keyed hash of the NIK: equal for one person, and tells nothing without the centre's key."""

    record_id: str
    station_id: str
    sha256: str
    size: int
    person: str
    received_at: datetime
    stage: Stage


_COLUMNS = "record_id, station_id, sha256, size, person, received_at, stage"


class Records:
    def __init__(self, database: Database) -> None:
        self._database = database

    def announce(self, station_id: str, entries: Sequence[ManifestEntry]) -> None:
        for entry in entries:
            self._database.run(
                """INSERT INTO announced_bodies (station_id, record_id, sha256, size) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING""",
                station_id,
                entry.record_id,
                entry.sha256,
                entry.size,
            )

    def announced(self, station_id: str, sha256: str) -> list[ManifestEntry]:
        found = self._database.rows(
            """SELECT record_id, size FROM announced_bodies WHERE station_id = ? AND sha256 = ?
            ORDER BY record_id""",
            station_id,
            sha256,
        )
        return [ManifestEntry(str(record_id), sha256, int(size)) for record_id, size in found]

    def get(self, record_id: str) -> Record | None:
        found = self._database.rows(f"SELECT {_COLUMNS} FROM records WHERE record_id = ?", record_id)  # noqa: S608
        return _record(found[0]) if found else None

    def add(self, record: Record, due_at: datetime) -> None:
        self._database.run(
            """INSERT INTO records (record_id, station_id, sha256, size, person, received_at, stage, due_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            record.record_id,
            record.station_id,
            record.sha256,
            record.size,
            record.person,
            as_text(record.received_at),
            record.stage.value,
            as_text(due_at),
        )

    def count(self) -> int:
        return int(self._database.rows("SELECT count(*) FROM records")[0][0])

    def refuse(self, station_id: str, entry: ManifestEntry, reason: str, at: datetime) -> None:
        self._database.run(
            """INSERT INTO refusals (station_id, record_id, sha256, reason, at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO NOTHING""",
            station_id,
            entry.record_id,
            entry.sha256,
            reason,
            as_text(at),
        )

    def refusals(self, station_id: str, record_id: str) -> list[tuple[str, str]]:
        """(sha256, reason) of what was refused."""
        found = self._database.rows(
            "SELECT sha256, reason FROM refusals WHERE station_id = ? AND record_id = ? ORDER BY at, sha256",
            station_id,
            record_id,
        )
        return [(str(sha256), str(reason)) for sha256, reason in found]

    def is_refused(self, station_id: str, entry: ManifestEntry) -> bool:
        sql = "SELECT reason FROM refusals WHERE station_id = ? AND record_id = ? AND sha256 = ?"
        return bool(self._database.rows(sql, station_id, entry.record_id, entry.sha256))

    def due(self, now: datetime, *, limit: int) -> list[Record]:
        found = self._database.rows(
            f"SELECT {_COLUMNS} FROM records WHERE stage = ? AND due_at <= ? ORDER BY due_at, record_id LIMIT ?",  # noqa: S608
            Stage.WAITING.value,
            as_text(now),
            limit,
        )
        return [_record(row) for row in found]

    def postpone(self, record_id: str, due_at: datetime) -> None:
        """So that one that cannot be looked at now does not stand before the others."""
        self._database.run("UPDATE records SET due_at = ? WHERE record_id = ?", as_text(due_at), record_id)

    def next_due(self) -> datetime | None:
        found = self._database.rows(
            "SELECT due_at FROM records WHERE stage = ? ORDER BY due_at LIMIT 1", Stage.WAITING.value
        )
        return datetime.fromisoformat(str(found[0][0])) if found else None

    def is_duplicate(self, record: Record) -> bool:
        """Whether the person's one recording is another: one issued already, or one received earlier."""
        others = self._database.rows(
            "SELECT stage, received_at, record_id FROM records WHERE person = ? AND record_id <> ? AND stage IN (?, ?)",
            record.person,
            record.record_id,
            Stage.WAITING.value,
            Stage.ISSUED.value,
        )
        own = (as_text(record.received_at), record.record_id)
        return any(stage == Stage.ISSUED.value or (str(at), str(other)) < own for stage, at, other in others)

    def set_stage(self, record_id: str, stage: Stage) -> None:
        self._database.run("UPDATE records SET stage = ? WHERE record_id = ?", stage.value, record_id)

    def add_status(self, record_id: str, status: str, at: datetime) -> int:
        """Its place in the record's history, from 1."""
        n = len(self.statuses(record_id)) + 1
        self._database.run(
            "INSERT INTO statuses (record_id, n, status, at) VALUES (?, ?, ?, ?)", record_id, n, status, as_text(at)
        )
        return n

    def statuses(self, record_id: str) -> list[str]:
        found = self._database.rows("SELECT status FROM statuses WHERE record_id = ? ORDER BY n", record_id)
        return [str(status) for (status,) in found]


def _record(row: Row) -> Record:
    record_id, station_id, sha256, size, person, received_at, stage = row
    return Record(
        str(record_id),
        str(station_id),
        str(sha256),
        int(size),
        str(person),
        datetime.fromisoformat(str(received_at)),
        Stage(str(stage)),
    )
