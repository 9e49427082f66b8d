"""Whatever a device answers over HTTP, the station believes only evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drivers.contracts.capture import Capture
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, RemoteProtocolError
from drivers.scanners.sbi import protocol
from drivers.scanners.sbi.client import SbiClient
from drivers.scanners.sbi.driver import SbiFingerprintScanner
from drivers.scanners.sbi.names import BioType
from drivers.scanners.sbi.signed_token import decode_base64url, encode_base64url, make_token, open_token
from drivers.scanners.sbi.simulator_keys import Authority, DeviceKeys

from .tampering import FINGERS, NOW, Entry, MakeDevice, Serve, Tampering, client_to, resigned


def assert_not_trusted(caught: pytest.ExceptionInfo[DeviceFault]) -> None:
    assert caught.value.code is FaultCode.NOT_TRUSTED
    assert caught.value.card is CardFate.UNTOUCHED


def test_a_forged_signature_is_not_trusted(make_device: MakeDevice, serve: Serve, authority: Authority) -> None:
    device = make_device(BioType.FINGER, "bad-signature@capture=1")
    for allow in (False, True):  # no setting makes a wrong signature right
        device = make_device(BioType.FINGER, "bad-signature@capture=1")
        scanner = SbiFingerprintScanner(client_to(serve(device.answer), authority, allow_untrusted=allow))
        with pytest.raises(DeviceFault) as caught:
            scanner.capture_fingers(FINGERS, timeout_s=5)
        assert_not_trusted(caught)


def test_a_device_of_another_authority_is_known_and_not_used(
    make_device: MakeDevice, serve: Serve, authority: Authority, strange_keys: DeviceKeys
) -> None:
    device = make_device(BioType.FINGER, signed_with=strange_keys)
    scanner = SbiFingerprintScanner(client_to(serve(device.answer), authority))
    assert scanner.facts().trusted is False
    with pytest.raises(DeviceFault) as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert_not_trusted(caught)
    assert device.captures == 0


def test_an_untrusted_device_may_be_allowed_and_says_so_in_every_capture(
    make_device: MakeDevice, serve: Serve, authority: Authority, strange_keys: DeviceKeys
) -> None:
    device = make_device(BioType.FINGER, signed_with=strange_keys)
    scanner = SbiFingerprintScanner(client_to(serve(device.answer), authority, allow_untrusted=True))
    capture = scanner.capture_fingers(FINGERS, timeout_s=5)
    assert isinstance(capture, Capture)
    assert capture.device.trusted is False


def test_an_expired_certificate_is_not_trusted(make_device: MakeDevice, serve: Serve, authority: Authority) -> None:
    endpoint = serve(make_device(BioType.FINGER).answer)
    client = SbiClient(endpoint, (authority.certificate,), clock=lambda: NOW + timedelta(days=31))
    assert SbiFingerprintScanner(client).facts().trusted is False


def test_a_replayed_capture_is_not_trusted(scanner: SbiFingerprintScanner, tampering: Tampering) -> None:
    kept: list[Entry] = []
    tampering.on_capture = lambda entries: kept.extend(entries) or entries  # type: ignore[func-returns-value]
    scanner.capture_fingers(FINGERS, timeout_s=5)
    tampering.on_capture = lambda _: kept
    with pytest.raises(DeviceFault, match="another request") as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert_not_trusted(caught)


@pytest.mark.parametrize("chained", ["0" * 64, "", None, protocol.FIRST_HASH])
def test_a_hash_that_does_not_continue_the_chain_is_not_trusted(
    scanner: SbiFingerprintScanner, tampering: Tampering, chained: str | None
) -> None:
    tampering.on_capture = lambda entries: [entries[0], {**entries[1], "hash": chained}]
    with pytest.raises(DeviceFault, match="chain") as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert_not_trusted(caught)


def test_entries_in_another_order_break_the_chain(scanner: SbiFingerprintScanner, tampering: Tampering) -> None:
    tampering.on_capture = lambda entries: entries[::-1]
    with pytest.raises(DeviceFault, match="chain"):
        scanner.capture_fingers(FINGERS, timeout_s=5)


def test_a_capture_by_another_key_is_not_trusted(
    scanner: SbiFingerprintScanner, tampering: Tampering, strange_keys: DeviceKeys
) -> None:
    tampering.on_capture = lambda entries: [resigned(entry, strange_keys) for entry in entries]
    with pytest.raises(DeviceFault, match="vouches") as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert_not_trusted(caught)


@pytest.mark.parametrize(
    "changes",
    [{"bioType": "Iris"}, {"purpose": "Auth"}, {"env": "Production"}, {"deviceCode": "another"}],
)
def test_an_answer_to_another_question_is_not_trusted(
    scanner: SbiFingerprintScanner, tampering: Tampering, keys: DeviceKeys, changes: dict[str, str]
) -> None:
    tampering.on_capture = lambda entries: [resigned(entry, keys, **changes) for entry in entries]
    with pytest.raises(DeviceFault) as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert_not_trusted(caught)


@pytest.mark.parametrize(
    "changes",
    [{"type": "Iris"}, {"make": "Another"}, {"model": "Another"}, {"serialNo": "Another"}],
)
def test_a_capture_by_another_device_is_not_trusted_though_one_authority_vouches_for_both(
    scanner: SbiFingerprintScanner, tampering: Tampering, keys: DeviceKeys, changes: dict[str, str]
) -> None:
    def moved(entry: Entry) -> Entry:
        own = open_token(open_token(entry["data"], "data").payload["digitalId"], "digitalId").payload
        label = {**own, **changes}
        signed = make_token(label, keys.key, keys.chain)
        return resigned(entry, keys, digitalId=signed, deviceCode=label["serialNo"])

    tampering.on_capture = lambda entries: [moved(entry) for entry in entries]
    with pytest.raises(DeviceFault, match="digitalId") as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert_not_trusted(caught)


def test_a_finger_in_anothers_place_is_refused(
    scanner: SbiFingerprintScanner, tampering: Tampering, keys: DeviceKeys
) -> None:
    def swap(entries: list[Entry]) -> list[Entry]:
        names = [open_token(entry["data"], "data").payload["bioSubType"] for entry in entries]
        return [resigned(e, keys, bioSubType=name) for e, name in zip(entries, reversed(names), strict=True)]

    tampering.on_capture = swap
    with pytest.raises(RemoteProtocolError, match="finger position"):
        scanner.capture_fingers(FINGERS, timeout_s=5)


@pytest.mark.parametrize("part", ["Right Thumb", "UNKNOWN", None, 7])
def test_a_part_that_was_not_asked_is_refused(
    scanner: SbiFingerprintScanner, tampering: Tampering, keys: DeviceKeys, part: object
) -> None:
    tampering.on_capture = lambda entries: [resigned(entry, keys, bioSubType=part) for entry in entries]
    with pytest.raises(RemoteProtocolError, match="bioSubType"):
        scanner.capture_fingers(FINGERS, timeout_s=5)


def test_a_record_that_is_none_is_refused_without_showing_it(
    scanner: SbiFingerprintScanner, tampering: Tampering, keys: DeviceKeys
) -> None:
    def spoil(entries: list[Entry]) -> list[Entry]:
        previous, spoilt = protocol.FIRST_HASH, []
        for entry in entries:
            record = decode_base64url(open_token(entry["data"], "data").payload["bioValue"], "bioValue")[:-1]
            previous = protocol.next_hash(previous, record)
            spoilt.append({**resigned(entry, keys, bioValue=encode_base64url(record)), "hash": previous})
        return spoilt

    tampering.on_capture = spoil
    with pytest.raises(RemoteProtocolError, match="length of record") as caught:
        scanner.capture_fingers(FINGERS, timeout_s=5)
    assert caught.value.raw == b""
