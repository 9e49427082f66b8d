"""The health book says what each device is doing, and never stands in the way of one that is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, TransportError
from station.devices.health import Answer, Condition, Health, HealthBook
from station.devices.lane import Lane
from station.languages import LANGUAGES, say
from station.ports import DeviceAway

WAIT_S = 10.0


class Scale:
    """A small device of our own: it answers, asks for a person, breaks, or is not there."""

    def __init__(self) -> None:
        self.there = True
        self.asked = 0
        self.faults: tuple[str, ...] = ()
        self.error: Exception | None = None

    def open(self) -> Scale:
        if not self.there:
            raise DeviceAway("scale", "no such port")
        return self

    def close(self) -> None: ...

    def health(self) -> Answer:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Answer(f"Contoh S-1, asked {self.asked}", self.faults)


@pytest.fixture
def scale() -> Scale:
    return Scale()


@pytest.fixture
def lane(scale: Scale) -> Iterator[Lane[Scale]]:
    lane = Lane("scale", scale.open, Scale.close)
    yield lane
    lane.close()


@pytest.fixture
def book(lane: Lane[Scale]) -> HealthBook:
    return HealthBook({"scale": (lane, Scale.health)}, frozenset({"scale"}))


@pytest.fixture
def occupy(lane: Lane[Scale]) -> Iterator[Callable[[], Callable[[], None]]]:
    """`release = occupy()`: a step is at work on the lane until `release()`."""
    gates: list[threading.Event] = []
    callers = ThreadPoolExecutor(4)

    def begin() -> Callable[[], None]:
        begun, gate = threading.Event(), threading.Event()
        gates.append(gate)

        def step(_: Scale) -> None:
            begun.set()
            assert gate.wait(WAIT_S)

        ending: Future[None] = callers.submit(lane.run, step)
        assert begun.wait(WAIT_S)

        def release() -> None:
            gate.set()
            ending.result(WAIT_S)

        return release

    yield begin
    for gate in gates:
        gate.set()
    callers.shutdown()


def _only(book: HealthBook) -> Health:
    (health,) = book.look()
    return health


def test_a_device_that_answers_is_ready(book: HealthBook) -> None:
    assert _only(book) == Health("scale", Condition.READY, "Contoh S-1, asked 1", "")
    assert _only(book).detail == "Contoh S-1, asked 2"


def test_a_device_that_answers_with_a_fault_needs_a_person_until_it_is_mended(book: HealthBook, scale: Scale) -> None:
    scale.faults = (FaultCode.RIBBON_OUT,)
    health = _only(book)
    assert (health.condition, health.faults) == (Condition.NEEDS_PERSON, ("ribbon_out",))
    scale.faults = ()
    assert _only(book).condition is Condition.READY


def test_a_device_that_is_not_there_is_away_and_comes_back(book: HealthBook, scale: Scale) -> None:
    scale.there = False
    assert _only(book) == Health("scale", Condition.AWAY, "", "no such port")
    scale.there = True
    assert _only(book).condition is Condition.READY


@pytest.mark.parametrize(
    "error",
    [TransportError("tcp://127.0.0.1:9", "reset"), DeviceFault(FaultCode.REFUSED, CardFate.UNTOUCHED)],
)
def test_a_device_that_fails_while_it_is_asked_is_away(book: HealthBook, scale: Scale, error: Exception) -> None:
    scale.error = error
    health = _only(book)
    assert (health.condition, health.trouble) == (Condition.AWAY, str(error))
    scale.error = None
    assert _only(book).condition is Condition.READY


def test_a_driver_that_breaks_is_away_by_the_kind_of_its_error_and_hides_no_other(
    lane: Lane[Scale], scale: Scale
) -> None:
    scale.error = ArithmeticError("what the device sent")
    other = Scale()
    beside = Lane("beside", other.open, Scale.close)
    lanes = {"scale": (lane, Scale.health), "beside": (beside, Scale.health)}
    health, well = HealthBook(lanes, frozenset(lanes)).look()
    beside.close()
    assert health == Health("scale", Condition.AWAY, "", "ArithmeticError")
    assert well.condition is Condition.READY


def test_a_device_that_is_not_configured_is_never_asked(lane: Lane[Scale], scale: Scale) -> None:
    book = HealthBook({"scale": (lane, Scale.health)}, frozenset())
    assert _only(book) == Health("scale", Condition.NOT_CONFIGURED, "", "")
    assert scale.asked == 0
    assert not lane.is_open


def test_a_busy_lane_is_not_asked_and_what_was_known_stays(
    book: HealthBook, scale: Scale, occupy: Callable[[], Callable[[], None]]
) -> None:
    _only(book)
    release = occupy()
    for _ in range(3):
        assert _only(book) == Health("scale", Condition.AT_WORK, "Contoh S-1, asked 1", "")
    assert scale.asked == 1
    release()
    assert _only(book) == Health("scale", Condition.READY, "Contoh S-1, asked 2", "")


def test_a_lane_that_is_busy_at_the_first_look_does_not_hold_the_look_up(
    book: HealthBook, scale: Scale, occupy: Callable[[], Callable[[], None]]
) -> None:
    release = occupy()
    looking = ThreadPoolExecutor(1).submit(_only, book)
    assert looking.result(WAIT_S) == Health("scale", Condition.AT_WORK, "", "")
    assert scale.asked == 0
    release()


def test_a_fault_is_still_told_while_the_lane_is_busy(
    book: HealthBook, scale: Scale, occupy: Callable[[], Callable[[], None]]
) -> None:
    scale.faults = (FaultCode.COVER_OPEN,)
    _only(book)
    release = occupy()
    assert _only(book).condition is Condition.NEEDS_PERSON
    release()


def test_every_condition_and_fault_has_its_words_in_each_language() -> None:
    for language in LANGUAGES:
        for condition in Condition:
            assert say(f"screen.{condition}", language)
        for code in FaultCode:
            assert say(f"fault.{code}", language)
            assert say(f"remedy.{code}", language)
