"""The judge ranks tries of real and drawn pictures as a person would, and the studio draws whose card it is."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from drivers.contracts.capture import CaptureFacts, Frame, RetryReason
from drivers.contracts.card_printer import Panel
from drivers.contracts.parts import Eye, Finger
from drivers.contracts.signature_pad import PenPoint, Strokes
from drivers.scanners.sbi.simulated_pictures import encode_picture, finger_record, smudged
from drivers.simulators.people import person
from station.artwork.loader import load_template
from station.assembly.issuer_tools import issuer_tools
from station.assembly.judge import StationJudge, fingers_on_chip
from station.assembly.studio import Studio
from station.package.strokes import encode_strokes
from station.workflows.judging import UnreadableCapture
from station.workflows.personalise_card import NotPrintable
from tests.unit.workflows.card_bench import FACTS
from tests.unit.workflows.card_people import START, chip_of, portrait, print_ready_record, templates

JUDGE = StationJudge()
DEVICE = CaptureFacts("small", "Contoh", "Small", "1", "1", trusted=True)
STUDIO = Studio(load_template("ktp-el-front"), "KOTA CONTOH")
Pixels = npt.NDArray[np.uint8]


def frame(part: Finger | Eye | None, pixels: Pixels, *, is_cut: bool = False) -> Frame:
    height_px, width_px = pixels.shape[:2]
    picture = encode_picture(pixels, is_cut=is_cut)
    return Frame(part, b"", picture, "jpeg2000", width_px, height_px, 500 if isinstance(part, Finger) else 0, None)


@lru_cache(maxsize=None, typed=True)  # a left eye equals a right index finger: both are the number 2
def pixels_of(part: Finger | Eye | None, shot: int = 0) -> Pixels:
    someone = person(7, 0)
    if part is None:
        return someone.face(shot)
    return someone.finger(part, shot) if isinstance(part, Finger) else someone.iris(part, shot)


# --- fingers ---------------------------------------------------------------------------------------------------------


def test_a_smudged_finger_ranks_below_a_clear_one_of_the_same_slap() -> None:
    clear, other = pixels_of(Finger.RIGHT_INDEX), pixels_of(Finger.LEFT_INDEX)
    frames = [frame(Finger.RIGHT_INDEX, clear), frame(Finger.LEFT_INDEX, smudged(other))]
    good, poor = JUDGE.fingers(frames)
    assert good.acceptable
    assert good.advice is None
    assert 0 <= poor.quality < good.quality <= 100
    assert not poor.acceptable
    assert poor.advice is not None


def test_an_empty_platen_is_poor_and_no_error() -> None:
    (verdict,) = JUDGE.fingers([frame(Finger.RIGHT_INDEX, np.full((420, 320), 255, np.uint8))])
    assert (verdict.quality, verdict.acceptable, verdict.advice) == (0, False, RetryReason.EMPTY)


def test_a_finger_matches_its_own_record_and_no_other() -> None:
    enrolled = finger_record(Finger.RIGHT_INDEX, pixels_of(Finger.RIGHT_INDEX), START)
    again = JUDGE.match_finger(enrolled, frame(Finger.RIGHT_INDEX, pixels_of(Finger.RIGHT_INDEX, 1)))
    other = JUDGE.match_finger(enrolled, frame(Finger.RIGHT_INDEX, pixels_of(Finger.LEFT_INDEX)))
    assert other < JUDGE.match_threshold <= again


def test_a_finger_matches_its_own_template_of_a_chip_and_no_other() -> None:
    right, left = templates()
    fresh = frame(Finger.RIGHT_INDEX, pixels_of(Finger.RIGHT_INDEX, 1))
    assert JUDGE.match_template(fresh, left) < JUDGE.match_threshold <= JUDGE.match_template(fresh, right)
    assert JUDGE.match_template(fresh, b"\x01\x02\x03") == 0


def test_which_fingers_a_chip_holds_stands_in_its_biodata() -> None:
    assert fingers_on_chip(chip_of(with_fingers=True)) == [Finger.RIGHT_INDEX, Finger.LEFT_INDEX]
    assert fingers_on_chip(chip_of()) == []
    assert fingers_on_chip(replace(chip_of(), biodata=b"nonsense")) == []


# --- what cannot be read ---------------------------------------------------------------------------------------------


def test_pictures_that_were_cut_short_are_unreadable_captures() -> None:
    cut = frame(Finger.RIGHT_INDEX, pixels_of(Finger.RIGHT_INDEX), is_cut=True)
    record = finger_record(Finger.RIGHT_INDEX, pixels_of(Finger.RIGHT_INDEX), START)
    for judged in (
        lambda: JUDGE.fingers([cut]),
        lambda: JUDGE.irises([frame(Eye.LEFT, pixels_of(Eye.LEFT), is_cut=True)]),
        lambda: JUDGE.face(frame(None, pixels_of(None), is_cut=True)),
        lambda: JUDGE.match_finger(record, cut),
    ):
        with pytest.raises(UnreadableCapture):
            judged()


def test_a_frame_of_another_part_and_a_record_that_is_none_are_unreadable() -> None:
    good = frame(Finger.RIGHT_INDEX, pixels_of(Finger.RIGHT_INDEX))
    with pytest.raises(UnreadableCapture):
        JUDGE.fingers([replace(good, part=Eye.LEFT)])
    with pytest.raises(UnreadableCapture):
        JUDGE.match_finger(b"FIR\0nonsense", good)


# --- face, iris, signature -------------------------------------------------------------------------------------------


def test_a_blurred_face_ranks_below_a_sharp_one_and_no_face_ranks_last() -> None:
    sharp = JUDGE.face(frame(None, pixels_of(None)))
    blurred = JUDGE.face(frame(None, smudged(pixels_of(None))))
    nobody = JUDGE.face(frame(None, np.full((640, 480, 3), 200, np.uint8)))
    assert sharp.acceptable
    assert sharp.quality > blurred.quality >= nobody.quality == 0
    assert nobody.advice is RetryReason.NO_FACE


def test_a_blurred_eye_ranks_below_a_sharp_one() -> None:
    sharp, blurred = JUDGE.irises(
        [frame(Eye.RIGHT, pixels_of(Eye.RIGHT)), frame(Eye.LEFT, smudged(pixels_of(Eye.LEFT)))]
    )
    assert sharp.acceptable
    assert not blurred.acceptable
    assert 0 <= blurred.quality < sharp.quality <= 100


def test_a_signature_will_do_and_a_dot_will_not() -> None:
    signed = JUDGE.signature(Strokes(person(7, 0).signature(), 100.0, 40.0, DEVICE))
    dot = JUDGE.signature(Strokes(((PenPoint(5.0, 5.0, 0, None),),), 100.0, 40.0, DEVICE))
    off_the_pad = JUDGE.signature(Strokes(((PenPoint(500.0, 5.0, 0, None),),), 100.0, 40.0, DEVICE))
    assert signed.acceptable
    assert signed.quality > dot.quality
    assert not dot.acceptable
    assert (off_the_pad.quality, off_the_pad.acceptable) == (0, False)


# --- the studio ------------------------------------------------------------------------------------------------------


def test_the_face_of_a_card_resembles_its_own_chip_and_no_other_persons() -> None:
    artwork = STUDIO.draw(print_ready_record("a"), FACTS, START.date())
    assert set(artwork.face) == set(Panel)
    assert all(len(b.pixels) == FACTS.width_px * FACTS.height_px for b in artwork.face.values())
    assert artwork.resemblance(portrait(0)[1]) >= 0.95
    assert artwork.resemblance(portrait(1)[1]) < 0.9
    assert artwork.resemblance(b"no picture") == 0.0


def test_one_record_is_drawn_the_same_each_time_and_a_signature_shows() -> None:
    record = print_ready_record("a")
    bitmap = issuer_tools().signature_bitmap(encode_strokes(Strokes(person(7, 0).signature(), 100.0, 40.0, DEVICE)))
    plain, again = (STUDIO.draw(record, FACTS, START.date()) for _ in range(2))
    signed = STUDIO.draw(replace(record, signature=bitmap), FACTS, START.date())
    assert plain.face == again.face
    assert signed.face != plain.face
    assert signed.template_sha256 == plain.template_sha256


def test_what_cannot_be_drawn_is_not_printable_and_says_no_value() -> None:
    record = print_ready_record("a")
    long = replace(record, biodata=replace(record.biodata, nama="WARGA " * 60))
    unlettered = replace(record, biodata=replace(record.biodata, nama="佛"))
    blind = replace(record, photo=b"\xff\xd8 cut")
    torn = replace(record, signature=b"\x00" * 10)
    for wrong, code in ((long, "text_too_long"), (unlettered, "artwork"), (blind, "artwork"), (torn, "artwork")):
        with pytest.raises(NotPrintable) as refused:
            STUDIO.draw(wrong, FACTS, START.date())
        assert refused.value.code == code
        assert "WARGA" not in str(refused.value)


def test_a_printer_that_cannot_print_the_template_is_told() -> None:
    black_only = replace(FACTS, panels=(Panel.BLACK,))
    with pytest.raises(NotPrintable, match="artwork"):
        STUDIO.draw(print_ready_record("a"), black_only, START.date())
