"""Two lines and the hands share one simulated printer: while it moves a card, whoever else comes waits."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from drivers.printers.evolis.simulator import EvolisSimulator
from drivers.simulators.faults import FaultPlan
from drivers.simulators.printing import SharedPrinter

WAIT_S = 20.0


class NoPath:
    """Cards go where nobody looks."""

    def at_encoder(self, number: int) -> None: ...
    def left_encoder(self, number: int) -> None: ...
    def printed(self, number: int, face: object) -> None: ...
    def came_out(self, number: int, *, rejected: bool) -> None: ...


def feeds(printer: SharedPrinter) -> None:
    assert printer.connection().receive(b"\x1bSic\r") == b"OK\r\x00"


COMERS: dict[str, Callable[[SharedPrinter], object]] = {
    "a second line": feeds,
    "load-blanks": lambda printer: printer.load_blanks(5),
    "reseat-blanks": SharedPrinter.reseat_blanks,
    "new-ribbon": SharedPrinter.new_ribbon,
    "clear-jam": SharedPrinter.clear_jam,
    "empty-reject-box": SharedPrinter.empty_reject_box,
}


@pytest.mark.parametrize("other", COMERS.values(), ids=COMERS)
def test_whoever_comes_during_a_motion_waits_for_its_end(other: Callable[[SharedPrinter], object]) -> None:
    moving, seen, order = threading.Event(), threading.Event(), list[str]()

    def pace(_: float) -> None:
        if not moving.is_set():
            moving.set()
            seen.wait(0.2)  # the other has that long to come in, which it must not
            order.append("motion")

    printer = SharedPrinter(EvolisSimulator(NoPath(), fires=FaultPlan([]).fires, pace=pace, blanks=3, serial="T"))

    def comes() -> None:
        assert moving.wait(WAIT_S)
        other(printer)
        order.append("other")
        seen.set()

    threads = [threading.Thread(target=deed) for deed in (lambda: feeds(printer), comes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert order == ["motion", "other"]
