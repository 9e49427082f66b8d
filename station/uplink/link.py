"""One conversation with the centre over HTTP: signed requests, bounded answers, and every way of being away is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
from yarl import URL

from station.ports import Clock, Random
from station.uplink.identity import StationIdentity
from station.wire.fields import BadMessage
from station.wire.limits import MESSAGE_BYTES_MAX
from station.wire.problems import Problem, ProblemCode
from station.wire.requests import NONCE_BYTES, TIME, UPLOAD_OFFSET, SignedRequest

CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 30.0
REQUEST_TIMEOUT_S = 120.0  # a chunk of 256 KB at 64 kbit/s, twice over on a bad line
RETRY_AFTER_MAX_S = 24 * 3600.0
_CONNECTIONS = 4
_SERVER_BUSY = (429, 502, 503, 504, 507)


@dataclass(frozen=True, slots=True)
class Away:
    """The centre cannot be reached, or asks to be left alone for a while."""

    reason: str
    retry_after_s: float | None = None


class CentreAway(Exception):
    """Ends the turn; never leaves the uplink."""

    def __init__(self, away: Away) -> None:
        super().__init__(away.reason)
        self.away = away


class CentreDeclined(Exception):
    """The centre is there and will not do this one thing."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Asked:
    """One request before it is signed."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    offset: int | None = None
    answer_bytes_max: int = MESSAGE_BYTES_MAX

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


class CentreLink:
    """Open for one turn. Methods raise `CentreAway` or `CentreDeclined`, and nothing else for what the net does."""

    def __init__(
        self, session: aiohttp.ClientSession, endpoint: str, identity: StationIdentity, clock: Clock, random: Random
    ) -> None:
        self._session, self._endpoint = session, endpoint.rstrip("/")
        self._identity, self._clock, self._random = identity, clock, random
        self.clock_behind = timedelta(0)
        """The centre's time less ours, once it has told; used for request times only."""

    async def ask(self, asked: Asked) -> bytes:
        try:
            return await self._once(asked)
        except CentreDeclined as declined:
            # A station's clock may be wrong for days; that is no reason to send nothing.
            if declined.problem.code != ProblemCode.CLOCK or not self.clock_behind:
                raise
        return await self._once(asked)

    async def _once(self, asked: Asked) -> bytes:
        offset = "" if asked.offset is None else str(asked.offset)
        signed = SignedRequest.make(
            self._identity.signing,
            self._identity.station_id,
            self._clock.now() + self.clock_behind,
            self._random(NONCE_BYTES),
            method=asked.method,
            target=asked.target,
            offset=offset,
            body=asked.body,
        )
        headers = signed.headers() | ({UPLOAD_OFFSET: offset} if offset else {})
        url = URL(self._endpoint + asked.target, encoded=True)
        answer = await exchanged(
            self._session, asked.method, url, asked.body, headers, bytes_max=asked.answer_bytes_max
        )
        if answer.status == 200:
            return answer.body
        raise self._not_done(answer)

    def _not_done(self, answer: Answer) -> CentreAway | CentreDeclined:
        try:
            problem = Problem.decode(answer.body)
        except BadMessage:
            return CentreAway(Away(f"http {answer.status}", _retry_after_s(answer)))
        if answer.status in _SERVER_BUSY:
            return CentreAway(Away(problem.code, _retry_after_s(answer)))
        if problem.code == ProblemCode.CLOCK:
            self.clock_behind = self._clock_behind(answer)
        return CentreDeclined(problem)

    def _clock_behind(self, answer: Answer) -> timedelta:
        try:
            theirs = datetime.fromisoformat(answer.headers.get(TIME.lower(), ""))
            return theirs - self._clock.now()
        except (ValueError, TypeError, OverflowError):
            return timedelta(0)


@asynccontextmanager
async def linked(
    endpoint: str, identity: StationIdentity, clock: Clock, random: Random
) -> AsyncIterator[CentreLink]:
    async with client() as session:
        yield CentreLink(session, endpoint, identity, clock, random)


def client() -> aiohttp.ClientSession:
    """A session whose every wait has an end."""
    timeout = aiohttp.ClientTimeout(
        total=REQUEST_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S, sock_read=SILENCE_TIMEOUT_S
    )
    # Not decompressed: a small answer could otherwise become a large one.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
        timeout=timeout,
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def exchanged(
    session: aiohttp.ClientSession, method: str, url: URL, body: bytes, headers: dict[str, str], *, bytes_max: int
) -> Answer:
    """One request and its bounded answer; `CentreAway`."""
    try:
        async with session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            read = bytearray()
            async for piece in response.content.iter_chunked(64 * 1024):
                read += piece
                if len(read) > bytes_max:
                    raise CentreAway(Away("the answer is too large"))
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, bytes(read))
    except TimeoutError:
        raise CentreAway(Away("timeout")) from None
    except (aiohttp.ClientError, OSError, ValueError) as wrong:
        raise CentreAway(Away(type(wrong).__name__)) from None


def _retry_after_s(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return None
    return min(float(text), RETRY_AFTER_MAX_S)
