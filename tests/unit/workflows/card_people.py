"""Whom the cards are for: print-ready records with a really signed chip, a drawn portrait, and the face of the card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from drivers.chips.ktp_el.layout import load_layout
from drivers.chips.ktp_el.protocol import KtpElProfile
from drivers.contracts.chip_profile import ChipFiles
from drivers.contracts.parts import Finger
from drivers.scanners.sbi.simulated_pictures import face_record, finger_record
from drivers.simulators.people import person
from station.artwork.loader import TEMPLATES, load_template
from station.assembly.issuer_tools import issuer_tools
from station.assembly.studio import Studio
from station.biometrics.decoding import decode_rgb
from station.biometrics.photo_budget import encode_jpeg_within
from station.biometrics.verdicts import Modality
from station.chip_data import chip_files, signed
from station.domain.citizen import Biodata, Nik, Sex
from station.domain.print_ready_record import PrintReadyRecord
from station.sealing.signatures import IssuerKey, generate_issuer_key
from station.workflows.personalise_card import CardArtwork
from tests.unit.workflows.card_bench import FACTS

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PROFILE = KtpElProfile(load_layout(TEMPLATES / "chip" / "ktp-el.toml"))
ISSUER = generate_issuer_key()
CHIP_PHOTO_BYTES_MAX = 1500
FINGERS = (Finger.RIGHT_INDEX, Finger.LEFT_INDEX)


def biodata_of(serial: int) -> Biodata:
    return Biodata(
        nik=Nik(f"9901010101909{serial % 1000:03d}"),
        nama=f"CONTOH WARGA {'ABCDEFGHIJ'[serial % 10]}",
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
        pekerjaan="PETANI",
    )


@cache
def portrait(index: int) -> tuple[bytes, bytes]:
    """(card's, chip's) picture of a simulated person, made by the issuer's own tools.

    The chip's is small: each test writes and reads it several times.
    """
    card, chip = issuer_tools().portrait(face_record(person(7, index).face(0), START))
    return card, encode_jpeg_within(decode_rgb(chip, "jpeg", Modality.FACE), CHIP_PHOTO_BYTES_MAX)


@cache
def templates() -> tuple[bytes, ...]:
    """Person 0's index fingers, as the issuer puts them into a chip."""
    records = tuple(finger_record(finger, person(7, 0).finger(finger, 0), START) for finger in FINGERS)
    return issuer_tools().templates(records)


def chip_of(serial: int = 0, *, with_fingers: bool = False, issuer: IssuerKey = ISSUER) -> ChipFiles:
    minutiae = templates() if with_fingers else ()
    fingers = FINGERS if with_fingers else ()
    return signed(chip_files(biodata_of(serial), portrait(0)[1], b"", minutiae, fingers), issuer)


@cache
def artwork(face_of: int = 0) -> CardArtwork:
    """The face of the card, with the portrait of this person; drawing one takes longer than all the rest."""
    record = replace(print_ready_record("drawn"), photo=portrait(face_of)[0])
    studio = Studio(load_template("ktp-el-front"), "KOTA CONTOH")
    return studio.draw(record, FACTS, START.date())


def print_ready_record(authorisation_id: str, chip: ChipFiles | None = None) -> PrintReadyRecord:
    chip = chip or chip_of()
    return PrintReadyRecord(
        authorisation_id=authorisation_id,
        record_id=f"record of {authorisation_id}",
        station_id="s-1",
        valid_until=START + timedelta(days=30),
        biodata=biodata_of(0),
        photo=portrait(0)[0],
        signature=b"",
        chip=chip,
        issuer_key=ISSUER.key_id,
    )
