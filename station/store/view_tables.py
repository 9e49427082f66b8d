"""The views as tables beside the log, in its file: written in the transaction of the line they follow from."""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

from station.domain.blank_stock import Account, BlankEquation
from station.domain.canonical import canonical
from station.domain.events import Event
from station.ports import StoreError, Subject
from station.store.database import migrations, value, whole
from station.store.views import Changes, project

_TABLES = ("subjects", "subject_entries", "blanks", "chips")
_ONE = "SELECT * FROM subjects WHERE life = ? AND id = ?"
_OF_LIFE = "SELECT * FROM subjects WHERE life = ? ORDER BY first_seq, id LIMIT ?"
_IN_STATES = """
SELECT * FROM subjects WHERE life = ? AND state IN (SELECT value FROM json_each(?)) ORDER BY first_seq, id LIMIT ?
"""
_COUNT = """
SELECT count(*) FROM subjects WHERE life = ? AND (? = 0 OR state IN (SELECT value FROM json_each(?)))
"""


class ViewTables:
    """Reads and writes the view tables of one connection; the caller holds lock and transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def apply(self, event: Event, seq: int) -> None:
        """Projects the event onto the tables, or `Refused`."""
        self._write(project(event, seq, self), seq)

    def _write(self, changes: Changes, seq: int) -> None:
        run = self._connection.execute
        for subject in changes.subjects:
            facts = canonical(subject.facts).decode("ascii")
            row = (subject.life, subject.id, str(subject.state), subject.first_seq, subject.last_seq, facts)
            run("INSERT OR REPLACE INTO subjects VALUES (?, ?, ?, ?, ?, ?)", row)
            run("INSERT INTO subject_entries VALUES (?, ?, ?)", (subject.life, subject.id, seq))
        for balance in changes.balances:
            balanced = (str(balance.account), balance.place, balance.count)
            run("INSERT OR REPLACE INTO blanks VALUES (?, ?, ?)", balanced)
        if changes.chip:
            run("INSERT OR REPLACE INTO chips VALUES (?, ?)", changes.chip)

    def subject(self, life: str, subject_id: str) -> Subject | None:
        row = self._connection.execute(_ONE, (life, subject_id)).fetchone()
        return _subject(row) if row else None

    def subjects(self, life: str, states: Sequence[str], limit: int) -> list[Subject]:
        """In order of first appearance; all states when none is named."""
        if not states:
            rows = self._connection.execute(_OF_LIFE, (life, limit))
        else:
            named = json.dumps([str(state) for state in states])
            rows = self._connection.execute(_IN_STATES, (life, named, limit))
        return [_subject(row) for row in rows]

    def count(self, life: str, states: Sequence[str]) -> int:
        named = json.dumps([str(state) for state in states])
        return whole(self._connection, _COUNT, life, len(states), named)

    def blanks(self, account: Account, place: str) -> int:
        sql = "SELECT count FROM blanks WHERE account = ? AND place = ?"
        return whole(self._connection, sql, str(account), place)

    def stock(self) -> BlankEquation:
        rows = self._connection.execute("SELECT account, sum(count) FROM blanks GROUP BY account")
        return BlankEquation.of({str(account): int(count) for account, count in rows})

    def card_of_chip(self, chip_id: str) -> str | None:
        card_id = value(self._connection, "SELECT card_id FROM chips WHERE chip_id = ?", chip_id)
        return card_id if isinstance(card_id, str) else None

    def contents(self) -> dict[str, list[tuple[apsw.SQLiteValue, ...]]]:
        """Every row of every view, ordered: two stations with one log have equal contents."""
        return {name: sorted(self._connection.execute(f"SELECT * FROM {name}")) for name in _TABLES}  # noqa: S608

    def clear(self) -> None:
        for name in _TABLES:
            self._connection.execute(f"DELETE FROM {name}")  # noqa: S608

    def migrate(self) -> bool:
        """Brings the tables to today's shape; True when they must be rebuilt. `StoreError` when they are newer."""
        present = whole(self._connection, "PRAGMA user_version")
        known = migrations()
        if present > known[-1][0]:
            raise StoreError(f"written by a newer program (views {present}); start that one, this one must not write")
        for number, sql in known:
            if number > present:
                self._connection.execute(sql)
                self._connection.execute(f"PRAGMA user_version = {number}")
        return present < known[-1][0]


def _subject(row: tuple[apsw.SQLiteValue, ...]) -> Subject:
    life, subject_id, state, first_seq, last_seq, facts = row
    assert isinstance(first_seq, int)
    assert isinstance(last_seq, int)
    return Subject(str(life), str(subject_id), str(state), first_seq, last_seq, json.loads(str(facts)))
