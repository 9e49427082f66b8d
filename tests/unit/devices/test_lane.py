"""A lane uses its device from one thread, opens it again after a broken line, and never walks away from a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, RemoteProtocolError, TransportError
from station.devices.lane import Lane
from station.ports import DeviceAway

WAIT_S = 10.0


class Lamp:
    """A small device of our own: it counts what is done to it and remembers from which thread."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.flashes = 0
        self.closed = False
        self.threads = {threading.get_ident()}

    def flash(self) -> int:
        self.threads.add(threading.get_ident())
        assert not self.closed
        self.flashes += 1
        return self.flashes

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed = True


class Shelf:
    """Where lamps come from; `missing` says why there is none now."""

    def __init__(self) -> None:
        self.lamps: list[Lamp] = []
        self.missing: Exception | None = None

    def take(self) -> Lamp:
        if self.missing is not None:
            raise self.missing
        self.lamps.append(Lamp(len(self.lamps) + 1))
        return self.lamps[-1]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def lane(shelf: Shelf) -> Iterator[Lane[Lamp]]:
    lane = Lane("lamp", shelf.take, Lamp.close)
    yield lane
    lane.close()


def _fails_with(error: Exception) -> Callable[[Lamp], None]:
    def step(lamp: Lamp) -> None:
        lamp.flash()
        raise error

    return step


def test_nothing_is_opened_before_the_first_step(lane: Lane[Lamp], shelf: Shelf) -> None:
    assert not lane.is_open
    assert shelf.lamps == []
    assert lane.run(Lamp.flash) == 1
    assert lane.is_open


def test_a_device_is_opened_used_and_closed_on_one_thread_that_is_no_callers(shelf: Shelf) -> None:
    lane = Lane("lamp", shelf.take, Lamp.close)
    with ThreadPoolExecutor(4) as callers:
        list(callers.map(lambda _: lane.run(Lamp.flash), range(20)))
    lane.run(Lamp.flash)
    lane.close()
    (lamp,) = shelf.lamps
    assert lamp.flashes == 21
    assert lamp.closed
    assert len(lamp.threads) == 1
    assert threading.get_ident() not in lamp.threads


def test_steps_of_many_callers_are_done_one_at_a_time(lane: Lane[Lamp]) -> None:
    at_once, most = 0, 0

    def step(lamp: Lamp) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        lamp.flash()
        at_once -= 1

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda _: lane.run(step), range(200)))
    assert most == 1
    assert lane.steps_waiting == 0


def test_a_broken_line_closes_the_device_and_the_next_step_opens_a_new_one(lane: Lane[Lamp], shelf: Shelf) -> None:
    with pytest.raises(TransportError, match="reset"):
        lane.run(_fails_with(TransportError("tcp://127.0.0.1:9", "reset")))
    assert shelf.lamps[0].closed
    assert not lane.is_open
    assert lane.trouble == "reset"
    assert lane.run(lambda lamp: lamp.number) == 2
    assert lane.trouble == ""


def test_a_step_that_failed_is_not_done_again(lane: Lane[Lamp], shelf: Shelf) -> None:
    with pytest.raises(TransportError):
        lane.run(_fails_with(TransportError("tcp://127.0.0.1:9", "reset")))
    lane.run(lambda _: None)
    assert [lamp.flashes for lamp in shelf.lamps] == [1, 0]


def test_a_line_too_dead_to_be_closed_still_reports_its_own_error_and_is_opened_again(shelf: Shelf) -> None:
    def close(lamp: Lamp) -> None:
        lamp.close()
        raise OSError("already gone")

    lane = Lane("lamp", shelf.take, close)
    with pytest.raises(TransportError, match="reset"):
        lane.run(_fails_with(TransportError("tcp://127.0.0.1:9", "reset")))
    assert lane.run(lambda lamp: lamp.number) == 2
    lane.close()
    assert [lamp.closed for lamp in shelf.lamps] == [True, True]


@pytest.mark.parametrize(
    "error",
    [
        DeviceFault(FaultCode.RIBBON_OUT, CardFate.UNTOUCHED),
        RemoteProtocolError("unreadable", b"?"),
        KeyError("a bug"),
    ],
)
def test_a_fault_or_a_bug_keeps_the_device_and_reaches_the_caller(
    lane: Lane[Lamp], shelf: Shelf, error: Exception
) -> None:
    with pytest.raises(type(error)) as raised:
        lane.run(_fails_with(error))
    assert raised.value is error
    assert lane.run(lambda lamp: lamp.number) == 1
    assert not shelf.lamps[0].closed


def test_what_ails_the_device_is_told_until_a_step_goes_well(lane: Lane[Lamp]) -> None:
    with pytest.raises(DeviceFault):
        lane.run(_fails_with(DeviceFault(FaultCode.RIBBON_OUT, CardFate.UNTOUCHED, "panel K")))
    assert lane.trouble == "ribbon_out: panel K"
    lane.run(Lamp.flash)
    assert lane.trouble == ""


def test_a_device_that_cannot_be_opened_is_away_and_is_tried_again(lane: Lane[Lamp], shelf: Shelf) -> None:
    shelf.missing = OSError("no such port")
    for _ in range(2):
        with pytest.raises(DeviceAway, match=r"^lamp: no such port$"):
            lane.run(Lamp.flash)
        assert lane.trouble == "no such port"
        assert lane.steps_waiting == 0
    shelf.missing = None
    assert lane.run(Lamp.flash) == 1


def test_a_step_is_waited_for_to_its_end_and_the_next_one_begins_after_it(lane: Lane[Lamp]) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def long_step(lamp: Lamp) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)
        lamp.flash()
        ended.set()

    caller = threading.Thread(target=lane.run, args=(long_step,), daemon=True)
    caller.start()
    assert begun.wait(WAIT_S)
    assert caller.is_alive()  # `run` has no deadline of its own
    assert lane.steps_waiting == 1
    second = ThreadPoolExecutor(1).submit(lane.run, lambda lamp: lamp.flashes)
    assert not ended.is_set()
    go_on.set()
    assert second.result(WAIT_S) == 1  # the later step waited for the earlier one's end
    caller.join(WAIT_S)
    assert lane.steps_waiting == 0


@pytest.mark.parametrize(
    ("away", "message"),
    [(DeviceAway("lamp", "no port"), "lamp: no port"), (DeviceAway("bulb", "no port"), "lamp: bulb: no port")],
)
def test_the_part_that_is_away_is_named_once(lane: Lane[Lamp], shelf: Shelf, away: DeviceAway, message: str) -> None:
    shelf.missing = away
    with pytest.raises(DeviceAway) as raised:
        lane.run(Lamp.flash)
    assert str(raised.value) == message


class Interrupted(Exception):
    """What the signal below raises in the main thread, as Ctrl-C would."""


@pytest.fixture
def interrupt_main() -> Iterator[Callable[[], None]]:
    """Called on another thread: `Interrupted` is raised once in the main thread, whatever it waits for."""
    raised = threading.Event()

    def interrupted(*_: object) -> None:
        if not raised.is_set():
            raised.set()
            raise Interrupted

    def interrupt() -> None:
        for _ in range(1000):
            # A signal that comes just before the main thread falls asleep does not wake it: it is sent again.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            if raised.wait(0.01):
                return

    before = signal.signal(signal.SIGUSR1, interrupted)
    yield interrupt
    signal.signal(signal.SIGUSR1, before)


def test_an_interrupted_caller_does_not_make_a_busy_lane_look_free(
    lane: Lane[Lamp], interrupt_main: Callable[[], None]
) -> None:
    go_on = threading.Event()

    def long_step(_: Lamp) -> None:
        interrupt_main()
        assert go_on.wait(WAIT_S)

    lane.run(Lamp.flash)
    with pytest.raises(Interrupted):
        lane.run(long_step)
    assert lane.steps_waiting == 1
    assert lane.run_if_free(Lamp.flash) is None
    go_on.set()
    assert lane.run(Lamp.flash) == 2
    assert lane.steps_waiting == 0


def test_closing_waits_for_the_step_at_work_and_closes_after_it(shelf: Shelf) -> None:
    lane = Lane("lamp", shelf.take, Lamp.close)
    begun, go_on = threading.Event(), threading.Event()

    def long_step(lamp: Lamp) -> int:
        begun.set()
        assert go_on.wait(WAIT_S)
        return lamp.flash()

    with ThreadPoolExecutor(2) as callers:
        step = callers.submit(lane.run, long_step)
        assert begun.wait(WAIT_S)
        closing = callers.submit(lane.close)
        assert not shelf.lamps[0].closed
        go_on.set()
        assert step.result(WAIT_S) == 1
        closing.result(WAIT_S)
    assert shelf.lamps[0].closed


def test_a_closed_lane_takes_no_step_and_counts_none(shelf: Shelf) -> None:
    lane = Lane("lamp", shelf.take, Lamp.close)
    lane.close()
    with pytest.raises(RuntimeError):
        lane.run(Lamp.flash)
    assert lane.steps_waiting == 0
    assert shelf.lamps == []


def test_a_free_lane_does_what_is_asked_if_free(lane: Lane[Lamp]) -> None:
    assert lane.run_if_free(Lamp.flash) == 1
    assert lane.run_if_free(Lamp.flash) == 2
