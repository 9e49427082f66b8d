"""Minutiae records and card minutiae: another's template is read right, ours come back exactly, junk is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts.parts import Finger
from drivers.iso19794 import card_minutiae, minutiae
from drivers.iso19794.card_minutiae import CardMinutia
from drivers.iso19794.minutiae import Minutia, MinutiaeTemplate, MinutiaKind
from drivers.iso19794.record import BadRecord

OUTSIDE = bytes.fromhex((Path(__file__).parents[2] / "vectors" / "iso19794" / "minutiae.hex").read_text())
# As the source states them: x and y in pixels (cut off), angle in degrees, kind.
OUTSIDE_MINUTIAE = (
    (135, 11, 143.746, MinutiaKind.RIDGE_ENDING),
    (181, 59, 145.008, MinutiaKind.BIFURCATION),
    (113, 23, 152.103, MinutiaKind.RIDGE_ENDING),
    (118, 52, 154.654, MinutiaKind.RIDGE_ENDING),
    (160, 75, 319.086, MinutiaKind.BIFURCATION),
)


def test_another_implementations_template_is_read_as_it_states() -> None:
    template = minutiae.decode_one(OUTSIDE)
    assert (template.width_px, template.height_px, template.ppi, template.quality) == (300, 400, 500, 91)
    read = [(each.x, each.y, each.kind) for each in template.minutiae]
    assert read == [(x, y, kind) for x, y, _, kind in OUTSIDE_MINUTIAE]
    for each, (_, _, degrees, _) in zip(template.minutiae, OUTSIDE_MINUTIAE, strict=True):
        assert each.angle * 360 / 256 == pytest.approx(degrees, abs=360 / 256)


def test_another_implementations_template_is_written_back_byte_for_byte() -> None:
    assert minutiae.encode(*minutiae.decode(OUTSIDE)) == OUTSIDE


def test_reserved_bits_that_are_set_are_refused() -> None:
    damaged = bytearray(OUTSIDE)
    damaged[30] |= 0x80  # the first minutia's y
    with pytest.raises(BadRecord, match="reserved bits"):
        minutiae.decode(bytes(damaged))


def test_a_record_is_as_long_as_the_standard_says() -> None:
    # 19794-2:2005, 7: header 24, view header 4, six bytes a minutia, extended data length 2.
    template = MinutiaeTemplate(400, 500, 500, Finger.RIGHT_INDEX, 60, (Minutia(1, 2, 3, MinutiaKind.OTHER),) * 79)
    assert len(minutiae.encode(template)) == 24 + 4 + 79 * 6 + 2 == 504


u8, u16 = st.integers(0, 255), st.integers(0, 65535)
coordinate = st.integers(0, minutiae.COORDINATE_MAX)
points = st.builds(Minutia, coordinate, coordinate, u8, st.sampled_from(MinutiaKind), st.integers(0, 100))
nibble = st.integers(0, 15)


@st.composite
def views(draw: st.DrawFn) -> tuple[MinutiaeTemplate, ...]:
    header = draw(u16), draw(u16), draw(st.sampled_from(minutiae.USUAL_PPI))
    equipment = draw(u16)
    view = st.builds(
        lambda finger, quality, found, impression, number, extended: MinutiaeTemplate(
            *header, finger, quality, tuple(found), impression, number, equipment, extended
        ),
        st.sampled_from(Finger) | st.none(), st.integers(0, 100), st.lists(points, max_size=5), nibble, nibble,
        st.binary(max_size=9),
    )  # fmt: skip
    return tuple(draw(st.lists(view, min_size=1, max_size=3)))


@given(views())
def test_minutiae_records_come_back_exactly(original: tuple[MinutiaeTemplate, ...]) -> None:
    assert minutiae.decode(minutiae.encode(*original)) == original


@given(st.integers(0, len(OUTSIDE) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_any_damage_is_refused_or_read_and_written_back_alike(at: int, put: bytes, cut: int) -> None:
    damaged = OUTSIDE[:at] + put + OUTSIDE[at + cut :]
    try:
        parsed = minutiae.decode(damaged)
    except BadRecord:
        return
    assert minutiae.encode(*parsed) == damaged


def test_every_shorter_record_is_refused() -> None:
    for length in range(len(OUTSIDE)):
        with pytest.raises(BadRecord):
            minutiae.decode(OUTSIDE[:length])


def test_views_of_different_sizes_do_not_fit_one_record() -> None:
    small = MinutiaeTemplate(10, 10, 500, None, 0, ())
    with pytest.raises(BadRecord, match="views differ"):
        minutiae.encode(small, MinutiaeTemplate(20, 10, 500, None, 0, ()))


def test_a_template_shows_no_minutiae_when_printed() -> None:
    shown = repr(minutiae.decode_one(OUTSIDE))
    assert "5 minutiae" in shown
    assert "135" not in shown


def test_a_minutia_shows_no_place_when_printed() -> None:
    # Their lists are printed without the template: only what stands for each in a list counts.
    for each in (Minutia(7351, 2, 3, MinutiaKind.BIFURCATION), CardMinutia(7351, 2, 3, MinutiaKind.BIFURCATION)):
        assert "x=" not in repr([each])
        assert "BIFURCATION" not in repr([each])


@given(st.binary(max_size=90))
def test_card_minutiae_are_refused_or_come_back_exactly(data: bytes) -> None:
    try:
        parsed = card_minutiae.decode(data)
    except BadRecord:
        assert len(data) % 3 or any(kind >> 6 == 3 for kind in data[2::3])
        return
    assert card_minutiae.encode(parsed) == data


def test_a_card_minutia_is_three_bytes_as_the_standard_lays_them_out() -> None:
    # 19794-2:2005, 8.2: x 1, y 1 in 0.1 mm, then kind in the two high bits and the angle in 1/64 turn.
    at_10_and_2_mm = CardMinutia(100, 20, 16, MinutiaKind.BIFURCATION)
    assert card_minutiae.encode((at_10_and_2_mm,)).hex() == "641490"


def test_a_template_for_the_card_keeps_the_best_and_stays_within_a_quarter_millimetre() -> None:
    found = tuple(Minutia(10 + 7 * n, 500 - 6 * n, n * 4, MinutiaKind.RIDGE_ENDING, n) for n in range(1, 70))
    template = MinutiaeTemplate(512, 512, 500, Finger.LEFT_INDEX, 80, found)
    on_card = card_minutiae.for_card(template)
    assert len(on_card) == card_minutiae.USUAL_COUNT_MAX
    restored = {(each.x, each.y) for each in card_minutiae.from_card(on_card, Finger.LEFT_INDEX).minutiae}
    best = [each for each in found if each.quality > 69 - card_minutiae.USUAL_COUNT_MAX]
    for each in best:
        assert any(abs(each.x - x) <= 2 and abs(each.y - y) <= 2 for x, y in restored)


def test_a_template_larger_than_the_card_can_say_is_moved_into_its_corner() -> None:
    found = (Minutia(600, 700, 0, MinutiaKind.RIDGE_ENDING, 9), Minutia(650, 720, 0, MinutiaKind.RIDGE_ENDING, 8))
    on_card = card_minutiae.for_card(MinutiaeTemplate(800, 750, 500, None, 0, found))
    assert [(each.x_tenth_mm, each.y_tenth_mm) for each in on_card] == [(0, 0), (25, 10)]


def test_an_empty_template_is_an_empty_card_template() -> None:
    assert card_minutiae.for_card(MinutiaeTemplate(10, 10, 500, None, 0, ())) == ()
