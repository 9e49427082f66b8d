"""Any bytes are an APDU or refused with one error, and an APDU survives its own encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.iso7816.apdu import ApduError, Command, Response

_byte = st.integers(0, 255)
_commands = st.builds(
    Command, _byte, _byte, _byte, _byte, st.binary(max_size=300), st.none() | st.integers(1, 65_536)
)


@pytest.mark.parametrize(
    ("raw", "data", "le"),
    [
        ("00840000", "", None),
        ("0084000008", "", 8),
        ("00B0000000", "", 256),
        ("00A40000027F0A", "7F0A", None),
        ("00A40000027F0A00", "7F0A", 256),
        ("00B00000000000", "", 65_536),
        ("00B00000000101", "", 257),
        ("00D6000000000101", "01", None),
        ("00D60000000001010000", "01", 65_536),
    ],
)
def test_each_case_of_the_standard_is_read(raw: str, data: str, le: int | None) -> None:
    command = Command.parse(bytes.fromhex(raw))
    assert (command.data.hex().upper(), command.le) == (data, le)


@pytest.mark.parametrize(
    "raw", ["", "00B000", "00D6000003AABB", "00D6000001AABBCC", "00D600000000", "00D60000000000AA"]
)
def test_lengths_that_contradict_each_other_are_refused(raw: str) -> None:
    with pytest.raises(ApduError, match="command"):
        Command.parse(bytes.fromhex(raw))


@given(_commands)
def test_a_command_is_read_back_as_it_was_written(command: Command) -> None:
    assert Command.parse(command.encode()) == command


@given(st.binary(max_size=600))
def test_any_bytes_are_a_command_or_refused(raw: bytes) -> None:
    try:
        command = Command.parse(raw)
    except ApduError:
        return
    assert Command.parse(command.encode()) == command


@given(st.binary(max_size=300))
def test_any_bytes_are_a_response_or_refused(raw: bytes) -> None:
    if len(raw) < 2:
        with pytest.raises(ApduError):
            Response.parse(raw)
    else:
        assert Response.parse(raw).encode() == raw


def test_contents_never_show_in_a_repr() -> None:
    secret = b"3171234567890123"
    shown = repr(Command(0, 0xD6, 0, 0, secret)) + repr(Response(secret, 0x9000))
    assert secret.decode() not in shown
    assert secret.hex() not in shown


def test_impossible_values_are_refused_before_they_travel() -> None:
    for make in (
        lambda: Command(256, 0, 0, 0),
        lambda: Command(0, 0, 0, 0, bytes(65_536)),
        lambda: Command(0, 0, 0, 0, le=0),
        lambda: Response(b"", 0x10000),
    ):
        with pytest.raises(ApduError):
            make()
