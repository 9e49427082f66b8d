"""Evolis commands and replies against vectors from outside, and against noise."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts.errors import LocalProtocolError, RemoteProtocolError
from drivers.printers.evolis.protocol import (
    REPLY_MAX_BYTES,
    ReplyReader,
    card_place,
    counter_in,
    encode_command,
    fault_in,
    is_level_high,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/evolis/commands.json").read_text())
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)


@pytest.mark.parametrize("vector", VECTORS["commands"], ids=lambda vector: ";".join(vector["text"]))
def test_command_is_framed_as_the_guide_says(vector: dict[str, list[str]]) -> None:
    assert encode_command(*vector["text"]).hex() == vector["bytes"]


@pytest.mark.parametrize("vector", VECTORS["faults"], ids=lambda vector: vector["reply"])
def test_reply_names_its_fault(vector: dict[str, str | None]) -> None:
    assert fault_in(str(vector["reply"])) == vector["fault"]


@pytest.mark.parametrize("vector", VECTORS["places"], ids=lambda vector: vector["reply"])
def test_reply_tells_where_the_card_is(vector: dict[str, str]) -> None:
    assert card_place(vector["reply"]) == vector["place"]


@pytest.mark.parametrize("vector", VECTORS["levels"], ids=lambda vector: vector["reply"])
def test_voltage_tells_high_from_low(vector: dict[str, str]) -> None:
    assert is_level_high(vector["reply"]) is vector["high"]


@pytest.mark.parametrize(("reply", "count"), [("152", 152), ("0", 0), ("OK", None), ("ERR RIB DETECTION", None)])
def test_counter_is_a_number_or_not_known(reply: str, count: int | None) -> None:
    assert counter_in(reply) == count


@pytest.mark.parametrize("parameter", ["", "a;b", "a\rb", "é", "\x1b"])
def test_parameter_that_would_break_the_frame_is_refused(parameter: str) -> None:
    with pytest.raises(LocalProtocolError, match="cannot be sent"):
        encode_command("Pr", parameter)


@given(texts=st.lists(TEXT, max_size=5), data=st.data())
def test_replies_come_out_whole_whatever_the_pieces(texts: list[str], data: st.DataObject) -> None:
    ends = [data.draw(st.sampled_from([b"\r\x00", b"\r"])) for _ in texts]
    stream = b"".join(text.encode() + end for text, end in zip(texts, ends, strict=True))
    reader, replies, at = ReplyReader(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, len(stream)))
        replies += reader.receive(stream[at : at + step])
        at += step
    reader.end()
    assert replies == texts


@given(pieces=st.lists(st.binary(max_size=2000), max_size=5))
def test_noise_is_refused_with_one_error_and_kept_bounded(pieces: list[bytes]) -> None:
    reader = ReplyReader()
    with contextlib.suppress(RemoteProtocolError):
        for piece in pieces:
            assert all(reply.isascii() and len(reply) <= REPLY_MAX_BYTES for reply in reader.receive(piece))
        reader.end()


def test_reply_without_its_end_is_cut_off() -> None:
    reader = ReplyReader()
    assert reader.receive(b"CARD J") == []
    with pytest.raises(RemoteProtocolError, match="cut off"):
        reader.end()


def test_endless_reply_is_refused_before_it_fills_memory() -> None:
    with pytest.raises(RemoteProtocolError, match="no end"):
        ReplyReader().receive(b"A" * (REPLY_MAX_BYTES + 1))
