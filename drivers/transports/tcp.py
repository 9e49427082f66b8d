"""TCP: a socket that connects when first written to, and whose every wait has an end."""

from __future__ import annotations

import socket

from drivers.contracts.errors import CardFate, LocalProtocolError, TransportError


class TcpTransport:
    """A `Transport` to `tcp://host:port`."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._address = parse_endpoint(endpoint)
        self._socket: socket.socket | None = None

    @property
    def endpoint(self) -> str:
        return self._endpoint

    def write(self, data: bytes, *, timeout_s: float) -> None:
        line = self._socket or self._connect(timeout_s)
        try:
            line.settimeout(timeout_s)
            line.sendall(data)
        except OSError as error:
            raise self._failed("write", error) from error

    def half_close(self) -> None:
        try:
            self._open_line().shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self._failed("half-close", error) from error

    def read(self, max_bytes: int, *, timeout_s: float) -> bytes:
        line = self._open_line()
        try:
            line.settimeout(timeout_s)
            return line.recv(max_bytes)
        except OSError as error:
            raise self._failed("read", error) from error

    def close(self) -> None:
        line, self._socket = self._socket, None
        if line is not None:
            line.close()

    def _connect(self, timeout_s: float) -> socket.socket:
        try:
            line = socket.create_connection(self._address, timeout=timeout_s)
            # A command is one write that waits for its reply; Nagle's delay would only add to it.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise TransportError(self._endpoint, f"connect: {_reason(error)}", card=CardFate.UNTOUCHED) from error
        self._socket = line
        return line

    def _open_line(self) -> socket.socket:
        if self._socket is None:
            raise LocalProtocolError(f"{self._endpoint}: nothing was written, so there is nothing to read")
        return self._socket

    def _failed(self, deed: str, error: OSError) -> TransportError:
        self.close()
        return TransportError(self._endpoint, f"{deed}: {_reason(error)}")


def parse_endpoint(endpoint: str) -> tuple[str, int]:
    """`tcp://host:port`, with `[...]` round an IPv6 address, as host and port; `ValueError` for anything else."""
    scheme, _, place = endpoint.partition("://")
    host, _, port = place.rpartition(":")
    if scheme != "tcp" or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"endpoint {endpoint!r} is not tcp://HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer before the deadline"
    return error.strerror or type(error).__name__
