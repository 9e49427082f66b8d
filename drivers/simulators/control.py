"""The hands of the office: a line protocol on loopback TCP that moves people and blanks about and plans faults.

One request a line, one JSON object a line back: `{"ok": true, ...}` or `{"ok": false, "error": TEXT}`. Verbs are the
simulator's own (`person 3`, `load-blanks 50`, `fault ribbon-out@card=2`, `status`). No station code ever speaks it.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from typing import Any

LINE_MAX_BYTES = 4096
Verb = Callable[[str], Mapping[str, Any]]
"""Takes the rest of the line; its result is added to `{"ok": true}`. `ValueError` becomes the error."""


class ControlServer:
    """Serves `verbs` on 127.0.0.1 in a daemon thread; `port` 0 picks one, see `endpoint`."""

    def __init__(self, verbs: Mapping[str, Verb], *, port: int = 0) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while line := self.rfile.readline(LINE_MAX_BYTES):
                    reply = json.dumps(_answer(verbs, line.decode("utf-8", "replace").strip()))
                    self.wfile.write(reply.encode() + b"\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"tcp://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="control", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _answer(verbs: Mapping[str, Verb], line: str) -> dict[str, Any]:
    name, _, rest = line.partition(" ")
    if name not in verbs:
        return {"ok": False, "error": f"unknown verb {name!r}; known: {', '.join(sorted(verbs))}"}
    try:
        return {"ok": True, **verbs[name](rest.strip())}
    except ValueError as error:
        return {"ok": False, "error": str(error)}


def ask(endpoint: str, line: str, *, timeout_s: float = 5.0) -> dict[str, Any]:
    """Sends one line to a control endpoint and returns its answer; `ValueError` when the simulator refused."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=timeout_s) as sock, sock.makefile("rwb") as stream:
        stream.write(line.encode() + b"\n")
        stream.flush()
        answer: dict[str, Any] = json.loads(stream.readline(1 << 20))
    if not answer.pop("ok"):
        raise ValueError(f"{line!r}: {answer['error']}")
    return answer
