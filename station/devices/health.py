"""What each device is doing, for screens and `ektp devices check`: asked when its lane is free, else remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from drivers.contracts.errors import DeviceError
from station.ports import DeviceAway


class Condition(StrEnum):
    READY = "ready"
    AWAY = "away"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Health:
    """`detail` is for technicians: make, model, serial, counters; no personal data."""

    name: str
    condition: Condition
    detail: str
    trouble: str


class Watched(Protocol):
    """The part of a lane that is watched."""

    @property
    def name(self) -> str: ...

    @property
    def trouble(self) -> str: ...

    @property
    def steps_waiting(self) -> int: ...

    def run(self, step: Callable[[Any], str]) -> str: ...


class HealthBook:
    """The last health of each lane. `look` asks only a lane that nobody waits for: no card in the making is disturbed."""

    def __init__(self, lanes: dict[str, tuple[Watched, Callable[[Any], str]]], configured: frozenset[str]) -> None:
        self._lanes, self._configured = lanes, configured
        self._known: dict[str, Health] = {}

    def look(self) -> tuple[Health, ...]:
        for name, (lane, ask) in self._lanes.items():
            if name not in self._configured:
                self._known[name] = Health(name, Condition.NOT_CONFIGURED, "", "")
            elif lane.steps_waiting == 0 or name not in self._known:
                self._known[name] = _ask(name, lane, ask)
        return tuple(self._known.values())


def _ask(name: str, lane: Watched, ask: Callable[[Any], str]) -> Health:
    try:
        return Health(name, Condition.READY, lane.run(ask), lane.trouble)
    except DeviceAway as away:
        return Health(name, Condition.AWAY, "", away.reason)
    except DeviceError as error:
        return Health(name, Condition.AWAY, "", str(error))
