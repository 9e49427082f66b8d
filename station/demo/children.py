"""The other processes of the demonstration: each has a pipe to its standard input, so that none outlives this one."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
_LINE_MAX_BYTES = 65536


class DidNotStart(Exception):
    """A process ended or stayed silent instead of saying that it is ready; where its own words are."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running process and its ready line."""

    name: str
    process: subprocess.Popen[bytes]
    ready: dict[str, Any]

    @property
    def endpoint(self) -> str:
        return str(self.ready["endpoint"])

    @property
    def control(self) -> str:
        return str(self.ready["control"])

    def stop(self) -> None:
        """Closes its standard input, which ends it; kills it if that does not."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def start(name: str, module: str, arguments: Sequence[str], logs: Path) -> subprocess.Popen[bytes]:
    """Starts `python -m module arguments`; what it says beside its ready line goes to `logs/name.log`."""
    with (logs / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )


def await_ready(name: str, process: subprocess.Popen[bytes], logs: Path) -> Child:
    """Waits for the ready line; `DidNotStart` when none comes in time."""
    assert process.stdout is not None
    deadline = time.monotonic() + START_TIMEOUT_S
    line = b""
    while not line.endswith(b"\n") and len(line) < _LINE_MAX_BYTES:
        readable, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        piece = process.stdout.read1(_LINE_MAX_BYTES) if readable else b""  # type: ignore[attr-defined]
        if not piece:
            process.kill()
            raise DidNotStart(f"{name} did not start; it said why in {logs / f'{name}.log'}")
        line += piece
    return Child(name, process, json.loads(line))
