"""The centre's HTTP side: bounded reading, one thread for the catalogue, one for pictures; answers in wire messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from station.central.centre import Centre
from station.central.declined import Declined
from station.central.issuer import Issuer, Job
from station.central.stations import Station
from station.ports import StoreError, StoreFull
from station.wire.downlink import DownlinkQuery
from station.wire.fields import BadMessage, as_text, is_sha256
from station.wire.limits import BODY_BYTES_MAX, CHUNK_BYTES_MAX, MESSAGE_BYTES_MAX
from station.wire.log_pages import LogPage
from station.wire.manifests import Manifest
from station.wire.pairing import PairRequest
from station.wire.problems import Problem, ProblemCode
from station.wire.requests import TIME, UPLOAD_OFFSET, SignedRequest

T = TypeVar("T")
log = logging.getLogger(__name__)

READ_TIMEOUT_S = 60.0
IDLE_S = 5.0
LEAST_S = 0.02  # between two rounds, when something is due that cannot be done
FULL_RETRY_AFTER_S = 300
_PAIR_BYTES_MAX = 16 * 1024
_OFFSET_DIGITS_MAX = len(str(BODY_BYTES_MAX))
_STATUS = {
    ProblemCode.BAD_MESSAGE: 400,
    ProblemCode.TOO_LARGE: 413,
    ProblemCode.NOT_SIGNED: 401,
    ProblemCode.CLOCK: 401,
    ProblemCode.REPLAYED: 401,
    ProblemCode.UNKNOWN_BODY: 404,
    ProblemCode.WRONG_OFFSET: 409,
    ProblemCode.BODY_DAMAGED: 422,
    ProblemCode.LOG_FORKED: 409,
    ProblemCode.PAIRING_REFUSED: 403,
    ProblemCode.BUSY: 503,
    ProblemCode.STORE_FULL: 507,
}


class Gateway:
    """Owns the two threads. Everything that touches the catalogue runs on one of them, in turn."""

    def __init__(self, centre: Centre, issuer: Issuer) -> None:
        self._centre, self._issuer = centre, issuer
        self._rows = ThreadPoolExecutor(1, thread_name_prefix="catalogue")
        self._images = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._admitted = asyncio.Event()  # something may be due sooner than was thought

    async def call(self, work: Callable[[], T]) -> T:
        """On the catalogue's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._rows, work)

    # --- requests ----------------------------------------------------------------------------------------------------

    async def pair(self, request: Request) -> Response:
        asked = PairRequest.decode(await _body(request, _PAIR_BYTES_MAX))
        return _ok((await self.call(lambda: self._centre.pair(asked))).encode())

    async def manifest(self, request: Request) -> Response:
        body, station = await self._asked(request, MESSAGE_BYTES_MAX)
        manifest = Manifest.decode(body)
        reply = await self.call(lambda: self._centre.manifest(station, manifest))
        self._admitted.set()
        return _ok(reply.encode())

    async def chunk(self, request: Request) -> Response:
        body, station = await self._asked(request, CHUNK_BYTES_MAX)
        sha256, offset = _sha256(request), _offset(request)
        state = await self.call(lambda: self._centre.chunk(station, sha256, offset, body))
        if state.complete:
            self._admitted.set()
        return _ok(state.encode())

    async def log_page(self, request: Request) -> Response:
        body, station = await self._asked(request, MESSAGE_BYTES_MAX)
        page = LogPage.decode(body)
        return _ok((await self.call(lambda: self._centre.log_page(station, page))).encode())

    async def downlink(self, request: Request) -> Response:
        _, station = await self._asked(request, 0)
        query = DownlinkQuery.from_query(request.url.query)
        return _ok((await self.call(lambda: self._centre.downlink(station, query))).encode())

    async def body(self, request: Request) -> Response:
        _, station = await self._asked(request, 0)
        sha256 = _sha256(request)
        body = await self.call(lambda: self._centre.body(station, sha256))
        return Response(body, media_type="application/octet-stream")

    async def _asked(self, request: Request, bytes_max: int) -> tuple[bytes, Station]:
        body = await _body(request, bytes_max)
        signed = SignedRequest.from_headers(request.headers)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        offset = request.headers.get(UPLOAD_OFFSET, "")
        station = await self.call(
            lambda: self._centre.authenticate(signed, method=request.method, target=target, offset=offset, body=body)
        )
        return body, station

    # --- what a request cannot be given ------------------------------------------------------------------------------

    def answering(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Every way in which a request ends, as a response."""

        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request)
            except Declined as declined:
                return self._problem(_STATUS[declined.code], declined.problem, declined.retry_after_s)
            except BadMessage as bad:
                return self._problem(400, Problem(ProblemCode.BAD_MESSAGE, str(bad)))
            except StoreFull:
                log.error("the centre's disk is full")
                return self._problem(507, Problem(ProblemCode.STORE_FULL, "the disk is full"), FULL_RETRY_AFTER_S)
            except StoreError as wrong:
                log.error("the centre's store: %s", wrong)
                return self._problem(503, Problem(ProblemCode.BUSY, "the store does not answer"), FULL_RETRY_AFTER_S)

        return endpoint

    def _problem(self, status: int, problem: Problem, retry_after_s: int | None = None) -> Response:
        headers = {TIME: as_text(self._centre.parts.clock.now())}
        if retry_after_s is not None:
            headers["Retry-After"] = str(retry_after_s)
        return Response(problem.encode(), status, headers, "application/json")

    # --- issuing -----------------------------------------------------------------------------------------------------

    async def issue_due(self) -> int:
        """One round; how many were looked at."""
        jobs = await self.call(self._issuer.look)
        for job in jobs:
            await self._issue(job)
        return len(jobs)

    async def _issue(self, job: Job) -> None:
        try:
            made = await asyncio.get_running_loop().run_in_executor(self._images, self._issuer.make, job)
            await self.call(lambda: self._issuer.keep(job, made))
        except Exception as wrong:  # whatever one record does, the other stations' records go on
            # The kind alone, but for the store's own errors: a message could hold what the package holds.
            text = str(wrong) if isinstance(wrong, StoreError) else type(wrong).__name__
            log.error("record %s is looked at later: %s", job.record.record_id, text)
            await self.call(lambda: self._issuer.postpone(job.record))

    async def keep_issuing(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.issue_due()
                wait_s = await self.call(lambda: self._issuer.wait_s(most_s=IDLE_S))
            except Exception as wrong:
                log.error("issuing waits: %s", wrong if isinstance(wrong, StoreError) else type(wrong).__name__)
                wait_s = IDLE_S
            with suppress(TimeoutError):
                async with asyncio.timeout(max(wait_s, LEAST_S)):
                    await self._admitted.wait()
            self._admitted.clear()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        issuing = asyncio.create_task(self.keep_issuing())
        try:
            yield
        finally:
            issuing.cancel()
            with suppress(asyncio.CancelledError):
                await issuing
            self._rows.shutdown()
            self._images.shutdown()


def app(centre: Centre, issuer: Issuer) -> Starlette:
    """The centre as an ASGI application; its lifespan does the issuing."""
    gateway = Gateway(centre, issuer)
    routes: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("POST", "/v1/pair", gateway.pair),
        ("POST", "/v1/manifest", gateway.manifest),
        ("PATCH", "/v1/bodies/{sha256}", gateway.chunk),
        ("GET", "/v1/bodies/{sha256}", gateway.body),
        ("POST", "/v1/log", gateway.log_page),
        ("GET", "/v1/downlink", gateway.downlink),
    ]
    return Starlette(
        routes=[Route(path, gateway.answering(handler), methods=[method]) for method, path, handler in routes],
        lifespan=gateway.lifespan,
    )


async def _body(request: Request, bytes_max: int) -> bytes:
    """All of it, but never more than may come."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            async for piece in request.stream():
                size += len(piece)
                if size > bytes_max:
                    raise Declined(ProblemCode.TOO_LARGE, f"more than {bytes_max} bytes")
                pieces.append(piece)
    except TimeoutError:
        raise BadMessage("request", f"did not come whole in {READ_TIMEOUT_S:.0f} s") from None
    except ClientDisconnect:
        raise BadMessage("request", "the line was cut") from None
    return b"".join(pieces)


def _ok(body: bytes) -> Response:
    return Response(body, 200, media_type="application/json")


def _sha256(request: Request) -> str:
    sha256 = str(request.path_params["sha256"])
    if not is_sha256(sha256):
        raise BadMessage("path", "not a SHA-256")
    return sha256


def _offset(request: Request) -> int:
    text = request.headers.get(UPLOAD_OFFSET, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _OFFSET_DIGITS_MAX):
        raise BadMessage(UPLOAD_OFFSET, "missing, or not a number")
    return int(text)
