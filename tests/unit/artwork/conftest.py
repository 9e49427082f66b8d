"""One synthetic citizen, drawn and not photographed: no value here belongs to anybody."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image, ImageDraw

from station.artwork.card_data import CardData
from station.artwork.loader import load_template
from station.artwork.template import CardTemplate
from station.domain.citizen import Biodata, Nik, Sex

Rgb = tuple[int, int, int]
RED = (219, 21, 20)

CITIZEN = Biodata(
    nik=Nik("3273014107859001"),  # a region that exists, a serial that stands for nobody
    nama="Contoh Sintetis Satu",
    tempat_lahir="Bandung",
    tanggal_lahir=date(1985, 7, 1),
    jenis_kelamin=Sex.FEMALE,
    golongan_darah="O",
    alamat="Jalan Contoh Nomor 12",
    rt="001",
    rw="002",
    kelurahan="Sarijadi",
    kecamatan="Sukasari",
    kabupaten="Kota Bandung",
    provinsi="Jawa Barat",
    region_code="3273011001",
    region_table="test",
    agama="Islam",
    status_perkawinan="Belum Kawin",
    pekerjaan="Karyawan Swasta",
)


def drawn_photo(
    background: Rgb = RED,
    size: tuple[int, int] = (960, 1280),
    *,
    quality: int = 92,
    skin: Rgb = (190, 140, 110),
    shirt: Rgb = (40, 60, 110),
) -> bytes:
    picture = Image.new("RGB", (960, 1280), background)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((120, 900, 840, 1700), fill=shirt)
    draw.ellipse((260, 260, 700, 860), fill=skin)
    draw.ellipse((240, 200, 720, 520), fill=(25, 20, 20))
    out = io.BytesIO()
    picture.resize(size).save(out, "JPEG", quality=quality)
    return out.getvalue()


def drawn_signature() -> bytes:
    picture = Image.new("L", (336, 88), 255)
    ImageDraw.Draw(picture).line([(10, 60), (60, 10), (90, 80), (140, 20), (180, 70), (320, 30)], fill=0, width=4)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="session")
def template() -> CardTemplate:
    return load_template()


CardOf = Callable[..., CardData]


@pytest.fixture
def card_of() -> CardOf:
    """`card_of(nama=...)`: the citizen's card with other biodata; `card=` changes the card's own fields."""

    def make(*, card: dict[str, object] | None = None, **biodata: object) -> CardData:
        data = CardData(
            replace(CITIZEN, **biodata), drawn_photo(), drawn_signature(), "Kota Bandung", date(2030, 1, 2)
        )  # fmt: skip
        return replace(data, **(card or {}))

    return make


@pytest.fixture
def photo_of() -> Callable[..., bytes]:
    return drawn_photo
