"""The simulated line to the centre: it passes bytes, counts them, and can be down, up or cut after a byte."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drivers.simulators.control import ask
from drivers.transports.tcp import parse_endpoint

SOON_S = 10.0


def echo_until_closed(listener: socket.socket, received: list[int]) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            try:
                while data := line.recv(65536):
                    received.append(len(data))
                    line.sendall(data)
            except OSError:
                continue


@pytest.fixture
def centre() -> Iterator[tuple[str, list[int]]]:
    received: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=echo_until_closed, args=(listener, received), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", received
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(SOON_S)


@contextmanager
def link(centre: str, *options: str) -> Iterator[tuple[tuple[str, int], str]]:
    command = [sys.executable, "-m", "drivers.simulators", "link", "--to", centre, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            ready = json.loads(process.stdout.readline())
            yield parse_endpoint(ready["endpoint"]), ready["control"]
        finally:
            process.stdin.close()
            assert process.wait(20) == 0


def receive_all(line: socket.socket) -> bytes:
    data = b""
    try:
        while piece := line.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def test_bytes_pass_both_ways_and_are_counted(centre: tuple[str, list[int]]) -> None:
    with link(centre[0]) as (address, control), socket.create_connection(address, SOON_S) as line:
        line.sendall(b"x" * 1000)
        line.shutdown(socket.SHUT_WR)
        assert receive_all(line) == b"x" * 1000
        status = ask(control, "status")
        assert (status["bytes_up"], status["bytes_down"]) == (1000, 1000)


def test_line_is_cut_after_exactly_the_planned_byte(centre: tuple[str, list[int]]) -> None:
    with link(centre[0], "--faults", "drop-link@byte=4000") as (address, control):
        with socket.create_connection(address, SOON_S) as line:
            line.sendall(b"x" * 10_000)
            receive_all(line)
        assert ask(control, "status")["bytes_up"] == 4000
        with socket.create_connection(address, SOON_S) as line:
            line.sendall(b"again")
            line.shutdown(socket.SHUT_WR)
            assert receive_all(line) == b"again"
    assert sum(centre[1]) <= 4005


def test_line_that_is_down_refuses_and_cuts_until_it_is_up_again(centre: tuple[str, list[int]]) -> None:
    with link(centre[0]) as (address, control):
        with socket.create_connection(address, SOON_S) as line:
            line.sendall(b"x")
            assert line.recv(1) == b"x"
            assert ask(control, "down")["up"] is False
            assert receive_all(line) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, SOON_S)
        assert ask(control, "up")["up"] is True
        with socket.create_connection(address, SOON_S) as line:
            line.sendall(b"y")
            assert line.recv(1) == b"y"


def test_bad_fault_is_refused_by_name(centre: tuple[str, list[int]]) -> None:
    with link(centre[0]) as (_, control), pytest.raises(ValueError, match="fire@byte=1"):
        ask(control, "fault fire@byte=1")
