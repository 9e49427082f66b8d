"""`python -m tests.bench NAME [--quick]` prints one JSON object with the figures of one bench; no NAME lists them.

The exit status is 0 when the bench ran, whether its targets hold or not: `holds` says that. 2 is a wrong command line.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import cast

from tests.bench.figures import Bench, report

_PREFIX = "bench_"


def names() -> list[str]:
    return sorted(path.stem.removeprefix(_PREFIX) for path in Path(__file__).parent.glob(f"{_PREFIX}*.py"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures beside a peer, in one run.")
    parser.add_argument("name", nargs="?", choices=names(), help="which bench; without it they are listed")
    parser.add_argument("--quick", action="store_true", help="a slice of a minute, for a first look")
    asked = parser.parse_args(arguments)
    if asked.name is None:
        print("\n".join(names()))
        return 0
    bench = cast(Bench, importlib.import_module(f"tests.bench.{_PREFIX}{asked.name}"))
    print(json.dumps(report(asked.name, bench.measure(quick=asked.quick), quick=asked.quick), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
