"""Authentication and secure messaging agree with ICAO's worked example on both sides, and refuse every changed byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode
from hypothesis import given
from hypothesis import strategies as st

from drivers.iso7816 import mutual_authentication as mutual
from drivers.iso7816 import triple_des
from drivers.iso7816.apdu import Command
from drivers.iso7816.key_diversification import BadKey, chip_key
from drivers.iso7816.secure_messaging import SecureMessaging, SecureMessagingError

_FILE = Path(__file__).parents[2] / "vectors" / "iso7816" / "icao_9303_11_d.json"
ICAO: dict[str, Any] = json.loads(_FILE.read_text())


def _hex(name: str) -> bytes:
    return bytes.fromhex(ICAO[name])


def _session() -> SecureMessaging:
    return SecureMessaging(_hex("session_encryption_key"), _hex("session_mac_key"), _hex("counter"))


def test_keys_are_derived_as_icao_derives_them() -> None:
    assert triple_des.derive_keys(_hex("seed")) == (_hex("encryption_key"), _hex("mac_key"))


def test_the_terminal_makes_icaos_token() -> None:
    nonces = mutual.Nonces(_hex("terminal_nonce"), _hex("terminal_keying"), _hex("chip_nonce"))
    assert mutual.token(_hex("seed"), nonces) == _hex("token")


def test_the_chip_opens_icaos_token_and_makes_icaos_answer() -> None:
    opened = mutual.open_token(_hex("seed"), _hex("token"), _hex("chip_nonce"))
    assert opened == (_hex("terminal_nonce"), _hex("terminal_keying"))
    nonces = mutual.Nonces(_hex("chip_nonce"), _hex("chip_keying"), _hex("terminal_nonce"))
    assert mutual.token(_hex("seed"), nonces) == _hex("answer")


def test_the_session_that_follows_is_icaos() -> None:
    nonces = mutual.Nonces(_hex("terminal_nonce"), _hex("terminal_keying"), _hex("chip_nonce"))
    session = mutual.confirm(_hex("seed"), _hex("answer"), nonces)
    first = ICAO["exchanges"][0]
    assert session.wrap_command(bytes.fromhex(first["plain"])) == bytes.fromhex(first["wrapped"])


def test_the_terminals_side_of_icaos_exchanges() -> None:
    session = _session()
    for row in ICAO["exchanges"]:
        assert session.wrap_command(bytes.fromhex(row["plain"])).hex().upper() == row["wrapped"]
        assert session.unwrap_response(bytes.fromhex(row["answer"])).hex().upper() == row["opened"]


def test_the_chips_side_of_icaos_exchanges() -> None:
    session = _session()
    for row in ICAO["exchanges"]:
        assert session.unwrap_command(bytes.fromhex(row["wrapped"])).hex().upper() == row["plain"]
        assert session.wrap_response(bytes.fromhex(row["opened"])).hex().upper() == row["answer"]


@pytest.mark.parametrize("at", range(len(ICAO["exchanges"][1]["answer"]) // 2))
def test_any_changed_byte_of_an_answer_is_refused(at: int) -> None:
    session = _session()
    first, second = ICAO["exchanges"][:2]
    session.wrap_command(bytes.fromhex(first["plain"]))
    session.unwrap_response(bytes.fromhex(first["answer"]))
    session.wrap_command(bytes.fromhex(second["plain"]))
    changed = bytearray.fromhex(second["answer"])
    changed[at] ^= 0x01
    with pytest.raises(SecureMessagingError):
        session.unwrap_response(bytes(changed))


@pytest.mark.parametrize("at", range(len(ICAO["exchanges"][0]["wrapped"]) // 2 - 1))
def test_any_changed_byte_of_a_command_is_refused_by_the_chip(at: int) -> None:
    # All but the outer Le, which no MAC covers and which says nothing.
    changed = bytearray.fromhex(ICAO["exchanges"][0]["wrapped"])
    changed[at] ^= 0x01
    with pytest.raises(SecureMessagingError):
        _session().unwrap_command(bytes(changed))


def test_a_message_heard_twice_is_refused() -> None:
    session, row = _session(), ICAO["exchanges"][0]
    session.unwrap_command(bytes.fromhex(row["wrapped"]))
    session.wrap_response(bytes.fromhex(row["opened"]))
    with pytest.raises(SecureMessagingError, match="MAC"):
        session.unwrap_command(bytes.fromhex(row["wrapped"]))


@pytest.mark.parametrize("at", range(mutual.TOKEN_BYTES))
def test_any_changed_byte_of_a_token_is_refused(at: int) -> None:
    changed = bytearray(_hex("token"))
    changed[at] ^= 0x80
    with pytest.raises(SecureMessagingError):
        mutual.open_token(_hex("seed"), bytes(changed), _hex("chip_nonce"))


def test_a_token_for_another_challenge_is_refused() -> None:
    with pytest.raises(SecureMessagingError, match="challenge"):
        mutual.open_token(_hex("seed"), _hex("token"), bytes(8))


@given(st.binary(max_size=239), st.none() | st.integers(1, 256), st.sampled_from([0xB0, 0xD6, 0xA4]))
def test_what_one_side_wraps_the_other_unwraps(data: bytes, le: int | None, ins: int) -> None:
    command = Command(0, ins, 1, 2, data, le).encode()
    assert _session().unwrap_command(_session().wrap_command(command)) == command
    assert len(_session().wrap_command(command)) <= 4 + 1 + 255 + 1


@given(st.binary(min_size=240, max_size=4_000), st.none() | st.integers(1, 65_536))
def test_long_commands_travel_in_extended_form(data: bytes, le: int | None) -> None:
    command = Command(0, 0xD6, 0, 0, data, le).encode()
    assert _session().unwrap_command(_session().wrap_command(command)) == command


@given(st.binary(max_size=120))
def test_any_bytes_are_refused_with_one_error(raw: bytes) -> None:
    for refuse in (_session().unwrap_command, _session().unwrap_response):
        with pytest.raises(SecureMessagingError):
            refuse(raw)


@given(st.binary(min_size=24, max_size=24), st.binary(min_size=8, max_size=8))
def test_a_chips_key_is_that_of_sp_800_108(master: bytes, identifier: bytes) -> None:
    try:
        ours = chip_key(master, identifier)
    except BadKey:
        return
    theirs = KBKDFCMAC(
        TripleDES, Mode.CounterMode, 16, 4, 4, CounterLocation.BeforeFixed, b"KTP-EL CHIP KEY", identifier, None
    )
    assert ours == theirs.derive(master)


@pytest.mark.parametrize(
    "key",
    [b"", bytes(23), b"8 bytes." * 3, b"8 bytes." * 2 + b"other 8.", bytes(8) + b"\x01" * 8 + b"8 bytes."],
    ids=["none", "short", "one key", "two keys", "parity"],
)
def test_a_master_key_that_is_weaker_than_it_looks_is_refused(key: bytes) -> None:
    with pytest.raises(BadKey) as refusal:
        chip_key(key, bytes(8))
    assert "8 bytes." not in str(refusal.value)
