"""One seed makes the day: who comes, what the carried list says of them, and what they correct. Nobody here is real.

The serial part of every NIK is 9xxx, and names are drawn from short lists. What a day must contain so that nothing
ordinary is forgotten is in `_ODDITIES`: one-word names, NIKs coded for the other sex or another birth date, births of
1 July, people who are not in the carried list, and retired region codes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from station.domain.citizen import Biodata, Nik, Sex
from station.ports import Correction
from station.regions import RegionTables

_GIVEN = {
    Sex.FEMALE: ("SEKAR", "RATNA", "MELATI", "INTAN", "KENANGA", "PUSPA", "LESTARI", "WULAN", "CITRA", "KARTIKA"),
    Sex.MALE: ("BAYU", "GILANG", "SURYA", "PANJI", "BIMA", "ARGA", "JAYA", "RAKA", "SATRIA", "GUNTUR"),
}
_FAMILY = ("PERTIWI", "NUSANTARA", "CAHAYA", "SAMUDRA", "KENCANA", "SENJA", "BUANA", "ANGKASA", "RIMBA", "SEGARA")
_WORK = ("PETANI/PEKEBUN", "WIRASWASTA", "GURU", "NELAYAN/PERIKANAN", "BURUH HARIAN LEPAS", "PELAJAR/MAHASISWA")
_FAITH = ("ISLAM", "KRISTEN", "KATHOLIK", "HINDU", "BUDDHA", "KHONGHUCU")
_STATUS = ("BELUM KAWIN", "KAWIN", "CERAI HIDUP", "CERAI MATI")
_BLOOD = ("A", "B", "AB", "O", "-")
_RETIRED_REGION = "927101"  # Kota Sorong before Papua Barat Daya: still the prefix of many NIKs


class Oddity(StrEnum):
    """Something ordinary that naive software refuses."""

    NONE = "none"
    ONE_WORD_NAME = "one_word_name"
    OTHER_SEX = "other_sex"
    OTHER_BIRTH_DATE = "other_birth_date"
    FIRST_OF_JULY = "first_of_july"
    RETIRED_REGION = "retired_region"


_ODDITIES = (Oddity.NONE, *Oddity)  # citizen n has the n-th, in turn


@dataclass(frozen=True, slots=True)
class Citizen:
    """One visitor. `listed` is what the carried list says of him (None: not in it), `truth` what his papers say."""

    index: int
    truth: Biodata
    listed: Biodata | None
    corrections: tuple[Correction, ...]


def citizens(seed: int, count: int, regions: RegionTables, kabupaten: str, today: date) -> tuple[Citizen, ...]:
    """The visitors of the day with this seed; the same for the same arguments."""
    villages = regions.villages(kabupaten)
    return tuple(_citizen(seed, index, villages, regions, today) for index in range(count))


def citizen_of(seed: int, index: int, regions: RegionTables, kabupaten: str, day: date) -> Citizen:
    """One of the visitors of that day, as `citizens` makes them."""
    return _citizen(seed, index, regions.villages(kabupaten), regions, day)


def _citizen(seed: int, index: int, villages: list[str], regions: RegionTables, today: date) -> Citizen:
    chance = random.Random(f"{seed}/citizen/{index}")  # noqa: S311 - a play, not a secret
    truth = _biodata(chance, index, chance.choice(villages), regions, today)
    if index % 7 == 4:
        return Citizen(index, truth, None, ())
    if index % 3 == 1:
        old_work = chance.choice([work for work in _WORK if work != truth.pekerjaan])
        correction = Correction("pekerjaan", truth.pekerjaan, "surat keterangan kerja")
        return Citizen(index, truth, replace(truth, pekerjaan=old_work), (correction,))
    return Citizen(index, truth, truth, ())


def _biodata(chance: random.Random, index: int, village: str, regions: RegionTables, today: date) -> Biodata:
    oddity = _ODDITIES[index % len(_ODDITIES)]
    # The first visitor's portrait shows a woman.
    sex = Sex.FEMALE if index == 0 else chance.choice(list(Sex))
    born = today - timedelta(days=chance.randrange(18 * 366, 80 * 365))
    if oddity is Oddity.FIRST_OF_JULY:
        born = born.replace(month=7, day=1)
    given, family = chance.choice(_GIVEN[sex]), chance.choice(_FAMILY)
    provinsi, kabupaten, kecamatan, kelurahan = regions.names_of(village)
    return Biodata(
        nik=_nik(chance, oddity, village, sex, born),
        nama=given if oddity is Oddity.ONE_WORD_NAME else f"{given} {family}",
        tempat_lahir=kabupaten.removeprefix("KABUPATEN ").removeprefix("KOTA "),
        tanggal_lahir=born,
        jenis_kelamin=sex,
        golongan_darah=chance.choice(_BLOOD),
        alamat=f"DUSUN {chance.choice(_FAMILY)}",
        rt=f"{chance.randrange(1, 9):03}",
        rw=f"{chance.randrange(1, 5):03}",
        kelurahan=kelurahan,
        kecamatan=kecamatan,
        kabupaten=kabupaten,
        provinsi=provinsi,
        region_code=village,
        region_table=regions.in_force.decree,
        agama=chance.choice(_FAITH),
        status_perkawinan=chance.choice(_STATUS),
        pekerjaan=chance.choice(_WORK),
    )


def _nik(chance: random.Random, oddity: Oddity, village: str, sex: Sex, born: date) -> Nik:
    region = _RETIRED_REGION if oddity is Oddity.RETIRED_REGION else village[:6]
    coded = born + timedelta(days=40) if oddity is Oddity.OTHER_BIRTH_DATE else born
    female = (sex is Sex.FEMALE) != (oddity is Oddity.OTHER_SEX)
    return Nik(f"{region}{coded.day + 40 * female:02}{coded:%m%y}9{chance.randrange(1000):03}")
