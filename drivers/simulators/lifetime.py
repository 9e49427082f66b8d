"""A simulator lives as long as its standard input is open, so that no child outlives the office that started it."""

from __future__ import annotations

import json
import os
import sys


def announce(endpoint: str, control: str, **more: str) -> None:
    """The ready line: one JSON object, printed when everything listens."""
    print(json.dumps({"ready": True, "endpoint": endpoint, "control": control, **more}), flush=True)


def wait_for_end() -> None:
    """Returns when standard input ends, or at Ctrl-C; what is typed there is ignored."""
    try:
        while os.read(sys.stdin.fileno(), 4096):
            pass
    except KeyboardInterrupt:
        return
