"""`python -m drivers.simulators NAME ...`: one simulated device in this process, until its standard input closes.

When it listens it prints one JSON line, `{"ready": true, "endpoint": URL, "control": URL}`; `control` is the line
protocol of `control.py`, by which the office moves people and blanks about and plans faults, as hands would.
"""

from __future__ import annotations

import importlib
import sys

SIMULATORS = {
    "printer": "drivers.simulators.printing",  # Evolis over TCP, and the chip in its field over vpcd
    "scanner": "drivers.simulators.capturing",  # Secure Biometric Interface over HTTP: finger, iris or face
    "pad": "drivers.simulators.signing",  # a signature pad over TCP
    "link": "drivers.simulators.linking",  # the line to the centre, which can be down, slow or cut
}


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in SIMULATORS:
        print(f"usage: python -m drivers.simulators {'|'.join(SIMULATORS)} --help", file=sys.stderr)
        return 2
    return int(importlib.import_module(SIMULATORS[name]).main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
