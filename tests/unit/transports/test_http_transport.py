"""HTTP to a device: any verb goes through, every wait and body has an end, and a cut line is told from nonsense."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from drivers.contracts.errors import CardFate, LocalProtocolError, RemoteProtocolError, TransportError
from drivers.transports.http import HttpTransport

Peer = Callable[[Callable[[socket.socket], None]], str]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: a\r\n\r\nhi"


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Runs a conversation with the first connection, on a thread, and gives the endpoint."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def start(conversation: Callable[[socket.socket], None]) -> str:
        def run() -> None:
            line, _ = listener.accept()
            with line:
                line.settimeout(10)
                conversation(line)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
    listener.close()


def request_of(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data or (b"Content-Length: 5" in data and not data.endswith(b"hello")):
        data += line.recv(4096)
    return data


def answering(*pieces: bytes) -> Callable[[socket.socket], None]:
    def conversation(line: socket.socket) -> None:
        request_of(line)
        for piece in pieces:
            line.sendall(piece)

    return conversation


def test_a_verb_of_the_devices_own_goes_through_with_its_body(peer: Peer) -> None:
    seen: list[bytes] = []

    def conversation(line: socket.socket) -> None:
        seen.append(request_of(line))
        line.sendall(OK)

    endpoint = peer(conversation)
    reply = HttpTransport(endpoint).request("RCAPTURE", "/capture", b"hello", {"Content-Type": "a/b"}, timeout_s=5)
    assert (reply.status, reply.body, reply.headers["x-kind"]) == (200, b"hi", "a")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"RCAPTURE /capture HTTP/1.1\r\n")
    assert endpoint.removeprefix("http://").encode() in head
    assert b"Content-Type: a/b" in head
    assert body == b"hello"


@pytest.mark.parametrize(
    "pieces",
    [
        [OK[:20], OK[20:50], OK[50:]],
        [b"HTTP/1.1 200 OK\r\n\r\nh", b"i"],  # until the device closes
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n", b"1\r\ni\r\n0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nConnection: Closed\r\nContent-Length: 2\r\n\r\nhi"],  # as the SBI specification spells it
        [b"HTTP/1.1 100 Continue\r\n\r\n", OK],
    ],
)
def test_an_answer_arrives_in_whatever_pieces(peer: Peer, pieces: list[bytes]) -> None:
    assert HttpTransport(peer(answering(*pieces))).request("GET", "/", timeout_s=5).body == b"hi"


def test_any_status_is_an_answer(peer: Peer) -> None:
    endpoint = peer(answering(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"))
    assert HttpTransport(endpoint).request("GET", "/", timeout_s=5).status == 503


@pytest.mark.parametrize(
    "pieces",
    [[], [OK[:9]], [OK[:-1]], [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"]],
)
def test_a_line_that_is_cut_is_a_transport_error(peer: Peer, pieces: list[bytes]) -> None:
    with pytest.raises(TransportError) as caught:
        HttpTransport(peer(answering(*pieces))).request("GET", "/", timeout_s=5)
    assert caught.value.card is CardFate.IN_DOUBT


def test_what_is_not_http_is_the_devices_fault(peer: Peer) -> None:
    with pytest.raises(RemoteProtocolError, match="not HTTP"):
        HttpTransport(peer(answering(b"\x16\x03\x01 nonsense\r\n\r\n"))).request("GET", "/", timeout_s=5)


def test_a_body_beyond_the_bound_is_refused_before_it_is_all_here(peer: Peer) -> None:
    def conversation(line: socket.socket) -> None:
        request_of(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        try:
            while True:
                line.sendall(b"x" * 4096)
        except OSError:  # the station has hung up
            return

    with pytest.raises(RemoteProtocolError, match="more than 10000 bytes"):
        HttpTransport(peer(conversation), body_max_bytes=10_000).request("GET", "/", timeout_s=10)


def test_headers_without_end_are_refused(peer: Peer) -> None:
    def conversation(line: socket.socket) -> None:
        request_of(line)
        try:
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                line.sendall(b"X-Long: " + b"y" * 4096 + b"\r\n")
        except OSError:
            return

    with pytest.raises(RemoteProtocolError, match="not HTTP"):
        HttpTransport(peer(conversation)).request("GET", "/", timeout_s=10)


def test_a_silent_device_is_waited_for_no_longer_than_said(peer: Peer) -> None:
    def conversation(line: socket.socket) -> None:
        request_of(line)
        assert line.recv(1) == b""  # until the station gives up

    with pytest.raises(TransportError, match="deadline"):
        HttpTransport(peer(conversation)).request("GET", "/", timeout_s=0.2)


def test_a_device_that_trickles_does_not_stretch_the_deadline(peer: Peer) -> None:
    ticks = iter([0.0, 0.1, 0.2, 0.3, 0.9, 1.1])  # the clock of the request, read before each wait

    def conversation(line: socket.socket) -> None:
        request_of(line)
        try:
            for each in OK[:-1]:
                line.sendall(bytes([each]))
            assert line.recv(1) == b""
        except OSError:
            return

    with pytest.raises(TransportError, match="deadline"):
        HttpTransport(peer(conversation), monotonic=lambda: next(ticks, 2.0)).request("GET", "/", timeout_s=1.0)


def test_nobody_there_leaves_everything_untouched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransportError) as caught:
        HttpTransport(f"http://127.0.0.1:{port}").request("GET", "/", timeout_s=2)
    assert caught.value.card is CardFate.UNTOUCHED


@pytest.mark.parametrize(("verb", "path"), [("BAD VERB", "/"), ("GET", "/a b"), ("GET", "/\r\nX: y")])
def test_a_request_that_is_no_http_is_our_bug_and_not_sent(verb: str, path: str) -> None:
    with pytest.raises(LocalProtocolError):
        HttpTransport("http://127.0.0.1:9").request(verb, path, timeout_s=1)


@pytest.mark.parametrize("endpoint", ["https://x:1", "tcp://x:1", "x:1", "http://", "http://x:1/path", "http://x:1?q"])
def test_an_endpoint_of_another_kind_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        HttpTransport(endpoint)


def test_a_reply_shows_no_body_when_printed(peer: Peer) -> None:
    assert "hi" not in repr(HttpTransport(peer(answering(OK))).request("GET", "/", timeout_s=5))
