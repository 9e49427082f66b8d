"""The process of a capture device: one SBI device over HTTP, and the people who stand before it."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from drivers.contracts.parts import Finger
from drivers.scanners.sbi.names import BioType
from drivers.scanners.sbi.simulator import Answer, SbiDevice
from drivers.scanners.sbi.simulator_keys import make_authority, make_keys
from drivers.simulators.control import ControlServer, Verb
from drivers.simulators.faults import FaultPlan, parse_faults
from drivers.simulators.lifetime import announce, wait_for_end
from drivers.simulators.people import Person, person

BODY_MAX_BYTES = 64 << 10
IDLE_S = 30.0
STOP_POLL_S = 0.02  # how soon `close` is noticed
KINDS = {"finger": BioType.FINGER, "iris": BioType.IRIS, "face": BioType.FACE}


class Booth:
    """The device with the people before it; one thing happens at a time."""

    def __init__(self, device: SbiDevice, faults: FaultPlan, seed: int, cache: Path | None) -> None:
        self._device, self._faults, self._seed, self._cache = device, faults, seed, cache
        self._lock = threading.Lock()
        self._someone: Person | None = None

    def answer(self, verb: str, path: str, body: bytes) -> Answer | None:
        with self._lock:
            return self._device.answer(verb, path, body)

    def verbs(self) -> Mapping[str, Verb]:
        return {"person": self._person, "absent": self._absent, "fault": self._fault, "status": self._status}

    def _person(self, text: str) -> dict[str, Any]:
        if not text.isdecimal() or len(text) > 6:
            raise ValueError(f"{text!r} is not a number from 0 to 999999")
        index = str(int(text))
        someone = person(self._seed, int(index), self._cache)
        with self._lock:
            self._device.stand(index, someone)
            self._someone = someone
        return {"person": int(index)}

    def _absent(self, _: str) -> dict[str, Any]:
        with self._lock:
            self._device.leave()
        return {}

    def _fault(self, text: str) -> dict[str, Any]:
        self._faults.add(parse_faults(text))
        return {}

    def _status(self, _: str) -> dict[str, Any]:
        with self._lock:
            standing, captures = self._device.standing, self._device.captures
        planned = [f"{fault.name}@{fault.where}={fault.n}" for fault in self._faults.pending()]
        lacks = [finger.name.lower() for finger in Finger if not self._has(finger)]
        return {
            "person": int(standing) if standing else None,
            "lacks": lacks if standing else [],
            "captures": captures,
            "faults": planned,
        }

    def _has(self, finger: Finger) -> bool:
        return self._someone is None or self._someone.has_finger(finger)


class CaptureServer(ThreadingHTTPServer):
    """Serves `answer` on 127.0.0.1, on a thread of its own."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"
        self.answer: Callable[[str, str, bytes], Answer | None] = lambda *_: Answer(503, b"")

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(STOP_POLL_S,), name="sbi", daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    server: CaptureServer

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_MAX_BYTES:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        self.close_connection = True
        answer = self.server.answer(self.command, self.path, body)
        if answer is None:  # the device is gone: the line closes without a word
            return
        self.send_response(answer.status)
        for name, value in self._headers(answer).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _headers(self, answer: Answer) -> dict[str, str]:
        return {
            "Cache-Control": "no-store",
            "Location": self.server.endpoint,
            "Content-Type": "application/json",
            "Content-Length": str(len(answer.body)),
            "Connection": "close",
        }

    do_MOSIPDISC = do_MOSIPDINFO = do_RCAPTURE = _serve  # the interface has verbs of its own

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: standard error belongs to failures."""


def main(argv: Sequence[str]) -> int:
    options = _options(argv)
    faults = FaultPlan(parse_faults(options.faults))
    now = datetime.now(UTC)
    kind = KINDS[options.kind]
    authority = make_authority(now)
    server = CaptureServer(options.port)
    device = SbiDevice(
        kind,
        make_keys(authority, now, f"SIMULATED-{kind.upper()}-01"),
        clock=lambda: datetime.now(UTC),
        faults=faults,
        callback=f"{server.endpoint}/",
    )
    booth = Booth(device, faults, options.seed, options.people)
    server.answer = booth.answer
    if options.trust_out is not None:
        options.trust_out.write_bytes(authority.pem)
    server.start()
    control = ControlServer(booth.verbs())
    announce(server.endpoint, control.endpoint)
    wait_for_end()
    control.close()
    server.close()
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulators scanner", description=__doc__)
    parser.add_argument("--kind", choices=sorted(KINDS), required=True)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed", type=int, default=1, help="decides who the people are")
    parser.add_argument("--people", type=Path, default=None, metavar="FOLDER", help="keeps drawn fingers between runs")
    parser.add_argument("--faults", default="", help="as in poor-finger@capture=2")
    parser.add_argument("--trust-out", type=Path, default=None, metavar="FILE", help="takes the test authority, as PEM")
    return parser.parse_args(argv)
