"""A package has one encoding, comes back whole, and is refused with the name of what is wrong."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.citizen import Biodata, Nik, Sex
from station.package import (
    BadPackage,
    CapturedPart,
    Confirmation,
    Correction,
    EnrolmentPackage,
    MissingPart,
    Modality,
    Verification,
    decode,
    encode,
)

BIODATA = Biodata(
    nik=Nik("9901010101909001"),
    nama="CONTOH WARGA",
    tempat_lahir="KOTA CONTOH",
    tanggal_lahir=date(1990, 1, 1),
    jenis_kelamin=Sex.MALE,
    golongan_darah="O",
    alamat="JL. CONTOH NO. 1",
    rt="001",
    rw="002",
    kelurahan="CONTOH",
    kecamatan="CONTOH",
    kabupaten="KOTA CONTOH",
    provinsi="CONTOH",
    region_code="9901011001",
    region_table="contoh",
    agama="ISLAM",
    status_perkawinan="BELUM KAWIN",
    pekerjaan="PELAJAR/MAHASISWA",
)
PACKAGE = EnrolmentPackage(
    record_id="r-1",
    station_id="s-1",
    operator="op",
    opened_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    biodata=BIODATA,
    captures=(
        CapturedPart(Modality.FACE, "face", b"FAC" * 99, "jpeg", 80, "camera 1", 1),
        CapturedPart(Modality.FINGER, "right_index", b"FIR" * 99, "wsq", 71, "scanner 1", 2),
        CapturedPart(Modality.IRIS, "left", b"IIR" * 99, "png", None, "iris 1", 1),
    ),
    strokes=b'{"strokes":[]}',
    missing=(MissingPart("left_thumb", "amputated", "op"),),
    corrections=(Correction("alamat", "LAMA", "surat pindah", "op", "finger"),),
    verifications=(Verification("right_index", 120),),
    waiver="",
    confirmation=Confirmation("signature", b"strokes", datetime(2026, 1, 2, 3, 9, 5, tzinfo=UTC)),
)
ENCODED = encode(PACKAGE)


def rezipped(change: dict[str, bytes], *, compress: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ENCODED)) as old, zipfile.ZipFile(out, "w", compress) as new:
        members = {name: old.read(name) for name in old.namelist()} | change
        for name, body in members.items():
            new.writestr(name, body)
    return out.getvalue()


def test_package_comes_back_whole_and_always_as_the_same_bytes() -> None:
    assert decode(ENCODED) == PACKAGE
    assert encode(decode(ENCODED)) == ENCODED


def test_manifest_lists_every_other_member_with_its_hash() -> None:
    with zipfile.ZipFile(io.BytesIO(ENCODED)) as archive:
        names = archive.namelist()
        listed = [item["name"] for item in json.loads(archive.read("manifest.json"))["members"]]
    assert listed == names[:-1]
    assert names[-1] == "manifest.json"


def test_exchanged_capture_is_refused_by_name() -> None:
    with pytest.raises(BadPackage, match=r"01-finger-right_index\.iso: its SHA-256"):
        decode(rezipped({"01-finger-right_index.iso": b"another finger"}))


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "extra.iso", "package.json/x"])
def test_member_that_the_manifest_does_not_list_is_refused(name: str) -> None:
    with pytest.raises(BadPackage, match="does not list exactly"):
        decode(rezipped({name: b"x"}))


def test_compressed_package_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BadPackage, match="compressed"):
        decode(rezipped({"bomb": bytes(10_000_000)}, compress=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("data", [ENCODED + b"x", b"x" + ENCODED, rezipped({})])
def test_same_contents_in_another_encoding_are_refused(data: bytes) -> None:
    with pytest.raises(BadPackage):
        decode(data)


def test_package_that_is_too_large_is_refused_on_both_sides() -> None:
    large = dataclasses.replace(PACKAGE, strokes=bytes(17 * 1024 * 1024))
    with pytest.raises(BadPackage, match="too many"):
        encode(large)
    with pytest.raises(BadPackage, match="more than"):
        decode(bytes(17 * 1024 * 1024))


@given(st.integers(0, len(ENCODED) - 1), st.binary(max_size=8))
def test_damaged_package_never_reads_as_another(at: int, patch: bytes) -> None:
    damaged = ENCODED[:at] + patch + ENCODED[at + len(patch) :]
    if damaged == ENCODED:
        return
    with pytest.raises(BadPackage):
        decode(damaged)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_package_or_refused(data: bytes) -> None:
    with pytest.raises(BadPackage):
        decode(data)


def test_nothing_of_a_person_is_in_repr_or_message() -> None:
    body = json.loads(zipfile.ZipFile(io.BytesIO(ENCODED)).read("package.json"))
    body["biodata"]["tanggal_lahir"] = "CONTOH WARGA"
    with pytest.raises(BadPackage) as caught:
        decode(rezipped({"package.json": json.dumps(body).encode()}))
    for text in (repr(PACKAGE), repr(PACKAGE.captures), repr(PACKAGE.confirmation), str(caught.value)):
        assert "CONTOH" not in text
        assert "9901010101909001" not in text
