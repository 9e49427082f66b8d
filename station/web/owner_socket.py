"""The owner's socket: commands of other processes reach the one process that owns the data folder, one JSON line each.

The socket lies in the data folder, so who may enter the folder may speak. A request is `{"command": NAME, "arguments":
{...}}`; the answer is `{"ok": true, "result": {...}}` or `{"ok": false, "code": TEXT, "error": TEXT}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from station.ports import StoreError

SOCKET_NAME = "owner.sock"
LINE_MAX_BYTES = 1 << 20
READ_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 600.0  # a card may take minutes
Handler = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""(command, arguments) -> result; may take as long as a device. `CommandRefused` becomes the error."""


class CommandRefused(Exception):
    """The command was understood and not done; `code` says what kind of reason it was."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@asynccontextmanager
async def owner_socket(folder: Path, handler: Handler) -> AsyncIterator[None]:
    """Serves until left. A socket that an earlier owner left behind is replaced: the folder's lock is ours."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    # A socket's path is short by law of the kernel; the folder's may be long.
    path = Path(f"/proc/self/fd/{descriptor}/{SOCKET_NAME}")
    try:
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(_Connection(handler).serve, path, limit=LINE_MAX_BYTES)
        path.chmod(0o600)
        try:
            yield
        finally:
            server.close()
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


class _Connection:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            try:
                line = await asyncio.wait_for(reader.readline(), READ_TIMEOUT_S)
                answer = await asyncio.to_thread(self._answer, line)
            except (TimeoutError, ValueError):
                answer = {"ok": False, "code": "usage", "error": "one line of JSON is expected"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line)
            command, arguments = str(asked["command"]), dict(asked["arguments"])
        except (ValueError, KeyError, TypeError):
            return {"ok": False, "code": "usage", "error": "not a command"}
        try:
            return {"ok": True, "result": dict(self._handler(command, arguments))}
        except CommandRefused as refused:
            return {"ok": False, "code": refused.code, "error": refused.text}
        except StoreError as wrong:
            return {"ok": False, "code": "store", "error": str(wrong)}


def ask_owner(folder: Path, command: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The running owner's result; None when nobody owns the folder. `CommandRefused` when it said no."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_TIMEOUT_S)
            try:
                line.connect(f"/proc/self/fd/{descriptor}/{SOCKET_NAME}")
            except OSError:
                return None
            line.sendall(json.dumps({"command": command, "arguments": dict(arguments)}).encode() + b"\n")
            with line.makefile("rb") as stream:
                answer = json.loads(stream.readline(LINE_MAX_BYTES))
    finally:
        os.close(descriptor)
    if not answer["ok"]:
        raise CommandRefused(answer["code"], answer["error"])
    result: dict[str, Any] = answer["result"]
    return result
