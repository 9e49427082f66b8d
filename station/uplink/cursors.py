"""How far the centre has the log and we have the downlink. Losing this file costs a re-send and nothing else."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from station.domain.canonical import canonical
from station.ports import StoreError
from station.wire.log_pages import GENESIS

_LIST_MAX = 5000


@dataclass(frozen=True, slots=True)
class Cursors:
    """`centre` is the key id of the centre they count for. The last log entry it acknowledged; the last entry before
    the first record that still waits for a receipt; the downlink up to `downlink_after` and, beyond a hole, `done`.
    `unknown` are items of kinds that this program does not know: a newer one asks for them again."""

    centre: str = ""
    log_epoch: int = 0
    log_seq: int = 0
    log_hash: str = GENESIS
    bodies_seq: int = 0
    downlink_after: int = 0
    downlink_done: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    @property
    def downlink_seen(self) -> int:
        """The highest number that is done."""
        return max((self.downlink_after, *self.downlink_done))

    def holes(self, *, most: int) -> tuple[int, ...]:
        """Numbers below the highest that are not done, lowest first."""
        done = set(self.downlink_done)
        found = (seq for seq in range(self.downlink_after + 1, self.downlink_seen) if seq not in done)
        return tuple(seq for seq, _ in zip(found, range(most), strict=False))


class CursorStore(Protocol):
    def load(self) -> Cursors:
        """`Cursors()` when nothing readable is there."""
        ...

    def save(self, cursors: Cursors) -> None:
        """Durable when it returns; `StoreError`."""
        ...


class FileCursors:
    """One small JSON file, replaced in one step."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Cursors:
        try:
            data = json.loads(self._path.read_bytes())
            return _checked(data)
        except (OSError, ValueError, TypeError, RecursionError):
            return Cursors()

    def save(self, cursors: Cursors) -> None:
        unfinished = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(canonical(asdict(cursors)))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._path)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be written ({error.strerror}); look at the disk") from None


def _checked(data: Any) -> Cursors:
    if not isinstance(data, dict):
        raise ValueError("not an object")
    values: dict[str, Any] = {}
    for field in fields(Cursors):
        value: Any = data.get(field.name, field.default)
        if field.type == "tuple[int, ...]":
            value = tuple(value)
            if len(value) > _LIST_MAX or any(type(item) is not int for item in value):
                raise ValueError(field.name)
        elif type(value).__name__ != field.type:
            raise ValueError(field.name)
        values[field.name] = value
    return Cursors(**values)
