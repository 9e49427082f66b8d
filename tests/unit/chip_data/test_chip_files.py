"""The chip's biodata list has the order that readers expect, and the issuer signs what a reader feeds to the module."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contracts.parts import Finger
from station.chip_data import BadBiodataText, biodata_text, chip_files, parse_biodata_text, signed
from station.domain.citizen import Biodata, Nik, Sex
from station.sealing.signatures import BadSignature, generate_issuer_key

BIODATA = Biodata(
    nik=Nik("9901014101909001"),
    nama="CONTOH WARGI",
    tempat_lahir="KOTA CONTOH",
    tanggal_lahir=date(1990, 1, 2),
    jenis_kelamin=Sex.FEMALE,
    golongan_darah="AB",
    alamat="JL. CONTOH, GANG 1",
    rt="001",
    rw="002",
    kelurahan="DESA CONTOH",
    kecamatan="KEC CONTOH",
    kabupaten="KAB CONTOH",
    provinsi="PROV CONTOH",
    region_code="9901011001",
    region_table="contoh",
    agama="HINDU",
    status_perkawinan="KAWIN",
    pekerjaan="PETANI",
)


def test_fields_stand_in_the_order_that_public_readers_parse() -> None:
    text = biodata_text(BIODATA, (Finger.RIGHT_INDEX, Finger.LEFT_INDEX))
    assert text == (
        b'"9901014101909001","JL. CONTOH, GANG 1","001","002","KOTA CONTOH","KEC CONTOH","DESA CONTOH","KAB CONTOH",'
        b'"PEREMPUAN","AB","HINDU","KAWIN","PETANI","CONTOH WARGI","02-01-1990","PROV CONTOH","SEUMUR HIDUP","2","7",'
        b'"WNI",""'
    )
    values = parse_biodata_text(text)
    assert (len(values), values[0], values[13], values[19]) == (21, "9901014101909001", "CONTOH WARGI", "WNI")


@pytest.mark.parametrize("alamat", ['JL. "MAWAR"', "JL.\nMAWAR", '","'])
def test_quote_or_control_character_is_refused_by_field(alamat: str) -> None:
    with pytest.raises(BadBiodataText, match=r"^alamat: ") as caught:
        biodata_text(dataclasses.replace(BIODATA, alamat=alamat))
    assert "MAWAR" not in str(caught.value)


@given(st.text(max_size=60).filter(lambda t: '"' not in t and all(ord(c) >= 32 and ord(c) != 127 for c in t)))
def test_every_name_comes_back(nama: str) -> None:
    assert parse_biodata_text(biodata_text(dataclasses.replace(BIODATA, nama=nama)))[13] == nama


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    try:
        assert len(parse_biodata_text(data)) == 21
    except BadBiodataText:
        pass


@pytest.mark.parametrize("data", [b"", b'"', b'"a","b"', b"x" * 5000, b'"' + b'","' * 21 + b'"', b'\xff"'])
def test_what_is_no_such_list_is_refused(data: bytes) -> None:
    with pytest.raises(BadBiodataText):
        parse_biodata_text(data)


def test_issuer_signature_holds_for_these_files_and_no_others() -> None:
    issuer = generate_issuer_key()
    fingers = (Finger.RIGHT_INDEX, Finger.LEFT_INDEX)
    files = signed(chip_files(BIODATA, b"photo", b"sig", (b"one", b"two"), fingers), issuer)
    issuer.public.verify(files.issuer_signature, files.signed_content())
    other = dataclasses.replace(files, photo=b"another photo")
    with pytest.raises(BadSignature):
        issuer.public.verify(files.issuer_signature, other.signed_content())


def test_positions_must_match_templates() -> None:
    with pytest.raises(BadBiodataText, match="finger_1"):
        chip_files(BIODATA, b"p", b"s", (b"one",), (Finger.RIGHT_INDEX, Finger.LEFT_INDEX))
