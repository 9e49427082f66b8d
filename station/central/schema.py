"""The catalogue's tables. A version that is not this one stops the start; a table is added, never edited."""

from __future__ import annotations

from station.central.database import Database
from station.ports import StoreError

VERSION = 1
TABLES = (
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS stations (
        station_id TEXT PRIMARY KEY, signing_key TEXT NOT NULL, sealing_key TEXT NOT NULL, paired_at TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS pairing_codes (
        proof_key TEXT PRIMARY KEY, station_id TEXT NOT NULL, expires_at TEXT NOT NULL, tries BIGINT NOT NULL,
        used_by TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS nonces (
        station_id TEXT NOT NULL, nonce TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (station_id, nonce))""",
    """CREATE TABLE IF NOT EXISTS announced_bodies (
        station_id TEXT NOT NULL, record_id TEXT NOT NULL, sha256 TEXT NOT NULL, size BIGINT NOT NULL,
        PRIMARY KEY (station_id, record_id, sha256))""",
    """CREATE TABLE IF NOT EXISTS log_entries (
        station_id TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, hash TEXT NOT NULL, entry TEXT NOT NULL,
        PRIMARY KEY (station_id, epoch, seq))""",
    """CREATE TABLE IF NOT EXISTS log_heads (
        station_id TEXT NOT NULL, epoch BIGINT NOT NULL, seq BIGINT NOT NULL, signed TEXT NOT NULL,
        PRIMARY KEY (station_id, epoch, seq))""",
    """CREATE TABLE IF NOT EXISTS logged_seals (
        station_id TEXT NOT NULL, record_id TEXT NOT NULL, sha256 TEXT NOT NULL, epoch BIGINT NOT NULL,
        PRIMARY KEY (station_id, record_id, sha256))""",
    """CREATE TABLE IF NOT EXISTS records (
        record_id TEXT PRIMARY KEY, station_id TEXT NOT NULL, sha256 TEXT NOT NULL, size BIGINT NOT NULL,
        person TEXT NOT NULL, received_at TEXT NOT NULL, stage TEXT NOT NULL, due_at TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS records_by_person ON records (person)",
    "CREATE INDEX IF NOT EXISTS records_by_stage ON records (stage, due_at)",
    """CREATE TABLE IF NOT EXISTS refusals (
        station_id TEXT NOT NULL, record_id TEXT NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL,
        at TEXT NOT NULL, PRIMARY KEY (station_id, record_id, sha256))""",
    """CREATE TABLE IF NOT EXISTS statuses (
        record_id TEXT NOT NULL, n BIGINT NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (record_id, n))""",
    """CREATE TABLE IF NOT EXISTS authorisations (
        authorisation_id TEXT PRIMARY KEY, record_id TEXT NOT NULL, station_id TEXT NOT NULL,
        body_sha256 TEXT NOT NULL, valid_until TEXT NOT NULL, revoked TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS authorisations_by_record ON authorisations (record_id)",
    """CREATE TABLE IF NOT EXISTS downlink (
        station_id TEXT NOT NULL, seq BIGINT NOT NULL, signed TEXT NOT NULL, body_sha256 TEXT NOT NULL,
        body_size BIGINT NOT NULL, PRIMARY KEY (station_id, seq))""",
    "CREATE INDEX IF NOT EXISTS downlink_by_body ON downlink (station_id, body_sha256)",
)


def prepare(database: Database) -> None:
    """Makes what is missing; `StoreError` when a newer program made the catalogue."""

    def work() -> None:
        for statement in TABLES:
            database.run(statement)
        versions = [version for (version,) in database.rows("SELECT version FROM schema_version")]
        if any(version != VERSION for version in versions):
            raise StoreError(f"the catalogue has schema {versions[0]}, this program knows {VERSION}")
        database.run("INSERT INTO schema_version (version) VALUES (?) ON CONFLICT DO NOTHING", VERSION)

    database.transact(work)
