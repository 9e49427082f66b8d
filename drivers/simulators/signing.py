"""A signature pad over TCP, as behind a serial-to-network adapter, and the person who signs on it.

Whenever the driver wipes the screen, the person who stands there signs; whoever comes later signs then. `--no-auto`
waits for the verb `sign` instead, as does a pad without a screen.
Verbs: `person N`, `absent`, `sign`, `noise N`, `fault TEXT`, `status`.
"""

from __future__ import annotations

import argparse
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.pads.topaz.protocol import PAD_MODELS, PadModel
from drivers.pads.topaz.simulator import INTERVAL_MS, TopazSimulator
from drivers.simulators.control import ControlServer, Verb
from drivers.simulators.faults import FaultPlan, parse_faults
from drivers.simulators.lifetime import announce, wait_for_end
from drivers.simulators.people import person

IDLE_MAX_S = 600.0
CONNECTIONS_MAX = 8
NOISE = b"\x00\x7f\xff\xd1\x03"
"""What a bad cable adds: bytes that belong to no packet, and the beginning of one that never ends."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What stays as it is: the pad, the people, and how they sign."""

    pad: PadModel
    seed: int
    cache: Path | None
    auto: bool
    pace: float


class PadHost:
    """Listens on 127.0.0.1, a thread a connection. `device-gone@capture=N` cuts the line within signature N."""

    def __init__(self, scene: Scene, faults: FaultPlan, *, port: int = 0) -> None:
        self._scene, self._faults, self._pad = scene, faults, TopazSimulator(scene.pad)
        self._lock = threading.Lock()
        self._hand = threading.Lock()  # a person writes one signature at a time
        self._closing = threading.Event()
        self._lines: dict[socket.socket, bool] = {}  # line: is a signature awaited on it?
        self._index: int | None = None
        self._noise_every = self._captures = 0
        self._listener = socket.create_server(("127.0.0.1", port), backlog=CONNECTIONS_MAX)
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="pad", daemon=True).start()

    def close(self) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts; closing alone does not
        self._listener.close()
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            self._drop(line)

    def step_up(self, index: int | None) -> None:
        """This person, or nobody, stands there now, and signs where a signature is awaited."""
        with self._lock:
            self._index = index
            waiting = [line for line, is_awaited in self._lines.items() if is_awaited and self._scene.auto]
        self._sign_on(waiting)

    def verbs(self) -> Mapping[str, Verb]:
        return {
            "person": self._person,
            "absent": self._absent,
            "sign": self._sign_now,
            "noise": self._noise,
            "fault": self._fault,
            "status": self._status,
        }

    def _person(self, rest: str) -> Mapping[str, Any]:
        index = _number(rest)
        self.step_up(index)
        return {"person": index}

    def _absent(self, _rest: str) -> Mapping[str, Any]:
        self.step_up(None)
        return {"person": None}

    def _sign_now(self, _rest: str) -> Mapping[str, Any]:
        with self._lock:
            index, lines = self._index, list(self._lines)
        if index is None:
            raise ValueError("nobody stands there")
        self._sign_on(lines)
        return {"lines": len(lines)}

    def _noise(self, rest: str) -> Mapping[str, Any]:
        """After every nth report the line adds bytes of its own; 0 ends it."""
        self._noise_every = _number(rest)
        return {"noise_every": self._noise_every}

    def _fault(self, rest: str) -> Mapping[str, Any]:
        self._faults.add(parse_faults(rest))
        return self._status("")

    def _status(self, _rest: str) -> Mapping[str, Any]:
        pending = [f"{fault.name}@{fault.where}={fault.n}" for fault in self._faults.pending()]
        with self._lock:
            awaited = sum(self._lines.values())
            return {"person": self._index, "captures": self._captures, "awaited": awaited, "faults": pending}

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return  # closed
            line.settimeout(IDLE_MAX_S)
            with self._lock:
                has_room = len(self._lines) < CONNECTIONS_MAX
                if has_room:
                    self._lines[line] = False
            if has_room:
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()
            else:
                line.close()

    def _serve(self, line: socket.socket) -> None:
        try:
            while data := line.recv(256):
                if self._pad.hear(data):
                    self._await_signature(line)
        except OSError:
            pass
        finally:
            self._drop(line)

    def _await_signature(self, line: socket.socket) -> None:
        with self._lock:
            self._lines[line] = True
            signs_now = self._scene.auto and self._index is not None
        if signs_now:
            self._sign_on([line])

    def _sign_on(self, lines: Sequence[socket.socket]) -> None:
        # Signing takes seconds: the hands of the office and the ear of the line are not held up by it.
        for line in lines:
            threading.Thread(target=self._sign, args=(line,), daemon=True).start()

    def _sign(self, line: socket.socket) -> None:
        with self._hand:
            with self._lock:
                if self._index is None or line not in self._lines:
                    return
                self._lines[line] = False
                self._captures += 1
                index, number = self._index, self._captures
            signature = person(self._scene.seed, index, self._scene.cache).signature()
            reports = list(self._pad.write(signature))
            goes_away = self._faults.fires("device-gone", "capture", number)
            try:
                self._send(line, reports[: len(reports) // 2] if goes_away else reports)
            except OSError:
                goes_away = True
            if goes_away:
                self._drop(line)

    def _send(self, line: socket.socket, reports: list[bytes]) -> None:
        for number, report in enumerate(reports, 1):
            if self._closing.wait(INTERVAL_MS / 1000 * self._scene.pace):
                return
            is_noisy = self._noise_every and number % self._noise_every == 0
            line.sendall(report + NOISE if is_noisy else report)

    def _drop(self, line: socket.socket) -> None:
        with self._lock:
            self._lines.pop(line, None)
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # already gone
        line.close()


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a number is wanted, counted from 0")
    return int(text)


def main(argv: Sequence[str]) -> int:
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        faults = FaultPlan(parse_faults(options.faults))
    except ValueError as error:
        parser.error(str(error))
    pad = next(model for model in PAD_MODELS if model.name == options.model)
    scene = Scene(pad, options.seed, options.people, options.auto, options.pace)
    host = PadHost(scene, faults, port=options.port)
    host.step_up(options.person)
    control = ControlServer(host.verbs())
    announce(host.endpoint, control.endpoint)
    wait_for_end()
    host.close()
    control.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pad", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="for the driver; 0 picks one")
    parser.add_argument("--seed", type=int, default=0, help="of the simulated people")
    parser.add_argument("--people", type=Path, default=None, help="folder that keeps their drawn images")
    parser.add_argument("--person", type=int, default=None, help="who stands there first; nobody unless given")
    parser.add_argument("--model", choices=[model.name for model in PAD_MODELS], default=PAD_MODELS[0].name)
    parser.add_argument(
        "--auto", action=argparse.BooleanOptionalAction, default=True, help="sign when the screen is wiped"
    )
    parser.add_argument("--pace", type=float, default=1.0, help="1 is the hand's own pace, 0 as fast as possible")
    parser.add_argument("--faults", default="", help="device-gone@capture=N")
    return parser
