"""vpcd's wire: messages come out whole however the bytes are cut, and noise is refused with one error."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chips.ktp_el.simulator import ChipTorn, KtpElChip
from drivers.readers.vpcd.protocol import Control, Deframer, VpcdError, control, frame
from drivers.readers.vpcd.simulator import VpcdCard

RECORDED = Path(__file__).parents[2] / "vectors" / "vpcd" / "libifdvpcd_0_8.json"


@given(st.lists(st.binary(min_size=1, max_size=400), max_size=5), st.lists(st.integers(1, 50), min_size=1))
def test_messages_come_out_whole_however_they_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    wire, deframer, found = b"".join(frame(body) for body in bodies), Deframer(), []
    at = turn = 0
    while at < len(wire):
        size = cuts[turn % len(cuts)]
        found += deframer.receive(wire[at : at + size])
        at, turn = at + size, turn + 1
    assert found == bodies


@given(st.binary(max_size=2_000))
def test_any_bytes_are_messages_or_refused(noise: bytes) -> None:
    deframer = Deframer()
    try:
        bodies = deframer.receive(noise)
    except VpcdError:
        with pytest.raises(VpcdError, match="broken before"):
            deframer.receive(b"")
    else:
        assert noise.startswith(b"".join(frame(body) for body in bodies))


def test_messages_that_cannot_travel_are_refused() -> None:
    for body in (b"", bytes(65_536)):
        with pytest.raises(VpcdError):
            frame(body)
    assert len(frame(bytes(65_535))) == 65_537


def test_a_card_answers_vsmartcards_own_reader_as_recorded() -> None:
    card = VpcdCard(KtpElChip(bytes.fromhex("8004000000000001")))
    heard = said = b""
    for who, message in json.loads(RECORDED.read_text()):
        if who == "reader":
            heard += card.receive(bytes.fromhex(message))
        else:
            said += bytes.fromhex(message)
    assert heard == said


def test_controls_are_framed_as_vsmartcards_own_reader_frames_them() -> None:
    recorded = {bytes.fromhex(message) for who, message in json.loads(RECORDED.read_text()) if who == "reader"}
    assert {control(what) for what in Control} | {frame(bytes.fromhex("FFCA000000"))} == recorded


def test_a_card_answers_only_the_atr_among_the_controls() -> None:
    chip = KtpElChip(bytes(8))
    card = VpcdCard(chip)
    assert [card.receive(control(what)) for what in (Control.POWER_ON, Control.RESET, Control.POWER_OFF)] == [b""] * 3
    assert card.receive(control(Control.GET_ATR)) == frame(chip.atr)


@pytest.mark.parametrize("noise", [b"\x00\x01\x03", b"\x00\x02\x00\x84", b"\x00\x00"])
def test_a_card_refuses_what_no_reader_sends(noise: bytes) -> None:
    with pytest.raises(VpcdError):
        VpcdCard(KtpElChip(bytes(8))).receive(noise)


@given(st.binary(max_size=300))
def test_no_bytes_from_a_reader_break_a_card(noise: bytes) -> None:
    card = VpcdCard(KtpElChip(bytes(8)))
    card.receive(control(Control.POWER_ON))
    # Noise may also be a control that takes the chip's power, and then a command.
    with contextlib.suppress(VpcdError, ChipTorn):
        assert card.receive(frame(b"\x00\xa4\x00\x00\x02\x7f\x0a") + noise).startswith(frame(b"\x90\x00"))
