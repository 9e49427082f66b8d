"""What a turn works with: log and vault behind threads, the pinned keys, cursors that move only after the deed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from station.domain.events import Event
from station.domain.life import Refused
from station.ports import Clock, Entry, EventLog, Vault
from station.uplink.cursors import Cursors, CursorStore
from station.uplink.identity import Pairing, StationIdentity
from station.uplink.link import CentreLink
from station.uplink.report import Tally
from station.wire.log_pages import GENESIS

T = TypeVar("T")


@dataclass(slots=True)
class Desk:
    """One turn's. The log and the vault wait for disks, so they are called on threads."""

    log: EventLog
    vault: Vault
    identity: StationIdentity
    centre: Pairing
    clock: Clock
    store: CursorStore
    link: CentreLink
    cursors: Cursors
    tally: Tally

    async def do(self, work: Callable[[], T]) -> T:
        return await asyncio.to_thread(work)

    async def append(self, event: Event) -> bool:
        """False when a life does not allow it: noted, and nothing changed."""
        try:
            await self.do(lambda: self.log.append(event))
        except Refused as refused:
            self.tally.problem(f"not_noted {event.kind} {refused.subject}")
            return False
        return True

    async def move(self, **changes: object) -> None:
        """The cursors, on disk."""
        moved = replace(self.cursors, **changes)  # type: ignore[arg-type]
        if moved != self.cursors:
            await self.do(lambda: self.store.save(moved))
            self.cursors = moved

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        return await self.do(lambda: self.log.read(after_seq=after_seq, limit=limit))

    async def hash_at(self, seq: int) -> tuple[int, str] | None:
        """(epoch, hash) of an entry of our log; None when it has none of that number."""
        if seq == 0:
            return (0, GENESIS)
        for entry in await self.read(seq - 1, 1):
            if entry.seq == seq:
                return (entry.epoch, entry.hash)
        return None
