"""What a centre makes of a recording fits the chip, comes from one crop, and is found again by who checks the card."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from drivers.contracts.capture import CaptureFacts
from drivers.contracts.parts import Finger
from drivers.contracts.signature_pad import Strokes
from drivers.iso19794.record import BadRecord
from drivers.scanners.sbi.simulated_pictures import face_record, finger_record
from drivers.simulators.people import person
from station.assembly.issuer_tools import (
    CARD_PHOTO_BYTES_MAX,
    CARD_PHOTO_PX,
    CHIP_PHOTO_BYTES_MAX,
    CHIP_PHOTO_PX,
    issuer_tools,
)
from station.biometrics.decoding import decode_rgb
from station.biometrics.face import resemblance
from station.biometrics.matching import match
from station.biometrics.minutiae import extract, from_chip
from station.biometrics.signature import CHIP_BYTES, unpack_ink
from station.biometrics.thresholds import MATCH_THRESHOLD
from station.biometrics.verdicts import Modality, UnusableInput
from station.chip_data import chip_files, signed
from station.package.strokes import BadStrokes, encode_strokes
from tests.unit.workflows.card_people import FINGERS, ISSUER, PROFILE, START, biodata_of

TOOLS = issuer_tools()
WHO = range(2)  # a real portrait and a drawn one


@pytest.mark.parametrize("who", WHO)
def test_both_portraits_are_one_crop_within_their_budgets(who: int) -> None:
    card, chip = TOOLS.portrait(face_record(person(7, who).face(0), START))
    assert Image.open(io.BytesIO(card)).size == CARD_PHOTO_PX
    assert Image.open(io.BytesIO(chip)).size == CHIP_PHOTO_PX
    assert (len(card) <= CARD_PHOTO_BYTES_MAX, len(chip) <= CHIP_PHOTO_BYTES_MAX) == (True, True)
    of_card, of_chip = (decode_rgb(jpeg, "jpeg", Modality.FACE) for jpeg in (card, chip))
    assert resemblance(of_chip, of_card) > 0.95


def test_two_people_have_portraits_that_do_not_resemble() -> None:
    of_one, of_other = (
        decode_rgb(TOOLS.portrait(face_record(person(7, who).face(0), START))[1], "jpeg", Modality.FACE) for who in WHO
    )
    assert resemblance(of_one, of_other) < 0.9


def test_a_picture_without_a_face_makes_no_portrait() -> None:
    with pytest.raises(UnusableInput, match="no face"):
        TOOLS.portrait(face_record(np.full((640, 480, 3), 200, np.uint8), START))


def test_templates_keep_what_tells_fingers_apart() -> None:
    """A fresh impression of a finger matches its template from the chip, and not that of the other hand."""
    records = tuple(finger_record(finger, person(7, 0).finger(finger, 0), START) for finger in FINGERS)
    on_chip = [from_chip(t, finger) for t, finger in zip(TOOLS.templates(records), FINGERS, strict=True)]
    fresh = extract(person(7, 0).finger(Finger.RIGHT_INDEX, 1), 500, Finger.RIGHT_INDEX)
    right, left = (match(fresh, template) for template in on_chip)
    assert left < MATCH_THRESHOLD <= right


def test_an_empty_finger_makes_an_empty_template_and_nonsense_none() -> None:
    blank = finger_record(Finger.RIGHT_INDEX, np.full((420, 320), 255, np.uint8), START)
    assert TOOLS.templates((blank,)) == (b"",)
    with pytest.raises(BadRecord):
        TOOLS.templates((b"FIR\0nonsense",))


@pytest.mark.parametrize("who", WHO)
def test_a_signature_becomes_the_chips_bitmap(who: int) -> None:
    facts = CaptureFacts("small", "Contoh", "Small", "1", "1", trusted=True)
    bitmap = TOOLS.signature_bitmap(encode_strokes(Strokes(person(7, who).signature(), 100.0, 40.0, facts)))
    assert len(bitmap) == CHIP_BYTES
    assert 0.005 < unpack_ink(bitmap).mean() < 0.5
    with pytest.raises(BadStrokes):
        TOOLS.signature_bitmap(b"{}")


@pytest.mark.parametrize("who", WHO)
def test_everything_of_one_person_fits_one_chip(who: int) -> None:
    someone = person(7, who)
    _, photo = TOOLS.portrait(face_record(someone.face(0), START))
    records = tuple(finger_record(finger, someone.finger(finger, 0), START) for finger in FINGERS)
    facts = CaptureFacts("small", "Contoh", "Small", "1", "1", trusted=True)
    ink = TOOLS.signature_bitmap(encode_strokes(Strokes(someone.signature(), 100.0, 40.0, facts)))
    files = signed(chip_files(biodata_of(1), photo, ink, TOOLS.templates(records), FINGERS), ISSUER)
    PROFILE.check_fits(files)
    ISSUER.public.verify(files.issuer_signature, files.signed_content())
