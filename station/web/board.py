"""The board: devices, queue and blanks of this station, live. It shows counts and states, never a name or a NIK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from station.devices.health import Health
from station.domain.blank_stock import BlankEquation
from station.languages import LANGUAGES, say, texts

PERIOD_S = 1.0
LOOK_PATIENCE_S = 60.0  # devices may each take their deadline; a look that takes longer leaves the screen cut off
LISTENERS_MAX = 32
ASK_AGAIN_S = 5
_STATIC = Path(__file__).parent / "static"
_SECURITY = (
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)


class CentreState(StrEnum):
    """How it stands with the centre, as far as this station has heard."""

    NOT_PAIRED = "centre_not_paired"
    NOT_HEARD = "centre_not_heard"
    CONNECTED = "centre_connected"
    AWAY = "centre_away"
    BROKEN = "centre_broken"  # the station itself cannot send, as when its disk is full


@dataclass(frozen=True, slots=True)
class BoardState:
    """One moment of the station. `queue` is counts by name of `screen.*`; `centre_detail` is for technicians."""

    devices: tuple[Health, ...]
    queue: Mapping[str, int]
    blanks: BlankEquation
    centre: CentreState
    centre_detail: str
    keys_are_plain: bool


def board_app(look: Callable[[], BoardState], screens: Path, *, page_patience_s: float = LOOK_PATIENCE_S) -> Starlette:
    """`look` may take as long as a device; it runs on a thread. `screens` holds the templates."""
    board = _Board(look, screens, page_patience_s)
    return Starlette(
        routes=[
            Route("/", board.page),
            Route("/board/{language}", board.page),
            Route("/board/{language}/events", board.events),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        # A page of another site must not reach a station through its user's browser by a name that points here.
        middleware=[
            Middleware(_SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"]),
        ],
    )


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_SECURITY]
            await send(message)

        await self._app(scope, receive, sending)


class _Board:
    def __init__(self, look: Callable[[], BoardState], screens: Path, page_patience_s: float) -> None:
        self._look, self._page_patience_s = look, page_patience_s
        self._listeners = 0
        self._last_look: asyncio.Task[BoardState] | None = None
        self._looked_at_s = 0.0
        self._pages = Environment(
            loader=FileSystemLoader(screens), autoescape=select_autoescape(default=True), undefined=StrictUndefined
        )

    async def page(self, request: Request) -> Response:
        language = request.path_params.get("language", LANGUAGES[0])
        if language not in LANGUAGES:
            return RedirectResponse("/")
        try:
            async with asyncio.timeout(self._page_patience_s):
                return HTMLResponse(await self._render("board.html", language))
        except TimeoutError:  # a busy device must not leave a white screen for good: this page asks again by itself
            again = {"Retry-After": str(ASK_AGAIN_S), "Refresh": str(ASK_AGAIN_S)}
            return Response(say("screen.look_too_long", language), status_code=503, headers=again)

    async def events(self, request: Request) -> Response:
        language = request.path_params["language"]
        if language not in LANGUAGES:
            return Response(status_code=404)
        if not _is_own(request):
            return Response(status_code=403)
        if self._listeners >= LISTENERS_MAX:
            return Response("too many screens", status_code=503, headers={"Retry-After": "10"})
        return StreamingResponse(self._stream(language), media_type="text/event-stream")

    async def _stream(self, language: str) -> AsyncIterator[str]:
        self._listeners += 1
        try:
            last = ""
            while True:
                task, waited_s = self._looking(), 0.0
                while not task.done() and waited_s < LOOK_PATIENCE_S:
                    await asyncio.wait({task}, timeout=PERIOD_S)
                    if not task.done():
                        waited_s += PERIOD_S
                        yield _event("alive", "")
                fragment = await self._render("board_live.html", language)
                # A line of its own keeps the screen's watchdog quiet when nothing changed.
                yield _event("board", fragment) if fragment != last else _event("alive", "")
                last = fragment
                await asyncio.sleep(PERIOD_S)
        finally:
            self._listeners -= 1

    def _looking(self) -> asyncio.Task[BoardState]:
        """One look at a time, shared by all screens: more screens do not ask the devices more often."""
        now_s = asyncio.get_running_loop().time()
        if self._last_look is None or (self._last_look.done() and now_s - self._looked_at_s >= PERIOD_S):
            self._last_look, self._looked_at_s = asyncio.create_task(asyncio.to_thread(self._look)), now_s
        return self._last_look

    async def _render(self, template: str, language: str) -> str:
        # A screen that goes away while it waits must not cancel the look of the others.
        state = await asyncio.shield(self._looking())
        other = next(each for each in LANGUAGES if each != language)

        def told(key: str, **values: Any) -> str:
            return say(key, language, **values)

        def named(device: str) -> str:
            return texts(language).get(f"device.{device}", device)  # a printer has the name that the office gave it

        return self._pages.get_template(template).render(
            state=state, say=told, named=named, language=language, other=other
        )


def _is_own(request: Request) -> bool:
    """No page of another site asks. It could not read the answer, but it could hold the few places of the screens."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    return site in (None, "same-origin", "none") and origin in (None, f"http://{request.headers.get('host')}")


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
