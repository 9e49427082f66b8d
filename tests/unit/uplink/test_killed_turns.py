"""A turn that dies at any of its steps and is taken again leaves each record once at the centre, received once here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytest

from station.domain.print_ready_record import AUTHORISATION


class Killed(Exception):
    """The power went."""


@dataclass
class Fuse:
    """Blows at the n-th step."""

    at: int
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


@dataclass
class Dying:
    """Stands before a log, vault or cursor store; dies just before or just after a call that changes something."""

    inner: Any
    fuse: Fuse
    deeds: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.inner, name)
        if name not in self.deeds:
            return real

        def call(*args: Any, **named: Any) -> Any:
            self.fuse.step()
            result = real(*args, **named)
            self.fuse.step()
            return result

        return call


def dying(office: Any, fuse: Fuse) -> dict[str, Any]:
    def random(count: int) -> bytes:  # asked for before every request
        fuse.step()
        return os.urandom(count)

    return {
        "log": Dying(office.log, fuse, ("append", "subject")),
        "vault": Dying(office.vault, fuse, ("put", "get")),
        "cursors": Dying(office.cursors, fuse, ("save",)),
        "random": random,
    }


def turn_that_dies_at(office: Any, step: int) -> bool:
    """False when the turn ended before it came to that step."""
    fuse = Fuse(step)
    try:
        office.turn(**dying(office, fuse))
    except Killed:
        return True
    return False


def check_sending(office: Any, at_work: Any, record_id: str) -> None:
    report = office.turn()
    assert (report.problems, report.away) == ((), None)
    kinds = office.kinds(record_id)
    assert kinds.count("record_received_at_centre") == 1
    assert kinds.count("central_status_noted") == 1
    records = at_work.centre.parts.catalogue.records
    assert records.statuses(record_id) == ["RECEIVED_AT_CENTRAL"]


def test_turn_that_dies_while_sending_is_taken_again(office: Any, at_work: Any) -> None:
    step = 1
    while True:
        office.record(f"r-{step}", serial=step, padding=300_000 if step % 7 == 0 else 0)
        died = turn_that_dies_at(office, step)
        check_sending(office, at_work, f"r-{step}")
        if not died:
            break
        step += 1
    assert step > 20
    assert at_work.centre.parts.catalogue.records.count() == step


def test_turn_that_dies_while_receiving_is_taken_again(office: Any, at_work: Any) -> None:
    step = 1
    while True:
        record_id = f"r-{step}"
        office.record(record_id, serial=step)
        office.turn()
        at_work.issue()
        died = turn_that_dies_at(office, step)
        report = office.turn()
        assert (report.problems, report.away) == ((), None)
        assert office.kinds(record_id).count("central_status_noted") == 2
        assert len(office.log.subjects(AUTHORISATION.name)) == step
        if not died:
            break
        step += 1
    assert step > 10


@pytest.mark.parametrize("path", ["/v1/manifest", "/v1/log", "/v1/downlink"])
def test_answer_that_is_lost_is_asked_for_again(office: Any, at_work: Any, path: str) -> None:
    office.record("r-1")
    at_work.middle.change = lambda _, asked, answer: None if asked == path else answer
    assert office.turn().away is not None
    at_work.middle.change = None
    check_sending(office, at_work, "r-1")
