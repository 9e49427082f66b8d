"""The store against what it is made of: the log beside a bare SQLite, the vault beside a plain file and its fsync.

Both sides run in one folder, in turns, so that a busy disk disturbs both. The bare SQLite writes the very rows that
the log wrote, as durably: what is left is the price of chain, checks and views.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import apsw

from station.domain.events import BlanksLoaded, BlanksReceived, BlanksUnloaded, Event
from station.sealing.key_ring import StationKeyRing
from station.store.chain import Line
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from tests.bench.figures import Figure, Stopwatch, share_of_peer

BODY_BYTES = 1_000_000
APPENDS_SHARE_MIN = 0.5
VAULT_SHARE_MIN = 0.5
FOLDER_VARIABLE = "EKTP_BENCH_FOLDER"  # where the disk to be measured is mounted; else the folder for temporary files


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def measure(*, quick: bool) -> dict[str, Figure]:
    turns, appends, bodies = (3, 100, 5) if quick else (9, 1_000, 30)
    with tempfile.TemporaryDirectory(dir=os.environ.get(FOLDER_VARIABLE)) as folder:
        return {
            "appends": _appends(Path(folder) / "log", turns, appends),
            "vault_put_1mb": _bodies(Path(folder) / "vault", turns, bodies),
        }


# --- the log ---------------------------------------------------------------------------------------------------------


def _appends(folder: Path, turns: int, count: int) -> Figure:
    ours, bare = Stopwatch(), Stopwatch()
    # Not the connection's own context: that would put all rows into one transaction.
    with SqliteEventLog(folder / "ours", SystemClock()) as log, closing(_bare(folder / "bare.db")) as plain:
        log.append(BlanksReceived(count, "bench", "operator-1"))
        for _ in range(turns):
            events = [_event(n) for n in range(count)]
            before = log.head()[0]
            with ours:
                for event in events:
                    log.append(event)
            rows = _rows(log, before)
            assert len(rows) == count
            with bare:
                for row in rows:
                    plain.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        assert log.verify().holds
    peer = "bare SQLite (WAL, FULL), the same rows, one a transaction"
    return share_of_peer(ours.rate(count), bare.rate(count), unit="1/s", at_least=APPENDS_SHARE_MIN, peer=peer)


def _event(n: int) -> Event:
    """Blanks go to a printer and come back: small events that touch accounts, as most do."""
    kind = BlanksUnloaded if n % 2 else BlanksLoaded
    return kind("printer-1", 1, "operator-1")


def _rows(log: SqliteEventLog, after: int) -> list[tuple[apsw.SQLiteValue, ...]]:
    rows: list[tuple[apsw.SQLiteValue, ...]] = []
    while page := log.lines(after_seq=after):
        rows += [_row(line) for line in page]
        after = page[-1].seq
    return rows


def _row(line: Line) -> tuple[apsw.SQLiteValue, ...]:
    return (line.seq, line.epoch, line.at, line.kind, line.version, line.data, line.hash)


def _bare(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    columns = "seq INTEGER PRIMARY KEY, epoch INTEGER, at TEXT, kind TEXT, version INTEGER, data TEXT, hash TEXT"
    connection.execute(f"CREATE TABLE entries ({columns}) STRICT")
    return connection


# --- the vault -------------------------------------------------------------------------------------------------------


def _bodies(folder: Path, turns: int, count: int) -> Figure:
    ours, plain = Stopwatch(), Stopwatch()
    folder.mkdir(parents=True)
    with SqliteVault(folder / "ours", StationKeyRing.generate(), SystemClock(), random=os.urandom) as vault:
        for turn in range(turns):
            bodies = [os.urandom(BODY_BYTES) for _ in range(count)]
            with ours:
                for n, body in enumerate(bodies):
                    vault.put(f"record-{turn}-{n}", "package", body)
            with plain:
                for n, body in enumerate(bodies):
                    _write_plainly(folder / f"plain-{turn}-{n}", body)
            assert vault.get(f"record-{turn}-0", "package") == bodies[0]
    peer = "write and fsync of the same bytes to a new file"
    megabytes = count * BODY_BYTES // 1_000_000
    return share_of_peer(ours.rate(megabytes), plain.rate(megabytes), unit="MB/s", at_least=VAULT_SHARE_MIN, peer=peer)


def _write_plainly(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
