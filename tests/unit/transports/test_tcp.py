"""The TCP transport over real sockets: deadlines, ends, and errors that say whether anything was sent."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from drivers.contracts.errors import CardFate, LocalProtocolError, TransportError
from drivers.transports.tcp import TcpTransport, parse_endpoint

SOON_S = 5.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SOON_S)
        yield server


def endpoint_of(listener: socket.socket) -> str:
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def test_bytes_go_both_ways_and_half_closing_ends_only_ours(listener: socket.socket) -> None:
    line = TcpTransport(endpoint_of(listener))
    line.write(b"question", timeout_s=SOON_S)
    line.half_close()
    far, _ = listener.accept()
    with far:
        assert far.recv(100) == b"question"
        assert far.recv(100) == b""
        far.sendall(b"answer")
    assert line.read(3, timeout_s=SOON_S) == b"ans"
    assert line.read(100, timeout_s=SOON_S) == b"wer"
    assert line.read(100, timeout_s=SOON_S) == b""
    line.close()


def test_closed_line_opens_again_when_written_to(listener: socket.socket) -> None:
    line = TcpTransport(endpoint_of(listener))
    for _ in range(2):
        line.write(b"x", timeout_s=SOON_S)
        far, _ = listener.accept()
        far.close()
        line.close()
        line.close()


def test_silence_ends_at_the_deadline(listener: socket.socket) -> None:
    line = TcpTransport(endpoint_of(listener))
    line.write(b"x", timeout_s=SOON_S)
    with pytest.raises(TransportError, match="deadline") as caught:
        line.read(1, timeout_s=0.05)
    assert caught.value.card is CardFate.IN_DOUBT
    assert caught.value.endpoint == endpoint_of(listener)


def test_device_that_takes_nothing_ends_at_the_deadline(listener: socket.socket) -> None:
    line = TcpTransport(endpoint_of(listener))
    with pytest.raises(TransportError, match="write"):
        line.write(bytes(64_000_000), timeout_s=0.2)


def test_reset_line_is_a_transport_error_and_is_closed(listener: socket.socket) -> None:
    line = TcpTransport(endpoint_of(listener))
    line.write(b"x", timeout_s=SOON_S)
    far, _ = listener.accept()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    with pytest.raises(TransportError, match="read"):
        line.read(1, timeout_s=SOON_S)
    with pytest.raises(LocalProtocolError):
        line.read(1, timeout_s=SOON_S)


def test_refused_connection_says_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        endpoint = endpoint_of(unused)
    with pytest.raises(TransportError, match="connect") as caught:
        TcpTransport(endpoint).write(b"x", timeout_s=SOON_S)
    assert caught.value.card is CardFate.UNTOUCHED


def test_endpoint_names_host_and_port() -> None:
    assert parse_endpoint("tcp://printer.lan:9100") == ("printer.lan", 9100)
    assert parse_endpoint("tcp://[::1]:9100") == ("::1", 9100)


@pytest.mark.parametrize(
    "endpoint", ["printer:9100", "tcp://printer", "tcp://:9100", "tcp://a:0", "tcp://a:70000", "udp://a:1"]
)
def test_endpoint_of_another_kind_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="not tcp://HOST:PORT"):
        TcpTransport(endpoint)
