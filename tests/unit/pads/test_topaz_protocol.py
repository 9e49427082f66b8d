"""Topaz packets: as publicly described, whole or in pieces, between any other bytes."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contracts.signature_pad import PenPoint
from drivers.pads.topaz.protocol import (
    POINTS_MAX,
    SIGLITE_LCD_1X5,
    PacketDecoder,
    Position,
    Pressure,
    SignatureDecoder,
)
from drivers.pads.topaz.simulator import TopazSimulator

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/topaz/packets.json").read_text())
DOWN, NEAR, GONE = bytes.fromhex("c11003 5e05"), bytes.fromhex("c01003 5e05"), bytes.fromhex("800000 0000")
STEP_MM = 25.4 / 410


def said(vector: dict[str, Any]) -> list[Position | Pressure]:
    says = vector["says"]
    if says is None:
        return []
    return [Pressure(says["pressure"] / 1023) if "pressure" in says else Position(**says)]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["hex"])
def test_a_packet_says_what_the_description_says(vector: dict[str, Any]) -> None:
    decoder = PacketDecoder()
    assert decoder.feed(bytes.fromhex(vector["hex"])) == said(vector)
    assert decoder.skipped_bytes == (0 if vector["says"] else 5)


def test_a_broken_packet_costs_only_itself() -> None:
    decoder = PacketDecoder()
    packets = decoder.feed(DOWN[:3] + DOWN + b"\x01\x02\x03" + NEAR)
    assert [packet.touches for packet in packets if isinstance(packet, Position)] == [True, False]
    assert decoder.skipped_bytes == 6


@given(st.lists(st.sampled_from([DOWN, NEAR, GONE, b"\x05", b"\xff", b"\xc1\x00"]), max_size=30), st.data())
@settings(deadline=None)
def test_pieces_make_no_difference(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, pieced = PacketDecoder(), PacketDecoder()
    assert whole.feed(stream) == [packet for piece in pieces for packet in pieced.feed(piece)]
    assert whole.skipped_bytes == pieced.skipped_bytes


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_no_bytes_are_an_error_and_every_byte_is_used_skipped_or_held(noise: bytes) -> None:
    decoder = PacketDecoder()
    used = 5 * len(decoder.feed(noise))
    assert 0 <= len(noise) - used - decoder.skipped_bytes <= 4


def test_a_lifted_pen_ends_the_stroke_and_hovering_takes_time() -> None:
    decoder = SignatureDecoder(SIGLITE_LCD_1X5)
    decoder.feed(NEAR * 3 + DOWN * 2 + NEAR * 4 + DOWN + GONE)
    assert [[point.t_ms for point in stroke] for stroke in decoder.strokes] == [[0, 10], [60]]


def test_corners_of_the_raw_range_are_corners_of_the_area_in_millimetres() -> None:
    decoder = SignatureDecoder(SIGLITE_LCD_1X5)
    decoder.feed(bytes.fromhex("c110035e02 c160121a08"))  # 400, 350 and 2400, 1050
    ((first, last),) = decoder.strokes
    assert (first.x_mm, first.y_mm) == (0, 0)
    assert (last.x_mm, last.y_mm) == pytest.approx((123.902, 43.366), abs=1e-3)


def test_a_pen_outside_the_area_is_held_at_its_edge() -> None:
    decoder = SignatureDecoder(SIGLITE_LCD_1X5)
    decoder.feed(bytes.fromhex("c100000000"))
    assert decoder.strokes[0][0].x_mm == 0


def test_pressure_holds_until_the_next_and_is_none_where_the_pad_has_none() -> None:
    decoder = SignatureDecoder(SIGLITE_LCD_1X5)
    decoder.feed(DOWN + bytes.fromhex("dc00007f07") + DOWN * 2)
    assert [point.pressure for point in decoder.strokes[0]] == [None, 1.0, 1.0]


def test_points_beyond_the_limit_are_not_kept() -> None:
    decoder = SignatureDecoder(SIGLITE_LCD_1X5)
    decoder.feed(DOWN * (POINTS_MAX + 500))
    assert decoder.is_full
    assert sum(map(len, decoder.strokes)) == POINTS_MAX


def test_the_simulators_first_packet_is_the_described_one() -> None:
    point = PenPoint(0.0, 384 * STEP_MM, 0, None)  # raw 400, 734
    assert next(iter(TopazSimulator(SIGLITE_LCD_1X5).write([[point]]))) == DOWN


millimetres = st.tuples(st.floats(0, 100), st.floats(0, 40), st.none() | st.floats(0, 1))


@given(st.lists(st.lists(millimetres, min_size=1, max_size=12), max_size=4))
@settings(deadline=None)
def test_what_the_simulator_writes_is_read_back_within_half_a_step(
    drawn: list[list[tuple[float, float, float]]],
) -> None:
    t_ms, strokes = 0, []
    for stroke in drawn:
        strokes.append([PenPoint(x, y, t_ms + 10 * i, p if p is None else 0.5) for i, (x, y, p) in enumerate(stroke)])
        t_ms += 10 * len(stroke) + 150
    decoder = SignatureDecoder(SIGLITE_LCD_1X5)
    decoder.feed(b"".join(TopazSimulator(SIGLITE_LCD_1X5).write(strokes)))
    assert [len(stroke) for stroke in decoder.strokes] == [len(stroke) for stroke in strokes]
    for read, written in zip(chain(*decoder.strokes), chain(*strokes), strict=True):
        assert (read.x_mm, read.y_mm) == pytest.approx((written.x_mm, written.y_mm), abs=STEP_MM / 2 + 1e-9)
        assert read.t_ms == written.t_ms
        assert written.pressure is None or read.pressure == pytest.approx(written.pressure, abs=1 / 1023)


def test_only_the_wipe_byte_asks_for_a_signature() -> None:
    pad = TopazSimulator(SIGLITE_LCD_1X5)
    assert pad.hear(b"\x00\x04")
    assert not pad.hear(b"\x14\x09")
