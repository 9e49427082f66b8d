"""A measurement is figures with their targets, each beside a peer or a limit that was measured in the same run."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Figure:
    """`target` says in words what `holds` was decided by. What could not be measured is None, with `reason`."""

    value: float | None
    unit: str
    target: str
    peer: str
    peer_value: float | None
    holds: bool | None
    reason: str = ""


class Bench(Protocol):
    """A module `tests/bench/bench_NAME.py`."""

    def measure(self, *, quick: bool) -> dict[str, Figure]:
        """The figures by name; `quick` is a slice of a minute for a first look."""
        ...


def share_of_peer(value: float, peer_value: float, *, unit: str, at_least: float, peer: str) -> Figure:
    """A speed whose target is a share of its peer's speed."""
    target = f"at least {at_least} of the peer"
    return Figure(round(value, 1), unit, target, peer, round(peer_value, 1), value >= at_least * peer_value)


def report(name: str, figures: dict[str, Figure], *, quick: bool) -> dict[str, Any]:
    """The JSON object of one bench; `reason` stands only where there is one."""
    return {
        "bench": name,
        "machine": machine(),
        "quick": quick,
        "figures": {
            figure: {key: value for key, value in asdict(measured).items() if key != "reason" or value}
            for figure, measured in figures.items()
        },
    }


def machine() -> str:
    """What a reader needs to judge the figures, and no name of a machine."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cpus} CPUs, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


class Stopwatch:
    """Collects turns of equal work; `rate` is the median, so that one disturbed turn does not decide."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._begun = 0.0

    def __enter__(self) -> Stopwatch:
        self._begun = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self._seconds.append(perf_counter() - self._begun)

    def rate(self, work: int) -> float:
        """Units of work a second."""
        return work / median(self._seconds)
