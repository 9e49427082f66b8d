"""What a device answers over HTTP becomes a capture, a retry, or an error that says who must act."""

from __future__ import annotations

import json

import pytest

from drivers.contracts.capture import Capture, DeviceState, Retry, RetryReason
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.contracts.parts import Eye, Finger
from drivers.iso19794 import finger_image
from drivers.scanners.sbi import protocol
from drivers.scanners.sbi.driver import SbiFaceCamera, SbiFingerprintScanner, SbiIrisScanner
from drivers.scanners.sbi.names import BioType
from drivers.scanners.sbi.signed_token import encode_base64url, make_token, open_token
from drivers.scanners.sbi.simulator import Answer
from drivers.scanners.sbi.simulator_keys import Authority, DeviceKeys

from .tampering import FINGERS, Entry, MakeDevice, Serve, Tampering, client_to


def test_fingers_come_back_in_the_order_asked(scanner: SbiFingerprintScanner) -> None:
    asked = (Finger.LEFT_MIDDLE, Finger.LEFT_INDEX)
    capture = scanner.capture_fingers(asked, timeout_s=5)
    assert isinstance(capture, Capture)
    assert tuple(frame.part for frame in capture.frames) == asked
    frame = capture.frames[0]
    assert (frame.width_px, frame.height_px, frame.ppi, frame.image_format) == (96, 120, 500, "jpeg2000")
    assert frame.quality is not None
    assert finger_image.decode(frame.record).images[0].image == frame.image
    assert capture.device.trusted


def test_the_fingers_of_the_slap_that_are_not_asked_are_named_as_exceptions(
    scanner: SbiFingerprintScanner, tampering: Tampering
) -> None:
    scanner.capture_fingers(FINGERS, timeout_s=5)
    (bio,) = tampering.requests[0]["bio"]
    assert bio["exception"] == ["Left RingFinger", "Left LittleFinger"]
    assert (bio["count"], bio["deviceSubId"]) == ("2", "1")


def test_each_capture_has_its_own_transaction_and_continues_the_chain(
    scanner: SbiFingerprintScanner, tampering: Tampering
) -> None:
    hashes: list[str] = []
    tampering.on_capture = lambda entries: hashes.append(entries[-1]["hash"]) or entries  # type: ignore[func-returns-value]
    for _ in range(3):
        scanner.capture_fingers(FINGERS, timeout_s=5)
    previous = [request["bio"][0]["previousHash"] for request in tampering.requests]
    assert previous == [protocol.FIRST_HASH, *hashes[:2]]
    assert len({request["transactionId"] for request in tampering.requests}) == 3


def test_the_device_must_answer_before_the_station_stops_waiting(
    scanner: SbiFingerprintScanner, tampering: Tampering
) -> None:
    scanner.capture_fingers(FINGERS, timeout_s=5)
    scanner.capture_fingers(FINGERS, timeout_s=1)
    assert [request["timeout"] for request in tampering.requests] == ["3000", "500"]


def test_a_corrupt_picture_is_refused(make_device: MakeDevice, serve: Serve, authority: Authority) -> None:
    device = make_device(BioType.FINGER, "corrupt-image@capture=1")
    scanner = SbiFingerprintScanner(client_to(serve(device.answer), authority))
    with pytest.raises(RemoteProtocolError, match="no whole JPEG2000"):
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert isinstance(scanner.capture_fingers(FINGERS, timeout_s=5), Capture)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("100", FaultCode.NOT_TRUSTED),
        ("101", RetryReason.EMPTY),
        ("102", RetryReason.POOR_QUALITY),
        ("103", FaultCode.NOT_TRUSTED),
        ("104", FaultCode.NOT_READY),
        ("105", RetryReason.MOVED),
        ("106", FaultCode.NOT_READY),
        ("107", FaultCode.NOT_TRUSTED),
        ("108", FaultCode.REFUSED),
        ("109", FaultCode.UNSUPPORTED),
        ("110", FaultCode.NOT_READY),
        ("111", FaultCode.BUSY),
        ("202", FaultCode.NOT_READY),
        ("555", FaultCode.REFUSED),
        ("999", FaultCode.REFUSED),
    ],
)
def test_every_error_code_says_who_must_act(
    scanner: SbiFingerprintScanner, tampering: Tampering, code: str, expected: FaultCode | RetryReason
) -> None:
    tampering.on_capture = lambda _: [{"data": None, "error": {"errorCode": code, "errorInfo": "because"}}]
    if isinstance(expected, RetryReason):
        assert scanner.capture_fingers(FINGERS, timeout_s=5) == Retry(expected, "because")
        return
    with pytest.raises(DeviceFault, match=f"SBI {code}: because") as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert (caught.value.code, caught.value.card) == (expected, CardFate.UNTOUCHED)


def test_a_refused_transaction_id_is_our_bug(scanner: SbiFingerprintScanner, tampering: Tampering) -> None:
    tampering.on_capture = lambda _: [{"data": None, "error": {"errorCode": "112"}}]
    with pytest.raises(LocalProtocolError):
        scanner.capture_fingers(FINGERS, timeout_s=5)


def test_fewer_fingers_than_asked_is_a_retry(make_device: MakeDevice, serve: Serve, authority: Authority) -> None:
    device = make_device(BioType.FINGER, missing=(Finger.LEFT_MIDDLE,))
    scanner = SbiFingerprintScanner(client_to(serve(device.answer), authority))
    assert scanner.capture_fingers(FINGERS, timeout_s=5) == Retry(RetryReason.TOO_FEW_FINGERS, "1 of 2")


def test_fewer_entries_without_an_error_is_a_retry_too(scanner: SbiFingerprintScanner, tampering: Tampering) -> None:
    tampering.on_capture = lambda entries: entries[:1]
    assert scanner.capture_fingers(FINGERS, timeout_s=5) == Retry(RetryReason.TOO_FEW_FINGERS, "1 of 2")


def test_a_retry_does_not_move_the_chain(scanner: SbiFingerprintScanner, tampering: Tampering) -> None:
    tampering.on_capture = lambda entries: entries[:1]
    scanner.capture_fingers(FINGERS, timeout_s=5)
    tampering.on_capture = lambda entries: entries
    assert isinstance(scanner.capture_fingers(FINGERS, timeout_s=5), Capture)


@pytest.mark.parametrize(
    "fingers",
    [
        (),
        (Finger.LEFT_INDEX, Finger.LEFT_INDEX),
        (Finger.LEFT_INDEX, Finger.RIGHT_INDEX),
        (Finger.LEFT_THUMB, Finger.LEFT_INDEX),
    ],
)
def test_fingers_of_different_slaps_are_never_asked_for(
    scanner: SbiFingerprintScanner, tampering: Tampering, fingers: tuple[Finger, ...]
) -> None:
    with pytest.raises(LocalProtocolError):
        scanner.capture_fingers(fingers, timeout_s=5)
    assert not tampering.requests


@pytest.mark.parametrize(
    ("status", "state", "fault"),
    [
        ("Busy", DeviceState.BUSY, FaultCode.BUSY),
        ("Not Ready", DeviceState.NOT_READY, FaultCode.NOT_READY),
        ("Not Registered", DeviceState.NOT_REGISTERED, FaultCode.NOT_TRUSTED),
    ],
)
def test_a_device_that_is_not_ready_says_so_and_is_not_asked(
    scanner: SbiFingerprintScanner,
    tampering: Tampering,
    keys: DeviceKeys,
    status: str,
    state: DeviceState,
    fault: FaultCode,
) -> None:
    def change(entries: list[Entry]) -> list[Entry]:
        info = {**open_token(entries[0]["deviceInfo"], "deviceInfo").payload, "deviceStatus": status}
        if status != "Not Registered":
            return [{"deviceInfo": make_token(info, keys.key, keys.chain), "error": {"errorCode": "110"}}]
        return [{"deviceInfo": encode_base64url(json.dumps(info).encode()), "error": {"errorCode": "100"}}]

    tampering.on_info = change
    assert scanner.state() is state
    with pytest.raises(DeviceFault) as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert caught.value.code is fault
    assert not tampering.requests


def test_an_endpoint_with_another_kind_of_device_is_not_ready(
    make_device: MakeDevice, serve: Serve, authority: Authority
) -> None:
    camera = SbiFaceCamera(client_to(serve(make_device(BioType.IRIS).answer), authority))
    with pytest.raises(DeviceFault, match="no Face device") as caught:
        camera.state()
    assert caught.value.code is FaultCode.NOT_READY


@pytest.mark.parametrize("eyes", [(Eye.RIGHT, Eye.LEFT), (Eye.LEFT,), (Eye.RIGHT,)])
def test_eyes_come_back_in_the_order_asked(
    make_device: MakeDevice, serve: Serve, authority: Authority, eyes: tuple[Eye, ...]
) -> None:
    scanner = SbiIrisScanner(client_to(serve(make_device(BioType.IRIS).answer), authority))
    capture = scanner.capture_eyes(eyes, timeout_s=5)
    assert isinstance(capture, Capture)
    assert tuple(frame.part for frame in capture.frames) == eyes
    assert {(frame.width_px, frame.height_px, frame.ppi) for frame in capture.frames} == {(160, 120, 0)}


def test_a_face_is_one_frame_without_a_part(make_device: MakeDevice, serve: Serve, authority: Authority) -> None:
    camera = SbiFaceCamera(client_to(serve(make_device(BioType.FACE).answer), authority))
    capture = camera.capture_face(timeout_s=5)
    assert isinstance(capture, Capture)
    ((frame),) = capture.frames
    assert (frame.part, frame.width_px, frame.height_px) == (None, 120, 160)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"nonsense", b"[1]", b'[{"deviceInfo": "a.b.c"}]', b"\xff" * 99])
def test_an_unreadable_answer_is_the_devices_fault(serve: Serve, authority: Authority, body: bytes) -> None:
    scanner = SbiFingerprintScanner(client_to(serve(lambda *_: Answer(200, body)), authority))
    with pytest.raises(RemoteProtocolError):
        scanner.facts()


def test_an_http_error_is_the_devices_fault(serve: Serve, authority: Authority) -> None:
    scanner = SbiFingerprintScanner(client_to(serve(lambda *_: Answer(500, b"")), authority))
    with pytest.raises(RemoteProtocolError, match="HTTP 500"):
        scanner.facts()


def test_a_device_that_goes_away_is_a_transport_error_and_may_come_back(
    make_device: MakeDevice, serve: Serve, authority: Authority
) -> None:
    device = make_device(BioType.FINGER, "device-gone@capture=1")
    scanner = SbiFingerprintScanner(client_to(serve(device.answer), authority))
    with pytest.raises(TransportError):
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert isinstance(scanner.capture_fingers(FINGERS, timeout_s=5), Capture)


def test_discovery_lists_what_answers(make_device: MakeDevice, serve: Serve, authority: Authority) -> None:
    client = client_to(serve(make_device(BioType.IRIS).answer), authority)
    (found,) = client.discover()
    assert (found.device_id, found.status) == ("1", "Ready")


def test_an_unknown_environment_stops_the_start(authority: Authority) -> None:
    with pytest.raises(ValueError, match="environment"):
        client_to("http://127.0.0.1:4501", authority, environment="Lab")
