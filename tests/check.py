"""`python -m tests.check`: everything that must hold before a change goes in, in one command.

The quick judges run first and say all that they find; pytest runs last, so that its closing line is the last one. What
follows on the command line goes to pytest. The exit status is 0 only if every step passed. Only `.[dev]` is needed:
tests that want a foreign program are skipped without it, unless `EKTP_PEERS=required`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS_MAX = 2  # a worker holds the image cache and OpenCV; more of them only wait for each other on a small machine

STEPS: dict[str, list[str]] = {
    "ruff": ["ruff", "check", "."],
    "mypy": ["mypy"],  # strict, and the packages named in pyproject.toml
    "import contracts": ["lint-imports"],
}


def main(arguments: list[str]) -> int:
    failed = [name for name, command in STEPS.items() if not _passes(name, command)]
    if failed:
        print(f"FAILED before the tests: {', '.join(failed)}", flush=True)
    print("== pytest", flush=True)
    tests = _run([sys.executable, "-m", "pytest", *_workers(), *arguments])
    return tests or (1 if failed else 0)


def _passes(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    # Beside this interpreter, whatever PATH says: the tools of this environment judge.
    tool = Path(sysconfig.get_path("scripts")) / command[0]
    if not tool.exists():
        print(f"{tool} is missing: pip install -e '.[dev]'", flush=True)
        return False
    return _run([str(tool), *command[1:]]) == 0


def _run(command: list[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _workers() -> list[str]:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ["-n", str(min(cpus, WORKERS_MAX)), "--dist", "loadgroup"] if cpus > 1 else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
