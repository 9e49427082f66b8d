"""The signature pad contract, kept by the Topaz driver over real TCP against the simulator in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import pytest

from drivers.contracts.capture import DeviceState, Retry, RetryReason
from drivers.contracts.errors import TransportError
from drivers.contracts.signature_pad import SignaturePad, Strokes
from drivers.pads.topaz.driver import TopazPad
from drivers.simulators.control import ask
from drivers.simulators.people import person
from drivers.transports.tcp import TcpTransport

SEED = 11
STEP_MM = 25.4 / 410
SOON_S, PAUSE_S, SHORT_S = 20.0, 0.3, 0.3


@dataclass(frozen=True, slots=True)
class Desk:
    pad: SignaturePad
    control: str


@contextmanager
def desk(*options: str) -> Iterator[Desk]:
    command = [sys.executable, "-m", "drivers.simulators", "pad", "--seed", str(SEED), "--pace", "0", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            ready = json.loads(process.stdout.readline())
            pad: SignaturePad = TopazPad(TcpTransport(ready["endpoint"]))
            yield Desk(pad, ready["control"])
            pad.close()
        finally:
            process.stdin.close()
            assert process.wait(SOON_S) == 0


def sign(pad: SignaturePad) -> Strokes | Retry:
    return pad.capture_signature(timeout_s=SOON_S, pause_s=PAUSE_S)


def assert_signature_of(index: int, captured: Strokes | Retry) -> None:
    assert isinstance(captured, Strokes)
    expected = person(SEED, index).signature()
    assert [len(stroke) for stroke in captured.strokes] == [len(stroke) for stroke in expected]
    for read, written in zip(chain(*captured.strokes), chain(*expected), strict=True):
        assert (read.x_mm, read.y_mm) == pytest.approx((written.x_mm, written.y_mm), abs=STEP_MM / 2 + 1e-9)
        assert read.t_ms == written.t_ms
        assert read.pressure == pytest.approx(written.pressure, abs=1 / 1023)


def test_a_persons_signature_arrives_as_written() -> None:
    with desk("--person", "3") as at:
        captured = sign(at.pad)
        assert_signature_of(3, captured)
        assert isinstance(captured, Strokes)
        assert (captured.width_mm, captured.height_mm) == pytest.approx((123.902, 43.366), abs=1e-3)
        assert captured.device == at.pad.facts()


def test_each_capture_is_of_the_person_who_stands_there() -> None:
    with desk("--person", "1") as at:
        assert_signature_of(1, sign(at.pad))
        ask(at.control, "person 2")
        assert_signature_of(2, sign(at.pad))
        assert ask(at.control, "status")["captures"] == 2


def test_nobody_signing_is_a_retry_and_no_error() -> None:
    with desk() as at:
        assert at.pad.capture_signature(timeout_s=SHORT_S) == Retry(RetryReason.TIMEOUT)
        ask(at.control, "person 4")
        assert_signature_of(4, sign(at.pad))


def test_what_was_scribbled_before_the_capture_is_not_the_signature() -> None:
    with desk("--no-auto", "--person", "5") as at:
        assert at.pad.state() is DeviceState.READY
        ask(at.control, "sign")
        assert at.pad.capture_signature(timeout_s=SHORT_S) == Retry(RetryReason.TIMEOUT)


def test_a_line_cut_while_signing_is_a_transport_error_and_the_next_capture_is_whole() -> None:
    with desk("--person", "6", "--faults", "device-gone@capture=1") as at:
        with pytest.raises(TransportError):
            sign(at.pad)
        assert_signature_of(6, sign(at.pad))


def test_noise_between_packets_is_skipped() -> None:
    with desk("--person", "7") as at:
        ask(at.control, "noise 3")
        assert_signature_of(7, sign(at.pad))


def test_a_pad_that_is_away_is_a_transport_error() -> None:
    with desk() as at:
        assert at.pad.state() is DeviceState.READY
        away = at.pad
    with pytest.raises(TransportError):
        away.state()
    with pytest.raises(TransportError):
        sign(away)


def test_a_person_signs_at_the_hands_own_pace_and_pauses_between_strokes_are_no_end() -> None:
    with desk("--person", "8", "--pace", "0.2") as at:
        assert_signature_of(8, sign(at.pad))
