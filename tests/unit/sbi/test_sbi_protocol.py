"""Requests follow the compliance toolkit's rules, answers are read or refused, and the hash chain is MOSIP's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.sbi import protocol
from drivers.scanners.sbi.names import EYE_NAMES, FINGER_NAMES, BioType
from drivers.scanners.sbi.protocol import BadReply, CaptureOrder, Verb

from .tampering import NOW

VECTORS = Path(__file__).parents[2] / "vectors" / "sbi"
RULES = json.loads((VECTORS / "capture_rules.json").read_text())
CHAIN = [line.split() for line in (VECTORS / "hash_chain.txt").read_text().splitlines() if not line.startswith("#")]


def order(kind: BioType, parts: tuple[str, ...], sub_id: str) -> CaptureOrder:
    return CaptureOrder(kind, "Developer", "abcd-1234", "1", sub_id, parts, (), 9000, 40, protocol.FIRST_HASH)


ORDERS = [
    order(BioType.FINGER, ("Left IndexFinger", "Left LittleFinger"), "1"),
    order(BioType.FINGER, ("Right RingFinger",), "2"),
    order(BioType.FINGER, ("Right Thumb", "Left Thumb"), "3"),
    order(BioType.IRIS, ("Right",), "2"),
    order(BioType.IRIS, ("Left", "Right"), "3"),
    order(BioType.FACE, (), "0"),
]


@pytest.mark.parametrize("order", ORDERS)
def test_a_capture_request_follows_the_toolkits_rules(order: CaptureOrder) -> None:
    request = json.loads(protocol.capture_request(order, NOW))
    (bio,) = request["bio"]
    for field, pattern in RULES["request"].items():
        assert re.search(pattern, request[field]), field
    for field, pattern in RULES["bio"].items():
        assert re.search(pattern, bio[field]), field
    pattern = RULES["parts"][f"{bio['type']} {bio['deviceSubId']}"]
    assert all(re.search(pattern, part) for part in bio["bioSubType"])
    assert bio["count"] == str(len(bio["bioSubType"]) or 1)


def test_every_finger_and_eye_has_the_specifications_name() -> None:
    assert all(re.search(RULES["bioSubType"]["Finger"], name) for name in FINGER_NAMES.values())
    assert all(re.search(RULES["bioSubType"]["Iris"], name) for name in EYE_NAMES.values())
    assert len(set(FINGER_NAMES.values())) == 10


def test_each_verb_has_its_path() -> None:
    assert [(verb, verb.path) for verb in Verb] == [
        ("MOSIPDISC", "/device"),
        ("MOSIPDINFO", "/info"),
        ("RCAPTURE", "/capture"),
    ]


def test_the_chain_is_the_one_that_openssl_computes() -> None:
    (_, chained), *links = CHAIN
    assert chained == protocol.FIRST_HASH
    for record, expected in links:
        chained = protocol.next_hash(chained, bytes.fromhex(record))
        assert chained == expected


@pytest.mark.parametrize("previous", ["", "00", "G" * 64, "0" * 63, "0" * 65, "٠" * 64])
def test_a_previous_hash_that_is_none_is_refused(previous: str) -> None:
    with pytest.raises(BadReply):
        protocol.next_hash(previous, b"x")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("abcd", True),
        ("a-1" * 16 + "ab", True),
        ("abc", False),
        ("a" * 51, False),
        ("ab cd", False),
        ("abcd\n", False),
        ("äbcd", False),
        (None, False),
    ],
)
def test_transaction_ids_are_four_to_fifty_letters_digits_and_hyphens(text: object, good: bool) -> None:
    assert protocol.is_transaction(text) is good


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.sampled_from(
        ["biometrics", "error", "errorCode", "errorInfo", "data", "hash", "deviceInfo", "deviceId", "specVersion"]
    ), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
READERS = [protocol.read_capture, protocol.read_info, protocol.read_discovery]


@pytest.mark.parametrize("read", READERS)
@given(body=st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_read_or_refused(read: object, body: bytes) -> None:
    try:
        read(body)  # type: ignore[operator]
    except BadReply:
        return


@pytest.mark.parametrize("read", READERS)
def test_a_deeply_nested_answer_is_refused(read: object) -> None:
    with pytest.raises(BadReply):
        read(b"[" * 200_000)  # type: ignore[operator]


def test_an_answer_of_too_many_elements_is_refused() -> None:
    body = json.dumps({"biometrics": [{"error": {"errorCode": "101"}}] * 17}).encode()
    with pytest.raises(BadReply, match="array"):
        protocol.read_capture(body)


@pytest.mark.parametrize("code", ["101", 101, "0101"])
def test_an_error_code_is_read_as_number_or_text(code: object) -> None:
    body = json.dumps({"biometrics": [{"error": {"errorCode": code, "errorInfo": "x\x00y"}}]}).encode()
    (entry,) = protocol.read_capture(body)
    assert (entry.error_code, entry.error_text, entry.is_success) == ("101", "xy", False)


def test_an_error_without_biometrics_is_read_too() -> None:
    (entry,) = protocol.read_capture(b'{"error": {"errorCode": "202", "errorInfo": "No Device Connected."}}')
    assert entry.error_code == "202"


def test_a_success_without_data_is_refused() -> None:
    with pytest.raises(BadReply, match="data"):
        protocol.read_capture(b'{"biometrics": [{"error": {"errorCode": "0"}}]}')


def test_an_entry_shows_nothing_of_the_biometric_when_printed() -> None:
    (entry,) = protocol.read_capture(b'{"biometrics": [{"data": "SECRET", "hash": "H"}]}')
    assert "SECRET" not in repr(entry)
