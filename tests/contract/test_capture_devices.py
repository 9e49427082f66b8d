"""What a station may rely on from any scanner or camera, over real HTTP against simulated ones, each a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from drivers.contracts.capture import Capture, CaptureFacts, DeviceState, Frame, Retry, RetryReason
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, RemoteProtocolError, TransportError
from drivers.contracts.face_camera import FaceCamera
from drivers.contracts.fingerprint_scanner import FingerprintScanner
from drivers.contracts.iris_scanner import IrisScanner
from drivers.contracts.parts import Eye, Finger, Slap
from drivers.iso19794 import face_image, finger_image, iris_image, pictures
from drivers.scanners.sbi.client import SbiClient
from drivers.scanners.sbi.driver import SbiFaceCamera, SbiFingerprintScanner, SbiIrisScanner
from drivers.simulators.control import ask

KINDS = ("finger", "iris", "face")
TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Booth:
    """A device's process, the hands that move people, and the certificate of its authority."""

    kind: str
    endpoint: str
    control: str
    trust: tuple[x509.Certificate, ...]
    process: subprocess.Popen[str]

    def hands(self, line: str) -> dict[str, Any]:
        return ask(self.control, line)

    def fault_next(self, name: str) -> None:
        self.hands(f"fault {name}@capture={self.hands('status')['captures'] + 1}")

    def scanner(self) -> FingerprintScanner:
        return SbiFingerprintScanner(SbiClient(self.endpoint, self.trust))

    def iris(self) -> IrisScanner:
        return SbiIrisScanner(SbiClient(self.endpoint, self.trust))

    def camera(self) -> FaceCamera:
        return SbiFaceCamera(SbiClient(self.endpoint, self.trust))

    def capture(self) -> Capture | Retry:
        """The usual capture of this kind, by a driver made for it alone."""
        if self.kind == "finger":
            return self.scanner().capture_fingers(Slap.RIGHT_FOUR.fingers, timeout_s=TIMEOUT_S)
        if self.kind == "iris":
            return self.iris().capture_eyes((Eye.RIGHT, Eye.LEFT), timeout_s=TIMEOUT_S)
        return self.camera().capture_face(timeout_s=TIMEOUT_S)

    def frames(self) -> tuple[Frame, ...]:
        capture = self.capture()
        assert isinstance(capture, Capture)
        return capture.frames

    def about(self) -> tuple[CaptureFacts, DeviceState]:
        device = {"finger": self.scanner, "iris": self.iris, "face": self.camera}[self.kind]()
        return device.facts(), device.state()


@contextmanager
def booth(kind: str, folder: Path, *options: str) -> Iterator[Booth]:
    trust = folder / f"{kind}.pem"
    named = ["--kind", kind, "--trust-out", str(trust)]
    command = [sys.executable, "-m", "drivers.simulators", "scanner", *named, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            ready = json.loads(process.stdout.readline())
            authority = x509.load_pem_x509_certificate(trust.read_bytes())
            yield Booth(kind, ready["endpoint"], ready["control"], (authority,), process)
        finally:
            process.stdin.close()
            process.wait(timeout=10)


@pytest.fixture(scope="module")
def booths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Booth]]:
    folder = tmp_path_factory.mktemp("booths")
    with booth("finger", folder) as finger, booth("iris", folder) as iris, booth("face", folder) as face:
        made = {"finger": finger, "iris": iris, "face": face}
        yield lambda kind: made[kind]


@pytest.fixture(params=KINDS)
def device(request: pytest.FixtureRequest, booths: Callable[[str], Booth]) -> Booth:
    found = booths(request.param)
    found.hands("person 3")
    return found


@pytest.fixture
def finger_device(booths: Callable[[str], Booth]) -> Booth:
    found = booths("finger")
    found.hands("person 3")
    return found


def test_a_device_says_what_it_is_and_that_it_is_ready(device: Booth) -> None:
    facts, state = device.about()
    assert facts.trusted
    assert facts.model == "sbi"
    assert facts.serial
    assert state is DeviceState.READY
    assert device.about()[0] == facts


@pytest.mark.parametrize(
    "fingers",
    [
        Slap.RIGHT_FOUR.fingers,
        Slap.LEFT_FOUR.fingers,
        Slap.THUMBS.fingers,
        (Finger.RIGHT_INDEX,),
        (Finger.LEFT_RING, Finger.LEFT_INDEX),
    ],
)
def test_fingers_come_back_one_frame_each_in_the_order_asked(finger_device: Booth, fingers: tuple[Finger, ...]) -> None:
    capture = finger_device.scanner().capture_fingers(fingers, timeout_s=TIMEOUT_S)
    assert isinstance(capture, Capture)
    assert tuple(frame.part for frame in capture.frames) == fingers
    for frame in capture.frames:
        assert frame.ppi >= 500
        (image,) = finger_image.decode(frame.record).images
        assert (image.finger, image.image) == (frame.part, frame.image)


def test_eyes_come_back_one_frame_each_in_the_order_asked(booths: Callable[[str], Booth]) -> None:
    scanner = booths("iris")
    scanner.hands("person 3")
    for eyes in ((Eye.LEFT, Eye.RIGHT), (Eye.LEFT,)):
        capture = scanner.iris().capture_eyes(eyes, timeout_s=TIMEOUT_S)
        assert isinstance(capture, Capture)
        assert tuple(frame.part for frame in capture.frames) == eyes
        assert [iris_image.decode(frame.record).images[0].eye for frame in capture.frames] == list(eyes)


def test_a_face_is_one_frame_in_colour(booths: Callable[[str], Booth]) -> None:
    camera = booths("face")
    camera.hands("person 3")
    (frame,) = camera.frames()
    assert frame.part is None
    assert face_image.decode(frame.record).images[0].colour_space == face_image.RGB_24


def test_every_picture_is_whole_and_of_the_size_it_states(device: Booth) -> None:
    for frame in device.frames():
        pictures.check(frame.image, frame.image_format, frame.width_px, frame.height_px)
        assert frame.quality is not None
        assert 0 <= frame.quality <= 100


def test_no_two_captures_are_the_same_pictures(device: Booth) -> None:
    first, second = ({frame.image for frame in device.frames()} for _ in range(2))
    assert not first & second


def test_nobody_there_is_a_reason_to_try_again(device: Booth) -> None:
    device.hands("absent")
    retry = device.capture()
    assert isinstance(retry, Retry)
    reasons = {"finger": RetryReason.EMPTY, "iris": RetryReason.NO_EYE, "face": RetryReason.NO_FACE}
    assert retry.reason is reasons[device.kind]
    device.hands("person 3")
    assert isinstance(device.capture(), Capture)


def test_a_poor_finger_is_a_capture_of_poor_quality_and_the_next_is_good(finger_device: Booth) -> None:
    finger_device.fault_next("poor-finger")
    poor, good = (min(frame.quality or 0 for frame in finger_device.frames()) for _ in range(2))
    assert poor < good / 2


def test_a_device_that_goes_away_can_be_asked_again(device: Booth) -> None:
    device.fault_next("device-gone")
    with pytest.raises(TransportError):
        device.capture()
    assert isinstance(device.capture(), Capture)


def test_a_busy_device_says_so(device: Booth) -> None:
    device.fault_next("busy")
    with pytest.raises(DeviceFault) as caught:
        device.capture()
    assert (caught.value.code, caught.value.card) == (FaultCode.BUSY, CardFate.UNTOUCHED)
    assert isinstance(device.capture(), Capture)


def test_a_forged_capture_is_not_trusted(device: Booth) -> None:
    device.fault_next("bad-signature")
    with pytest.raises(DeviceFault) as caught:
        device.capture()
    assert caught.value.code is FaultCode.NOT_TRUSTED
    assert isinstance(device.capture(), Capture)


def test_a_corrupt_picture_is_refused(device: Booth) -> None:
    device.fault_next("corrupt-image")
    with pytest.raises(RemoteProtocolError) as caught:
        device.capture()
    assert caught.value.raw == b""
    assert isinstance(device.capture(), Capture)


def test_a_stations_trust_does_not_reach_another_authoritys_device(booths: Callable[[str], Booth]) -> None:
    camera = SbiFaceCamera(SbiClient(booths("face").endpoint, booths("iris").trust))
    assert camera.facts().trusted is False
    with pytest.raises(DeviceFault) as caught:
        camera.capture_face(timeout_s=TIMEOUT_S)
    assert caught.value.code is FaultCode.NOT_TRUSTED


def test_a_driver_may_be_closed_twice(finger_device: Booth) -> None:
    scanner = finger_device.scanner()
    scanner.close()
    scanner.close()


def test_an_order_that_nobody_knows_is_refused_with_a_list(finger_device: Booth) -> None:
    with pytest.raises(ValueError, match="poor-finger@capture"):
        finger_device.hands("fault poor-fingr@capture=1")
    with pytest.raises(ValueError, match="not a number"):
        finger_device.hands("person three")
    assert finger_device.hands("status")["person"] == 3


def test_the_same_seed_and_the_same_captures_give_the_same_pictures(tmp_path: Path) -> None:
    runs = []
    for _ in range(2):
        with booth("iris", tmp_path, "--seed", "7", "--faults", "busy@capture=1") as fresh:
            fresh.hands("person 2")
            with pytest.raises(DeviceFault):
                fresh.capture()
            runs.append([frame.image for frame in (*fresh.frames(), *fresh.frames())])
    assert runs[0] == runs[1]


def test_a_device_ends_with_the_office_that_started_it_and_is_gone_then(tmp_path: Path) -> None:
    with booth("face", tmp_path) as short:
        scanner = short.camera()
        scanner.state()
    assert short.process.returncode == 0
    with pytest.raises(TransportError) as caught:
        scanner.state()
    assert caught.value.card is CardFate.UNTOUCHED
