"""The line to the centre's process: passes bytes both ways, counts them, and can be down or cut after a given byte."""

from __future__ import annotations

import argparse
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.simulators.control import ControlServer, Verb
from drivers.simulators.faults import FaultPlan, parse_faults
from drivers.simulators.lifetime import announce, wait_for_end

CONNECT_TIMEOUT_S = 5.0
PIECE_BYTES = 65536


class Relay:
    """Listens on 127.0.0.1 for the office and connects to `target` for each of its connections.

    `drop-link@byte=N` lets N bytes upward through, counted over all connections, then cuts every connection.
    """

    def __init__(self, target: tuple[str, int], faults: FaultPlan, port: int = 0) -> None:
        self._target, self._faults = target, faults
        self._lock = threading.RLock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.bytes_up = self.bytes_down = 0
        self._listener: socket.socket | None = self._listen(port)
        self._port: int = self._listener.getsockname()[1]

    @property
    def endpoint(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    @property
    def is_up(self) -> bool:
        return self._listener is not None

    def up(self) -> None:
        with self._lock:
            if self._listener is None:
                self._listener = self._listen(self._port)

    def down(self) -> None:
        """Refuses connections, and cuts those that are open."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            _close(listener)
        self.cut()

    def cut(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _close(end)

    @property
    def connections(self) -> int:
        with self._lock:
            return len(self._pairs)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), name="link", daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # the line is down
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, timeout=CONNECT_TIMEOUT_S)
        except OSError:
            _close(near)
            return
        far.settimeout(None)
        pair = (near, far)
        with self._lock:
            if self._listener is None:  # it went down meanwhile
                _close(near)
                _close(far)
                return
            self._pairs.add(pair)
        downward = threading.Thread(target=self._pump_down, args=pair, daemon=True)
        downward.start()
        self._pump_up(near, far)
        downward.join()
        with self._lock:
            self._pairs.discard(pair)
        _close(near)
        _close(far)

    def _pump_up(self, near: socket.socket, far: socket.socket) -> None:
        try:
            while piece := near.recv(PIECE_BYTES):
                allowed = self._count_up(len(piece))
                far.sendall(piece[:allowed])
                if allowed < len(piece):
                    self.cut()
                    return
            far.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _pump_down(self, near: socket.socket, far: socket.socket) -> None:
        try:
            while piece := far.recv(PIECE_BYTES):
                near.sendall(piece)
                with self._lock:
                    self.bytes_down += len(piece)
            near.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _count_up(self, count: int) -> int:
        """How many of the next `count` bytes may pass."""
        with self._lock:
            last = self._faults.first_due("drop-link", "byte", self.bytes_up + count - 1)
            allowed = count if last is None else max(0, last - self.bytes_up)
            self.bytes_up += allowed
            return allowed


def _close(end: socket.socket) -> None:
    """Wakes whoever waits on it, which closing alone does not."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()


def verbs(relay: Relay, faults: FaultPlan) -> Mapping[str, Verb]:
    def down(_: str) -> dict[str, Any]:
        relay.down()
        return status("")

    def up(_: str) -> dict[str, Any]:
        relay.up()
        return status("")

    def fault(text: str) -> dict[str, Any]:
        faults.add(parse_faults(text))
        return status("")

    def status(_: str) -> dict[str, Any]:
        return {
            "up": relay.is_up,
            "bytes_up": relay.bytes_up,
            "bytes_down": relay.bytes_down,
            "connections": relay.connections,
        }

    return {"down": down, "up": up, "fault": fault, "status": status}


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="link", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="for the office; 0 picks one")
    parser.add_argument("--to", type=_address, required=True, metavar="HOST:PORT", help="the centre")
    parser.add_argument("--faults", default="", help="as in faults.py, e.g. drop-link@byte=4000")
    options = parser.parse_args(argv)
    try:
        faults = FaultPlan(parse_faults(options.faults))
    except ValueError as error:
        parser.error(str(error))
    relay = Relay(options.to, faults, options.port)
    control = ControlServer(verbs(relay, faults))
    announce(relay.endpoint, control.endpoint)
    wait_for_end()
    relay.down()
    return 0
