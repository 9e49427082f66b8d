"""A turn sends what waits and takes what is there; it may be cut at any point and taken again from the start."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

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
OTHER_TURN_TIMEOUT_S = 300.0
_OTHER_TURN_LOOK_S = 0.05
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UplinkParts:
    """What an uplink is made of. `endpoint` as "http://127.0.0.1:8440"; `centre` holds the pinned keys; `turns` is
    shared by all uplinks of one station."""

    log: EventLog
    vault: Vault
    identity: StationIdentity
    centre: Pairing
    endpoint: str
    cursors: CursorStore
    clock: Clock
    random: Random
    turns: threading.Lock = field(default_factory=threading.Lock)


class Uplink:
    """A station may have several, on several threads; their turns wait for each other, since two at once would each
    move the cursors past what the other has not done."""

    def __init__(self, parts: UplinkParts) -> None:
        self._parts = parts
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A record was sealed, or the operator asks: do not wait for the next round. On the loop's thread."""
        self._woken.set()

    async def turn(self) -> TurnReport:
        """Never raises for what the centre, the line or the disk does; `away` or `broken` then says what it was."""
        tally = Tally()
        try:
            async with _alone(self._parts.turns):
                await self._turn(tally)
        except CentreAway as away:
            return tally.report(away.away)
        except (StoreError, OtherTurn) as wrong:
            tally.problem(f"store {wrong}")
            return tally.report(broken=str(wrong))
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
        """Turns until `stop` is set: at once after `wake`, else after a jittered pause that grows while it fails. No
        turn, however it ends, is the last."""
        failures = 0
        while not stop.is_set():
            self._woken.clear()
            report = await self._turn_that_ends()
            on_report(report)
            failures = failures + 1 if report.away else 0
            await self._pause(stop, pause_s(report, failures, self._parts.random(1)[0]))

    async def _turn_that_ends(self) -> TurnReport:
        try:
            return await self.turn()
        except Exception as wrong:
            # Kind and place only: the text of an exception that nobody thought of may hold anything.
            place = traceback.extract_tb(wrong.__traceback__)[-1]
            log.error("a turn failed: %s at %s:%s", type(wrong).__name__, place.filename, place.lineno)
            return TurnReport(broken=f"bug: {type(wrong).__name__}")

    async def _pause(self, stop: asyncio.Event, pause: float) -> None:
        ends = [asyncio.ensure_future(event.wait()) for event in (stop, self._woken)]
        try:
            await asyncio.wait(ends, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
                with suppress(asyncio.CancelledError):
                    await end


class OtherTurn(Exception):
    """Another turn of this station did not end in time."""


@asynccontextmanager
async def _alone(turns: threading.Lock) -> AsyncIterator[None]:
    """The other turn may be on another thread's loop, so the lock is looked at and never waited for here."""
    try:
        async with asyncio.timeout(OTHER_TURN_TIMEOUT_S):
            while not turns.acquire(blocking=False):
                await asyncio.sleep(_OTHER_TURN_LOOK_S)
    except TimeoutError:
        raise OtherTurn(f"another turn goes on for more than {OTHER_TURN_TIMEOUT_S:.0f} s") from None
    try:
        yield
    finally:
        turns.release()


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
