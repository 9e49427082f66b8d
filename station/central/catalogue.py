"""The catalogue: every row the centre keeps, in one database, changed only inside transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from station.central import schema
from station.central.database import Database
from station.central.downlinks import Downlinks
from station.central.logs import StationLogs
from station.central.records import Records
from station.central.stations import Stations
from station.sealing.signatures import SigningKey

T = TypeVar("T")


class Catalogue:
    """`key` signs what waits for stations."""

    def __init__(self, database: Database, key: SigningKey) -> None:
        schema.prepare(database)
        self._database = database
        self.stations = Stations(database)
        self.logs = StationLogs(database)
        self.records = Records(database)
        self.downlinks = Downlinks(database, key)

    def transact(self, work: Callable[[], T]) -> T:
        """All of `work` or nothing; it may be run again after a conflict, so it touches nothing but rows."""
        return self._database.transact(work)

    def close(self) -> None:
        self._database.close()
