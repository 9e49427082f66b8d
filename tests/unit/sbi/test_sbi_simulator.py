"""The simulated device answers as the compliance toolkit demands, and never takes the same picture twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts.parts import Eye, Finger
from drivers.iso19794 import face_image, finger_image, iris_image, pictures
from drivers.iso19794.record import BadRecord
from drivers.scanners.sbi import protocol
from drivers.scanners.sbi.names import BioType
from drivers.scanners.sbi.protocol import CaptureOrder, Verb
from drivers.scanners.sbi.signed_token import WrongSignature, decode_base64url, open_token, read_unsigned
from drivers.scanners.sbi.simulator import SbiDevice

from .tampering import NOW

RULES = json.loads((Path(__file__).parents[2] / "vectors" / "sbi" / "capture_rules.json").read_text())
PARTS = {
    BioType.FINGER: (("Right IndexFinger", "Right LittleFinger"), "2"),
    BioType.IRIS: (("Right", "Left"), "3"),
    BioType.FACE: ((), "0"),
}
MakeDevice = Callable[..., SbiDevice]


def order(kind: BioType, transaction: str = "abcd-1234") -> CaptureOrder:
    parts, sub_id = PARTS[kind]
    return CaptureOrder(kind, "Developer", transaction, "1", sub_id, parts, (), 9000, 40, protocol.FIRST_HASH)


def captured(device: SbiDevice) -> list[dict[str, Any]]:
    answer = device.answer(Verb.CAPTURE, "/capture", protocol.capture_request(order(device.kind), NOW))
    assert answer is not None
    assert answer.status == 200
    entries: list[dict[str, Any]] = json.loads(answer.body)["biometrics"]
    return entries


def records(device: SbiDevice) -> list[bytes]:
    entries = captured(device)
    return [decode_base64url(open_token(entry["data"], "data").payload["bioValue"], "bioValue") for entry in entries]


def obey(rules: Mapping[str, str], value: Mapping[str, Any]) -> None:
    for field, pattern in rules.items():
        assert re.search(pattern, value[field]), field


@pytest.mark.parametrize("kind", BioType)
def test_a_capture_follows_the_toolkits_rules(make_device: MakeDevice, kind: BioType) -> None:
    for entry in captured(make_device(kind)):
        obey(RULES["entry"], entry)
        obey(RULES["success"], entry["error"])
        data = open_token(entry["data"], "data").payload
        obey(RULES["data"], data)
        obey(RULES["digitalId"], open_token(data["digitalId"], "digitalId").payload)
        if kind is BioType.FACE:
            assert "bioSubType" not in data
        else:
            assert re.search(RULES["bioSubType"][kind], data["bioSubType"])


@pytest.mark.parametrize("kind", BioType)
def test_device_info_follows_the_toolkits_rules(make_device: MakeDevice, kind: BioType) -> None:
    answer = make_device(kind).answer(Verb.INFO, "/info", b"")
    assert answer is not None
    (entry,) = json.loads(answer.body)
    assert set(entry) == {"deviceInfo", "error"}
    info = open_token(entry["deviceInfo"], "deviceInfo").payload
    obey(RULES["deviceInfo"], info)
    obey(RULES["digitalId"], open_token(info["digitalId"], "digitalId").payload)
    assert info["specVersion"] == ["0.9.5"]
    assert set(info) == set(RULES["deviceInfo"]) | {"specVersion", "deviceSubId"}


@pytest.mark.parametrize("kind", BioType)
def test_discovery_follows_the_toolkits_rules_and_signs_nothing(make_device: MakeDevice, kind: BioType) -> None:
    answer = make_device(kind).answer(Verb.DISCOVER, "/device", protocol.discovery_request(kind))
    assert answer is not None
    (entry,) = json.loads(answer.body)
    obey(RULES["discovery"], entry)
    obey(RULES["success"], entry["error"])
    assert "." not in entry["digitalId"]
    obey(RULES["digitalId"], read_unsigned(entry["digitalId"], "digitalId"))


def test_a_device_of_another_kind_does_not_answer_discovery(make_device: MakeDevice) -> None:
    answer = make_device(BioType.IRIS).answer(Verb.DISCOVER, "/device", protocol.discovery_request(BioType.FACE))
    assert answer is not None
    assert json.loads(answer.body) == []


def test_records_hold_the_part_that_was_asked_and_a_whole_lossless_picture(make_device: MakeDevice) -> None:
    (index, little) = (finger_image.decode(each).images[0] for each in records(make_device(BioType.FINGER)))
    assert (index.finger, little.finger) == (Finger.RIGHT_INDEX, Finger.RIGHT_LITTLE)
    assert (index.ppi, index.compression) == (500, finger_image.Compression.JPEG2000_LOSSLESS)
    assert index.provenance.captured_at == NOW
    (right, left) = (iris_image.decode(each).images[0] for each in records(make_device(BioType.IRIS)))
    assert (right.eye, left.eye) == (Eye.RIGHT, Eye.LEFT)
    (face,) = (face_image.decode(each).images[0] for each in records(make_device(BioType.FACE)))
    for image in (index, right, face):
        pictures.check(image.image, "jpeg2000", image.width_px, image.height_px)


@pytest.mark.parametrize("kind", BioType)
def test_two_captures_of_the_same_part_are_different_pictures(make_device: MakeDevice, kind: BioType) -> None:
    device = make_device(kind)
    assert not set(records(device)) & set(records(device))


@pytest.mark.parametrize("kind", BioType)
def test_the_same_sequence_of_captures_gives_the_same_pictures(make_device: MakeDevice, kind: BioType) -> None:
    one, other = make_device(kind), make_device(kind)
    assert [records(one) for _ in range(3)] == [records(other) for _ in range(3)]


def test_a_person_who_comes_back_continues_where_they_stopped(
    make_device: MakeDevice, draw_person: Callable[..., Any]
) -> None:
    device = make_device(BioType.FACE)
    first = records(device)
    device.stand("2", draw_person())
    records(device)
    device.stand("1", draw_person())
    assert records(device) != first


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"transactionId": "abc"}, "112"),
        ({"transactionId": "ab_cd"}, "112"),
        ({"env": "Production"}, "500"),
        ({"purpose": "Auth"}, "500"),
        ({"bio": []}, "500"),
        ({"bio": [{"type": "Iris"}]}, "500"),
    ],
)
def test_a_request_that_breaks_the_rules_is_answered_with_an_error(
    make_device: MakeDevice, change: dict[str, Any], code: str
) -> None:
    request = {**json.loads(protocol.capture_request(order(BioType.FINGER), NOW)), **change}
    answer = make_device(BioType.FINGER).answer(Verb.CAPTURE, "/capture", json.dumps(request).encode())
    assert answer is not None
    (entry,) = json.loads(answer.body)["biometrics"]
    obey(RULES["failure"], entry["error"])
    assert entry["error"]["errorCode"] == code
    assert entry["data"] is None


@given(verb=st.sampled_from(["MOSIPDISC", "MOSIPDINFO", "RCAPTURE", "CAPTURE", "GET"]), body=st.binary(max_size=60))
def test_any_request_is_answered(keys: Any, verb: str, body: bytes) -> None:
    device = SbiDevice(BioType.FACE, keys, clock=lambda: NOW, faults=_NoFaults())
    path = Verb(verb).path if verb in tuple(Verb) else "/capture"
    answer = device.answer(verb, path, body)
    assert answer is not None
    assert answer.status == (200 if verb in tuple(Verb) else 404)


class _NoFaults:
    def fires(self, name: str, unit: str, n: int) -> bool:
        return False


def test_a_missing_finger_is_an_error_of_its_own(make_device: MakeDevice) -> None:
    present, absent = captured(make_device(BioType.FINGER, missing=(Finger.RIGHT_LITTLE,)))
    assert present["error"]["errorCode"] == "0"
    assert absent["error"]["errorCode"] == "101"


def test_an_empty_device_detects_nothing(make_device: MakeDevice) -> None:
    device = make_device(BioType.IRIS)
    device.leave()
    (entry,) = captured(device)
    assert entry["error"]["errorCode"] == "101"


def test_a_poor_finger_has_a_poor_score_and_the_next_is_good_again(make_device: MakeDevice) -> None:
    device = make_device(BioType.FINGER, "poor-finger@capture=1")
    scores = [
        [int(open_token(entry["data"], "data").payload["qualityScore"]) for entry in captured(device)] for _ in range(2)
    ]
    assert max(scores[0]) < min(scores[1]) / 2


def test_a_forged_capture_has_a_signature_that_does_not_fit(make_device: MakeDevice) -> None:
    for entry in captured(make_device(BioType.FINGER, "bad-signature@capture=1")):
        with pytest.raises(WrongSignature):
            open_token(entry["data"], "data")


def test_a_corrupt_picture_is_cut_inside_a_record_that_is_whole(make_device: MakeDevice) -> None:
    for each in records(make_device(BioType.FINGER, "corrupt-image@capture=1")):
        (image,) = finger_image.decode(each).images
        with pytest.raises(BadRecord, match="no whole"):
            pictures.check(image.image, "jpeg2000", image.width_px, image.height_px)


def test_a_device_that_is_gone_says_nothing(make_device: MakeDevice) -> None:
    device = make_device(BioType.FINGER, "device-gone@capture=1")
    request = protocol.capture_request(order(BioType.FINGER), NOW)
    assert device.answer(Verb.CAPTURE, "/capture", request) is None
    assert device.answer(Verb.CAPTURE, "/capture", request) is not None
