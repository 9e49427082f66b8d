"""BER-TLV: any bytes are objects or refused with one error; what is written is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.iso7816 import tlv
from drivers.iso7816.tlv import Tlv, TlvError, decode, encode

_tags = st.sampled_from([0x01, 0x53, 0x61, 0x87, 0x8E, 0x7F49, 0x5F2E, 0x5F8101])


@given(st.lists(st.builds(Tlv, _tags, st.binary(max_size=300)), max_size=8))
def test_objects_are_read_back_as_they_were_written(objects: list[Tlv]) -> None:
    assert decode(b"".join(item.encode() for item in objects)) == tuple(objects)


@given(st.binary(max_size=200))
def test_any_bytes_are_objects_or_refused(raw: bytes) -> None:
    try:
        objects = decode(raw)
    except TlvError:
        return
    assert decode(b"".join(item.encode() for item in objects)) == objects


@pytest.mark.parametrize(
    ("length", "head"), [(0, "8700"), (0x7F, "877F"), (0x80, "878180"), (0xFF, "8781FF"), (0x100, "87820100")]
)
def test_the_shortest_length_form_is_written(length: int, head: str) -> None:
    assert encode(0x87, bytes(length)).hex().upper().startswith(head)


@pytest.mark.parametrize(
    "raw", ["87", "8780", "878105", "8705AA", "5F", "5FFFFFFF01", "0000", "8785000000000100", "5F8001"]
)
def test_objects_that_do_not_end_are_refused(raw: str) -> None:
    with pytest.raises(TlvError):
        decode(bytes.fromhex(raw))


def test_only_constructed_objects_have_children() -> None:
    outer = Tlv(0x61, encode(0x4F, b"\x7f\x0a") + encode(0x50, b"x"))
    assert [child.tag for child in outer.children()] == [0x4F, 0x50]
    with pytest.raises(TlvError, match="primitive"):
        Tlv(0x87, b"").children()


def test_more_than_fits_is_refused() -> None:
    with pytest.raises(TlvError, match="bytes"):
        decode(bytes(tlv.INPUT_MAX_BYTES + 1))
    with pytest.raises(TlvError, match="objects"):
        decode(b"\x01\x00" * (tlv.OBJECTS_MAX + 1))


@pytest.mark.parametrize("tag", [0, 0x5F, 0x8701, 0x5F810181, 1 << 24])
def test_a_number_that_is_no_tag_is_refused(tag: int) -> None:
    with pytest.raises(TlvError):
        encode(tag, b"")
