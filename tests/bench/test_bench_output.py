"""A bench prints one JSON object that a program can read, with every figure measured or with the reason why not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import names

KEYS = {"value", "unit", "target", "peer", "peer_value", "holds"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", names())
def test_a_quick_look_prints_one_object_with_every_figure(name: str) -> None:
    command = [sys.executable, "-m", "tests.bench", name, "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)
    told = json.loads(done.stdout)
    assert (told["bench"], told["quick"]) == (name, True)
    assert told["figures"]
    for figure, measured in told["figures"].items():
        assert measured.keys() >= KEYS, figure
        assert (measured["value"] is not None) or measured["reason"], figure


def test_every_bench_is_explained_in_the_readme() -> None:
    readme = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    assert names()
    assert not [name for name in names() if f"\n## {name}\n" not in readme]
