"""Finger, face and iris records: other software's heads are read right, ours come back exactly, and junk is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts.parts import Eye, Finger
from drivers.iso19794 import face_image, finger_image, iris_image, record
from drivers.iso19794.face_image import FaceImage, FaceImageRecord
from drivers.iso19794.finger_image import Certification, Compression, FingerImage, FingerImageRecord, ScaleUnits
from drivers.iso19794.iris_image import Geometry, IrisImage, IrisImageRecord
from drivers.iso19794.record import BadRecord, Provenance, Quality

VECTORS = Path(__file__).parents[2] / "vectors" / "iso19794"
CODECS = {"finger": finger_image, "face": face_image, "iris": iris_image}


def head(name: str) -> bytes:
    return bytes.fromhex((VECTORS / f"{name}_head.hex").read_text())


def completed(name: str, tail: bytes) -> bytes:
    """The published head, then `tail`, then filling up to the length that the head states."""
    start = head(name) + tail
    return start + bytes(int.from_bytes(start[8:12], "big") - len(start))


def test_a_real_devices_finger_record_is_read_field_by_field() -> None:
    # The head ends within the vertical line length (019d); its image is 2dxx bytes, extended data follow.
    data = completed("finger", bytes.fromhex("002d00"))
    (image,) = finger_image.decode(data).images
    assert image.finger is Finger.LEFT_INDEX
    assert (image.width_px, image.height_px, image.ppi) == (0x11F, 0x19D, 500)
    assert image.compression is Compression.JPEG2000_LOSSLESS
    assert image.provenance.quality == 0x59
    assert image.provenance.captured_at == datetime(2019, 11, 8, 17, 57, 1, 483_000, tzinfo=UTC)
    assert image.certifications == (Certification(0x0040, 2), Certification(0x0040, 2))
    assert len(image.image) == 0x2D00


def test_a_real_devices_face_record_is_read_field_by_field() -> None:
    # The head ends in the first byte of the image length, 000059f2: the rest of the stated record length.
    (image,) = face_image.decode(completed("face", b"\xf2")).images
    assert (image.width_px, image.height_px) == (240, 320)
    assert image.image_type is face_image.ImageType.JPEG2000_LOSSLESS
    assert image.provenance.qualities == (Quality(0, 0x0103, 0x0103),)
    assert len(image.image) == 0x59F2


def test_a_real_devices_iris_record_is_read_field_by_field() -> None:
    unknown_geometry = bytes(2) + b"\xff" * 4 + bytes(12)
    (image,) = iris_image.decode(completed("iris", b"\x08" + unknown_geometry + (0x26F6).to_bytes(4, "big"))).images
    assert image.eye is Eye.LEFT
    assert (image.width_px, image.height_px, image.image_type) == (0x197, 0x131, 3)
    assert image.image_format is iris_image.ImageFormat.MONO_JPEG2000
    assert (image.provenance.vendor, image.provenance.technology) == (0x735F, 1)


@pytest.mark.parametrize(
    ("name", "tail"), [("finger", "002d00"), ("face", "f2"), ("iris", "08" + "00" * 18 + "000026f6")]
)
def test_another_devices_record_is_encoded_again_byte_for_byte(name: str, tail: str) -> None:
    data = completed(name, bytes.fromhex(tail))
    assert CODECS[name].encode(CODECS[name].decode(data)) == data


@pytest.mark.parametrize(
    "held",
    [FingerImage(Finger.LEFT_INDEX, b"picture", 4, 5), FaceImage(b"picture", 4, 5), IrisImage(1, b"picture", 4, 5)],
)
def test_a_record_and_its_image_show_no_picture_when_printed(held: FingerImage | FaceImage | IrisImage) -> None:
    assert "picture" not in repr(held)
    for kind in (FingerImageRecord, FaceImageRecord, IrisImageRecord):
        shown = repr(kind((held,)))  # type: ignore[arg-type]  # any of them in any of them
        assert "picture" not in shown
        assert "Image(" not in shown


def test_the_smallest_finger_record_is_what_the_standard_prescribes() -> None:
    # 19794-4:2011 tables 2 and 4, by hand: general header 16, representation header 37, image length 4, image 1.
    expected = (
        "46495200 30323000 0000003a 0001 00 01"  # identifier, version, length 58, one representation, flag, one finger
        "0000002a ffffffffffffffffff 00 0000 0000 00"  # length 42, no date, device unknown, no quality blocks
        "02 00 01 01f4 01f4 01f4 01f4 08 05 00 01a0 0230 00000001 aa"  # right index, 500 ppi, 416 x 560
    )
    image = FingerImage(Finger.RIGHT_INDEX, b"\xaa", 416, 560)
    assert finger_image.encode_one(image).hex(" ") == bytes.fromhex(expected).hex(" ")


def test_the_smallest_iris_record_is_what_the_standard_prescribes() -> None:
    expected = (
        "49495200 30323000 00000045 0001 00 01"
        "00000035 ffffffffffffffffff 00 0000 0000 00"
        "0001 01 02 0a 00 0280 01e0 08 0000 ffff ffff 0000 0000 0000 0000 0000 0000 00000001 aa"
    )
    image = IrisImage(Eye.RIGHT, b"\xaa", 640, 480)
    assert iris_image.encode_one(image).hex(" ") == bytes.fromhex(expected).hex(" ")


def test_the_smallest_face_record_is_what_the_standard_prescribes() -> None:
    expected = (
        "46414300 30333000 00000045 0001 00 0000"
        "00000034 ffffffffffffffffff 00 0000 0000 00"
        "0000" + "00" * 15 + "01 02 0190 0200 00 0000 00 01 00000001 aa"
    )
    assert face_image.encode_one(FaceImage(b"\xaa", 400, 512)).hex(" ") == bytes.fromhex(expected).hex(" ")


u8, u16 = st.integers(0, 255), st.integers(0, 65535)
size = st.integers(1, 65535)
picture = st.binary(min_size=1, max_size=40)
qualities = st.builds(Quality, st.integers(0, 100) | st.just(255), u16, u16)
provenances = st.builds(
    Provenance, st.binary(min_size=9, max_size=9), u8, u16, u16, st.lists(qualities, max_size=3).map(tuple)
)
pairs = st.tuples(u16, u16)
certifications = st.lists(st.builds(Certification, u16, u8), max_size=2).map(tuple)
fingers = st.builds(
    FingerImage, st.integers(0, 50), picture, size, size, st.sampled_from(Compression), pairs, pairs,
    st.sampled_from(ScaleUnits), u8, u8, u8, provenances, certifications, st.binary(max_size=20),
)  # fmt: skip
faces = st.builds(
    FaceImage, picture, size, size, st.sampled_from(face_image.ImageType), st.integers(0, 127), u8, u16, u8, u8,
    st.binary(min_size=15, max_size=15), st.lists(st.binary(min_size=8, max_size=8), max_size=3).map(tuple),
    provenances,
)  # fmt: skip
irises = st.builds(
    IrisImage, st.integers(0, 2), picture, size, size, st.sampled_from(iris_image.ImageFormat),
    st.sampled_from(iris_image.IMAGE_TYPES), u8, u8, st.builds(Geometry, u16, u16, u16, pairs, pairs, pairs), u16,
    provenances,
)  # fmt: skip


@given(st.lists(fingers, min_size=1, max_size=4).map(tuple), u8)
def test_finger_records_come_back_exactly(images: tuple[FingerImage, ...], present: int) -> None:
    original = FingerImageRecord(images, True, present)
    assert finger_image.decode(finger_image.encode(original)) == original


@given(st.lists(faces, min_size=1, max_size=3).map(tuple), u16)
def test_face_records_come_back_exactly(images: tuple[FaceImage, ...], semantics: int) -> None:
    original = FaceImageRecord(images, semantics)
    assert face_image.decode(face_image.encode(original)) == original


@given(st.lists(irises, min_size=1, max_size=3).map(tuple), u8)
def test_iris_records_come_back_exactly(images: tuple[IrisImage, ...], present: int) -> None:
    original = IrisImageRecord(images, present)
    assert iris_image.decode(iris_image.encode(original)) == original


def whole(name: str) -> bytes:
    pixels = b"\xaa" * 9
    if name == "finger":
        return finger_image.encode_one(FingerImage(2, pixels, 416, 560, certifications=(Certification(1, 1),)))
    if name == "face":
        return face_image.encode_one(FaceImage(pixels, 400, 512, landmarks=(bytes(8),)))
    return iris_image.encode_one(IrisImage(1, pixels, 640, 480))


@pytest.mark.parametrize("name", CODECS)
@given(data=st.data())
def test_any_damage_is_refused_or_read_and_written_back_alike(name: str, data: st.DataObject) -> None:
    original = whole(name)
    at = data.draw(st.integers(0, len(original) - 1))
    damaged = original[:at] + data.draw(st.binary(max_size=6)) + original[at + data.draw(st.integers(0, 6)) :]
    try:
        parsed = CODECS[name].decode(damaged)
    except BadRecord:
        return
    assert CODECS[name].encode(parsed) == damaged


@pytest.mark.parametrize("name", CODECS)
@given(junk=st.binary(max_size=200))
def test_junk_after_the_right_identifier_is_refused(name: str, junk: bytes) -> None:
    with pytest.raises(BadRecord):
        CODECS[name].decode(CODECS[name].MAGIC + junk)


@pytest.mark.parametrize("name", CODECS)
def test_every_shorter_record_is_refused(name: str) -> None:
    original = whole(name)
    for length in range(len(original)):
        with pytest.raises(BadRecord):
            CODECS[name].decode(original[:length])


def test_a_record_beyond_the_bound_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadRecord, match="longer than"):
        finger_image.decode(finger_image.MAGIC + bytes(record.RECORD_MAX_BYTES))


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (FingerImage(51, b"x", 1, 1), "finger position"),
        (FingerImage(1, b"", 1, 1), "image data"),
        (FingerImage(1, b"x", 0, 1), "line lengths"),
        (FingerImage(1, b"x", 70000, 1), "line lengths"),
        (FingerImage(1, b"x", 1, 1, provenance=Provenance(qualities=(Quality(101),))), "quality score"),
        (FingerImage(1, b"x", 1, 1, provenance=Provenance(date=b"")), "capture date"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_field_name(broken: FingerImage, field: str) -> None:
    with pytest.raises(BadRecord, match=field):
        finger_image.encode_one(broken)


def test_certification_blocks_without_the_flag_are_refused() -> None:
    with pytest.raises(BadRecord, match="certification flag"):
        finger_image.encode(FingerImageRecord((FingerImage(1, b"x", 1, 1, certifications=(Certification(1, 1),)),)))


def test_a_capture_date_comes_back_to_the_millisecond() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    assert Provenance(date=record.date_of(moment)).captured_at == moment
    assert Provenance().captured_at is None


def test_pixels_per_centimetre_are_read_as_pixels_per_inch() -> None:
    assert FingerImage(1, b"x", 1, 1, image_rate=(197, 197), scale_units=ScaleUnits.PER_CENTIMETRE).ppi == 500
