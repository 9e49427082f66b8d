"""What waits for each station, numbered from 1 without gaps and signed; and the authorisations that were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from station.central.database import Database, Row
from station.sealing.signatures import SigningKey
from station.wire.downlink import DownlinkItem
from station.wire.fields import as_text
from station.wire.signed import Signed


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item as stored; the body, if any, is in the body store."""

    seq: int
    signed: Signed
    body_sha256: str
    body_size: int


@dataclass(frozen=True, slots=True)
class Authorisation:
    """`revoked` is the reason, or empty."""

    authorisation_id: str
    record_id: str
    station_id: str
    body_sha256: str
    valid_until: datetime
    revoked: str = ""


class Downlinks:
    def __init__(self, database: Database, key: SigningKey) -> None:
        self._database, self._key = database, key

    def add(self, item: DownlinkItem) -> int:
        """Numbers, signs and keeps it; `item.seq` is not looked at. Inside a transaction."""
        sql = "SELECT coalesce(max(seq), 0) FROM downlink WHERE station_id = ?"
        seq = int(self._database.rows(sql, item.station_id)[0][0]) + 1
        signed = replace(item, seq=seq).signed(self._key)
        self._database.run(
            "INSERT INTO downlink (station_id, seq, signed, body_sha256, body_size) VALUES (?, ?, ?, ?, ?)",
            item.station_id,
            seq,
            signed.encode().decode("ascii"),
            item.body_sha256,
            item.body_size,
        )
        return seq

    def after(self, station_id: str, seq: int, *, limit: int) -> list[Waiting]:
        found = self._database.rows(
            """SELECT seq, signed, body_sha256, body_size FROM downlink WHERE station_id = ? AND seq > ?
            ORDER BY seq LIMIT ?""",
            station_id,
            seq,
            limit,
        )
        return [_waiting(row) for row in found]

    def only(self, station_id: str, seqs: Sequence[int]) -> list[Waiting]:
        found: list[Row] = []
        for seq in sorted(seqs):
            found += self._database.rows(
                "SELECT seq, signed, body_sha256, body_size FROM downlink WHERE station_id = ? AND seq = ?",
                station_id,
                seq,
            )
        return [_waiting(row) for row in found]

    def is_for(self, station_id: str, body_sha256: str) -> bool:
        sql = "SELECT seq FROM downlink WHERE station_id = ? AND body_sha256 = ? LIMIT 1"
        return bool(self._database.rows(sql, station_id, body_sha256))

    def authorise(self, given: Authorisation) -> None:
        self._database.run(
            """INSERT INTO authorisations (authorisation_id, record_id, station_id, body_sha256, valid_until, revoked)
            VALUES (?, ?, ?, ?, ?, ?)""",
            given.authorisation_id,
            given.record_id,
            given.station_id,
            given.body_sha256,
            as_text(given.valid_until),
            given.revoked,
        )

    def authorisation(self, authorisation_id: str) -> Authorisation | None:
        found = self._database.rows(
            """SELECT authorisation_id, record_id, station_id, body_sha256, valid_until, revoked FROM authorisations
            WHERE authorisation_id = ?""",
            authorisation_id,
        )
        return _authorisation(found[0]) if found else None

    def authorisations_of(self, record_id: str) -> list[Authorisation]:
        found = self._database.rows(
            """SELECT authorisation_id, record_id, station_id, body_sha256, valid_until, revoked FROM authorisations
            WHERE record_id = ? ORDER BY authorisation_id""",
            record_id,
        )
        return [_authorisation(row) for row in found]

    def revoke(self, authorisation_id: str, reason: str) -> None:
        self._database.run(
            "UPDATE authorisations SET revoked = ? WHERE authorisation_id = ?", reason, authorisation_id
        )


def _waiting(row: Row) -> Waiting:
    seq, signed, sha256, size = row
    return Waiting(int(seq), Signed.decode(str(signed).encode()), str(sha256), int(size))


def _authorisation(row: Row) -> Authorisation:
    first, record_id, station_id, sha256, valid_until, revoked = (str(value) for value in row)
    return Authorisation(first, record_id, station_id, sha256, datetime.fromisoformat(valid_until), revoked)
