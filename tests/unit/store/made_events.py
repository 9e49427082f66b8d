"""Events made up for tests, a clock to set, and all that a log can say, to compare."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from station.domain.events import BlanksLoaded, BlanksReceived, EnrolmentOpened, Event
from station.store.event_log import SqliteEventLog


class SettableClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


def example(kind: type[Event], **given: Any) -> Event:
    """An event of that kind; each field not given is its own name, one, or empty."""
    data = {f.name: {"str": f.name, "int": 1}.get(str(f.type), ()) for f in fields(kind)}
    return kind(**{**data, **{name: value for name, value in given.items() if name in data}})


def opened(record_id: str) -> Event:
    return example(EnrolmentOpened, record_id=record_id)


def with_a_loaded_blank(log: SqliteEventLog, count: int = 1) -> None:
    log.append(BlanksReceived(count, "SJ-1", "op"), BlanksLoaded("printer", count, "op"))


def everything(log: SqliteEventLog) -> tuple[Any, ...]:
    return log.head(), list(log.lines(limit=10_000)), log.view_contents()
