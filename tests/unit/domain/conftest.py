"""A made-up citizen, and one event of each kind: province 99 has never existed, so no NIK here is anybody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from station.domain.citizen import Biodata, Nik, Sex
from station.domain.events import Event

_SAMPLES: dict[str, Any] = {
    "str": "text",
    "int": 7,
    "tuple[str, ...]": ("first", "second"),
    "tuple[int, ...]": (3, -1),
}


@pytest.fixture
def biodata() -> Biodata:
    """A man born on 15 August 1990, whose NIK says so."""
    return Biodata(
        nik=Nik("9901011508909001"),
        nama="CONTOH WARGA",
        tempat_lahir="KOTA CONTOH",
        tanggal_lahir=date(1990, 8, 15),
        jenis_kelamin=Sex.MALE,
        golongan_darah="-",
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


@pytest.fixture(scope="session")
def make_event() -> Callable[..., Event]:
    """`make_event(kind, field=value, ...)`: whatever is not given is a sample of the field's type."""

    def make(cls: type[Event], **given: Any) -> Event:
        samples = {f.name: _SAMPLES[str(f.type)] for f in fields(cls)}
        return cls(**{**samples, **given})

    return make
