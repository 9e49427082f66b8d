"""The owner's socket: commands of other processes reach the one process that owns the data folder, one JSON line each.

The socket lies in the data folder, so who may enter the folder may speak. A request is `{"command": NAME, "arguments":
{...}}`; the answer is `{"ok": true, "result": {...}}` or `{"ok": false, "code": TEXT, "error": TEXT}`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from station.languages import both
from station.ports import StoreError

SOCKET_NAME = "owner.sock"
LINE_MAX_BYTES = 1 << 20
ANSWER_MAX_BYTES = 1 << 24  # ten thousand entries of the log
READ_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 600.0  # a card may take minutes
log = logging.getLogger(__name__)
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
            except (TimeoutError, ValueError):
                line = b""
            writer.write(await asyncio.to_thread(self._answer, line) + b"\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _answer(self, line: bytes) -> bytes:
        """Whatever happens, there is an answer."""
        try:
            asked = json.loads(line)
            command, arguments = str(asked["command"]), dict(asked["arguments"])
        except (ValueError, KeyError, TypeError):
            return _no("usage", "one line of JSON with a command is expected")
        try:
            return json.dumps({"ok": True, "result": dict(self._handler(command, arguments))}).encode()
        except CommandRefused as refused:
            return _no(refused.code, refused.text)
        except StoreError as wrong:
            return _no("store", str(wrong))
        except Exception as wrong:
            # Kind and places only: the text of an exception that nobody thought of may hold anything.
            places = "".join(traceback.format_tb(wrong.__traceback__))
            log.error("a command failed: %s: %s\n%s", command, type(wrong).__name__, places)
            return _no("bug", both("owner.bug", kind=type(wrong).__name__))


def _no(code: str, text: str) -> bytes:
    return json.dumps({"ok": False, "code": code, "error": text}).encode()


def ask_owner(
    folder: Path, command: str, arguments: Mapping[str, Any], *, timeout_s: float = ANSWER_TIMEOUT_S
) -> dict[str, Any] | None:
    """The running owner's result; None when nobody owns the folder. `CommandRefused` when it said no, and with the
    code "doubt" when it did not answer: the command may have been done."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(timeout_s)
            try:
                line.connect(f"/proc/self/fd/{descriptor}/{SOCKET_NAME}")
            except OSError:
                return None
            answer = _answered(line, json.dumps({"command": command, "arguments": dict(arguments)}).encode())
    finally:
        os.close(descriptor)
    if not answer["ok"]:
        raise CommandRefused(answer["code"], answer["error"])
    result: dict[str, Any] = answer["result"]
    return result


def _answered(line: socket.socket, asked: bytes) -> dict[str, Any]:
    try:
        line.sendall(asked + b"\n")
        with line.makefile("rb") as stream:
            answer: dict[str, Any] = json.loads(stream.readline(ANSWER_MAX_BYTES))
    except (OSError, ValueError):  # no answer in time, the owner died, or its answer is cut short
        raise CommandRefused("doubt", both("owner.no_answer")) from None
    return answer
