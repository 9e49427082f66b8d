"""What each device is doing, for screens and `ektp devices check`: asked when its lane is free, else remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from drivers.contracts.errors import DeviceError
from station.ports import DeviceAway


class Condition(StrEnum):
    READY = "ready"
    AT_WORK = "at_work"  # a step runs on its lane: not asked now
    NEEDS_PERSON = "needs_person"  # it answers, and asks for somebody
    AWAY = "away"
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device says of itself. `faults` are `FaultCode`s for a person; none: it can work."""

    detail: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """`detail` and `trouble` are for technicians: make, model, serial, counters, the last error; no personal data."""

    name: str
    condition: Condition
    detail: str
    trouble: str
    faults: tuple[str, ...] = ()


class Watched(Protocol):
    """The part of a lane that is watched."""

    @property
    def name(self) -> str: ...

    @property
    def trouble(self) -> str: ...

    def run_if_free(self, step: Callable[[Any], Answer]) -> Answer | None: ...


class HealthBook:
    """The last health of each lane. `look` asks only a lane that nobody uses: no card in the making is disturbed."""

    def __init__(self, lanes: dict[str, tuple[Watched, Callable[[Any], Answer]]], configured: frozenset[str]) -> None:
        self._lanes, self._configured = lanes, configured
        self._known: dict[str, Health] = {}

    def look(self) -> tuple[Health, ...]:
        for name, (lane, ask) in self._lanes.items():
            self._known[name] = self._health(name, lane, ask)
        return tuple(self._known.values())

    def _health(self, name: str, lane: Watched, ask: Callable[[Any], Answer]) -> Health:
        if name not in self._configured:
            return Health(name, Condition.NOT_CONFIGURED, "", "")
        try:
            answer = lane.run_if_free(ask)
        except DeviceAway as away:
            return Health(name, Condition.AWAY, "", away.reason)
        except DeviceError as error:
            return Health(name, Condition.AWAY, "", str(error))
        except Exception as error:  # one driver's defect must not hide the other devices; its words may hold anything
            return Health(name, Condition.AWAY, "", type(error).__name__)
        if answer is None:
            return self._busy(name)
        condition = Condition.NEEDS_PERSON if answer.faults else Condition.READY
        return Health(name, condition, answer.detail, lane.trouble, answer.faults)

    def _busy(self, name: str) -> Health:
        """A device that was away may be waiting for its line: only one that was well is said to be at work."""
        known = self._known.get(name, Health(name, Condition.READY, "", ""))
        return replace(known, condition=Condition.AT_WORK) if known.condition is Condition.READY else known
