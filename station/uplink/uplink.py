"""A turn sends what waits and takes what is there; it may be cut at any point and taken again from the start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from station.ports import Clock, EventLog, Random, StoreError, Vault
from station.uplink.cursors import Cursors, CursorStore
from station.uplink.desk import Desk
from station.uplink.identity import Pairing, StationIdentity
from station.uplink.link import CentreAway, CentreDeclined, linked
from station.uplink.outbox import outbox
from station.uplink.receiving import receive
from station.uplink.report import Tally, TurnReport
from station.uplink.sending import send_bodies, send_log
from station.wire.fields import BadMessage

INTERVAL_S = 30.0
BACKOFF_FIRST_S = 5.0
BACKOFF_MAX_S = 600.0


@dataclass(frozen=True, slots=True)
class UplinkParts:
    """What an uplink is made of. `endpoint` as "http://127.0.0.1:8440"; `centre` holds the pinned keys."""

    log: EventLog
    vault: Vault
    identity: StationIdentity
    centre: Pairing
    endpoint: str
    cursors: CursorStore
    clock: Clock
    random: Random


class Uplink:
    """One at a time for a station: two would send twice, and do no other harm."""

    def __init__(self, parts: UplinkParts) -> None:
        self._parts = parts
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A record was sealed, or the operator asks: do not wait for the next round. On the loop's thread."""
        self._woken.set()

    async def turn(self) -> TurnReport:
        """Never raises for what the centre or the line does; `away` then says what it was."""
        tally = Tally()
        try:
            await self._turn(tally)
        except CentreAway as away:
            return tally.report(away.away)
        except StoreError as wrong:
            tally.problem(f"store {wrong}")
        return tally.report()

    async def _turn(self, tally: Tally) -> None:
        parts = self._parts
        cursors = await asyncio.to_thread(parts.cursors.load)
        if cursors.centre != parts.centre.signing.key_id:
            cursors = Cursors(centre=parts.centre.signing.key_id)
        async with linked(parts.endpoint, parts.identity, parts.clock, parts.random) as link:
            desk = Desk(
                parts.log, parts.vault, parts.identity, parts.centre, parts.clock, parts.cursors, link, cursors, tally
            )
            waiting = await outbox(desk)
            await _step(desk, lambda: send_bodies(desk, waiting))
            await _step(desk, lambda: send_log(desk, waiting))
            await _step(desk, lambda: receive(desk))
            if link.clock_behind:
                tally.problem(f"clock_differs {link.clock_behind.total_seconds():.0f} s")

    async def run(self, stop: asyncio.Event, on_report: Callable[[TurnReport], None]) -> None:
        """Turns until `stop` is set: at once after `wake`, else after a jittered pause that grows while it fails."""
        failures = 0
        while not stop.is_set():
            self._woken.clear()
            report = await self.turn()
            on_report(report)
            failures = failures + 1 if report.away else 0
            await self._pause(stop, pause_s(report, failures, self._parts.random(1)[0]))

    async def _pause(self, stop: asyncio.Event, pause: float) -> None:
        ends = [asyncio.ensure_future(event.wait()) for event in (stop, self._woken)]
        try:
            await asyncio.wait(ends, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
                with suppress(asyncio.CancelledError):
                    await end


def pause_s(report: TurnReport, failures: int, jitter: int) -> float:
    """Seconds until the next turn. `jitter` is one random byte: thousands of stations must not come back together."""
    if report.away is None:
        return INTERVAL_S * (0.75 + jitter / 512)
    backoff = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(failures - 1, 20)) * (0.5 + jitter / 512)
    # What the centre asks for is the least; the jitter comes on top of it.
    asked = report.away.retry_after_s
    return backoff if asked is None else max(backoff, asked * (1 + jitter / 1024))


async def _step(desk: Desk, work: Callable[[], Awaitable[None]]) -> None:
    """One step that the centre will not do, or answers with nonsense, does not hold up the others."""
    try:
        await work()
    except CentreDeclined as declined:
        desk.tally.problem(f"declined {declined.problem.code}")
    except BadMessage as bad:
        desk.tally.problem(f"bad_answer {bad.field}")
