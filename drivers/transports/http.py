"""HTTP/1.1 to a device: any verb, one connection a request, one deadline for all of it, a bound on what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import h11

from drivers.contracts.errors import CardFate, LocalProtocolError, RemoteProtocolError, TransportError
from drivers.transports.tcp import TcpTransport

BODY_MAX_BYTES: Final = 32 << 20
CHUNK_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpReply:
    """Header names are in lower case; of several alike the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:  # a body may be a fingerprint
        return f"HttpReply({self.status}, {len(self.body)} bytes)"


class HttpTransport:
    """Requests to `http://host:port`. Nothing stays open between two of them, so there is nothing to close.

    `TransportError`: refused, cut, or past the deadline; UNTOUCHED when no connection came about.
    `RemoteProtocolError`: what came is no HTTP, or longer than `body_max_bytes`. Any status is a reply, not an error.
    """

    def __init__(
        self, endpoint: str, *, body_max_bytes: int = BODY_MAX_BYTES, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"endpoint {endpoint!r} is not http://HOST:PORT")
        self.endpoint = endpoint.rstrip("/")
        self._host = parts.netloc
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._address = f"tcp://{host}:{parts.port or 80}"
        self._body_max_bytes, self._monotonic = body_max_bytes, monotonic

    def request(
        self, verb: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, timeout_s: float
    ) -> HttpReply:
        """The whole exchange, connection included, ends within `timeout_s`."""
        deadline = self._monotonic() + timeout_s
        codec = h11.Connection(h11.CLIENT)
        sent = self._encode(codec, verb, path, body, headers or {})
        line = TcpTransport(self._address)
        try:
            line.write(sent, timeout_s=self._left(deadline))
            return self._receive(codec, line, deadline)
        finally:
            line.close()

    def _encode(self, codec: h11.Connection, verb: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        own = {"Host": self._host, "Content-Length": str(len(body)), "Connection": "close"}
        try:
            request = h11.Request(method=verb, target=path, headers=list({**own, **headers}.items()))
            parts = [codec.send(request), codec.send(h11.Data(body)), codec.send(h11.EndOfMessage())]
        except h11.LocalProtocolError as error:
            raise LocalProtocolError(f"{self.endpoint}: {error}") from error
        return b"".join(part for part in parts if part)

    def _receive(self, codec: h11.Connection, line: TcpTransport, deadline: float) -> HttpReply:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = self._next_event(codec, line, deadline)
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._body_max_bytes:
                    raise RemoteProtocolError(f"{self.endpoint}: a body of more than {self._body_max_bytes} bytes")
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
                return HttpReply(head.status_code, fields, bytes(body))

    def _next_event(self, codec: h11.Connection, line: TcpTransport, deadline: float) -> object:
        while True:
            try:
                event = codec.next_event()
            except h11.RemoteProtocolError as error:
                if codec.trailing_data[1]:  # the device had closed its end: this is a cut, not nonsense
                    raise TransportError(self.endpoint, "closed in the middle of its answer") from error
                raise RemoteProtocolError(f"{self.endpoint}: not HTTP: {error}") from error
            if event is not h11.NEED_DATA:
                return event
            codec.receive_data(line.read(CHUNK_BYTES, timeout_s=self._left(deadline)))

    def _left(self, deadline: float) -> float:
        left = deadline - self._monotonic()
        if left <= 0:
            raise TransportError(self.endpoint, "no answer before the deadline", card=CardFate.IN_DOUBT)
        return left
