"""A citizen: the NIK, which is for life, and the biodata, which may contradict it and still be right.

Two levels (PP 37/2007 art. 37, PP 40/2019 art. 30): an *error* is something no NIK can be; everything else is
a *warning* that a person may read out and go past. One-word names, NIKs coded for the other sex or another birth date,
births dated 01-07 and retired region codes never stop a recording.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

_NIK = re.compile(r"[0-9]{16}", re.ASCII)


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about one field; the text is `finding.<code>` in the language files. Holds no value."""

    level: Level
    field: str
    code: str


class BadNik(ValueError):
    """Not a NIK. `findings` says why; the digits are not in the message."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("nik: " + ", ".join(f.code for f in findings))
        self.findings = findings


def nik_errors(text: str) -> tuple[Finding, ...]:
    """What makes `text` impossible as a NIK; empty when it is one."""
    if not _NIK.fullmatch(text):
        return (Finding(Level.ERROR, "nik", "nik_not_16_digits"),)
    day, month, year = int(text[6:8]), int(text[8:10]), int(text[10:12])
    day -= 40 if day > 40 else 0
    found = []
    if not 1 <= day <= 31:
        found.append(Finding(Level.ERROR, "nik", "nik_day_impossible"))
    elif not 1 <= month <= 12:
        found.append(Finding(Level.ERROR, "nik", "nik_month_impossible"))
    # 00 may be 1900 (no leap year) or 2000: a date is impossible only if it is so in both centuries.
    elif all(day > calendar.monthrange(century + year, month)[1] for century in (1900, 2000)):
        found.append(Finding(Level.ERROR, "nik", "nik_date_impossible"))
    if text[12:] == "0000":
        found.append(Finding(Level.ERROR, "nik", "nik_serial_zero"))
    return tuple(found)


@dataclass(frozen=True, slots=True, repr=False)
class Nik:
    """Sixteen ASCII digits: region of first registration 6, DDMMYY 6 (day + 40 for women), serial 4. No check digit."""

    digits: str

    def __post_init__(self) -> None:
        if found := nik_errors(self.digits):
            raise BadNik(found)

    def __repr__(self) -> str:
        return f"Nik({self.masked})"

    __str__ = __repr__

    @property
    def masked(self) -> str:
        return f"{self.digits[:2]}{'*' * 10}{self.digits[12:]}"

    @property
    def region(self) -> str:
        """Province 2, kabupaten/kota 2, kecamatan 2: of first registration, possibly retired since."""
        return self.digits[:6]


class Sex(StrEnum):
    MALE = "LAKI-LAKI"
    FEMALE = "PEREMPUAN"


@dataclass(frozen=True, slots=True, repr=False)
class Biodata:
    """What is read out to the citizen and printed. Values as on the card: upper case Indonesian, dates as `date`.

    `region_code` is the village of the current address, ten digits, in the table named by `region_table` (the decree);
    the names beside it are those of that table at recording. Agama, status and pekerjaan are data, not enumerations:
    their spelling varies by system.
    """

    nik: Nik
    nama: str
    tempat_lahir: str
    tanggal_lahir: date
    jenis_kelamin: Sex
    golongan_darah: str
    alamat: str
    rt: str
    rw: str
    kelurahan: str
    kecamatan: str
    kabupaten: str
    provinsi: str
    region_code: str
    region_table: str
    agama: str
    status_perkawinan: str
    pekerjaan: str
    kewarganegaraan: str = "WNI"
    berlaku_hingga: str = "SEUMUR HIDUP"

    def __repr__(self) -> str:
        return f"Biodata({self.nik!r})"

    def to_json(self) -> dict[str, str]:
        """Every field as text; dates ISO 8601."""
        return {f.name: _as_text(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Biodata:
        """The inverse; `BadBiodata` names the first field that is missing, unknown or unreadable, `BadNik` the NIK."""
        known = {f.name for f in fields(cls)}
        if odd := (known ^ set(data)):
            raise BadBiodata(sorted(odd)[0], "missing or unknown")
        for name, value in data.items():
            if not isinstance(value, str):
                raise BadBiodata(name, "not text")
        try:
            birth = date.fromisoformat(str(data["tanggal_lahir"]))
        except ValueError:
            raise BadBiodata("tanggal_lahir", "not a date") from None
        try:
            sex = Sex(str(data["jenis_kelamin"]))
        except ValueError:
            raise BadBiodata("jenis_kelamin", "unknown") from None
        return cls(**{**data, "nik": Nik(str(data["nik"])), "tanggal_lahir": birth, "jenis_kelamin": sex})  # type: ignore[arg-type]


def _as_text(value: object) -> str:
    if isinstance(value, Nik):
        return value.digits
    return value.isoformat() if isinstance(value, date) else str(value)


class BadBiodata(ValueError):
    """A biodata record that cannot be read; names the field, never its value."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"biodata.{field_name}: {reason}")
        self.field, self.reason = field_name, reason


_REQUIRED = ("nama", "tempat_lahir", "alamat", "kelurahan", "kecamatan", "kabupaten", "provinsi", "agama", "pekerjaan")
_NAME_MAX = 60  # Permendagri 73/2022, spaces included; names from before it stay valid


@dataclass(frozen=True, slots=True)
class RegionStanding:
    """What the region tables say of a code: in force, retired (then: the decree it last stood in), or never seen."""

    in_force: bool
    last_decree: str | None = field(default=None)


def biodata_findings(
    biodata: Biodata, *, today: date, nik_region: RegionStanding, address_region: RegionStanding
) -> tuple[Finding, ...]:
    """Everything worth saying before the record goes on; only errors stop it."""
    found = [
        Finding(Level.ERROR, name, "empty") for name in _REQUIRED if not getattr(biodata, name).strip()
    ]
    # One quote in a value would break the chip's quoted list: the format has no escape.
    found += [
        Finding(Level.ERROR, f.name, "quote_or_control")
        for f in fields(biodata)
        for value in (getattr(biodata, f.name),)
        if isinstance(value, str) and (('"' in value) or any(ord(c) < 32 or ord(c) == 127 for c in value))
    ]
    if biodata.tanggal_lahir > today:
        found.append(Finding(Level.ERROR, "tanggal_lahir", "birth_in_future"))
    return (*found, *_warnings(biodata, nik_region, address_region))


def _warnings(biodata: Biodata, nik_region: RegionStanding, address_region: RegionStanding) -> list[Finding]:
    born, nik = biodata.tanggal_lahir, biodata.nik.digits
    day = int(nik[6:8])
    nik_unknown, address_unknown = (
        not region.in_force and region.last_decree is None for region in (nik_region, address_region)
    )
    checks = (
        ("nama", "name_one_word", len(biodata.nama.split()) == 1),
        ("nama", "name_too_long", len(biodata.nama) > _NAME_MAX),
        ("nama", "name_with_digits", any(c.isdigit() for c in biodata.nama)),
        ("nik", "nik_other_sex", (day > 40) != (biodata.jenis_kelamin is Sex.FEMALE)),
        ("nik", "nik_other_birth_date", (day % 40 or 40, nik[8:12]) != (born.day, f"{born:%m%y}")),
        ("nik", "nik_region_retired", not nik_region.in_force and not nik_unknown),
        ("nik", "nik_region_unknown", nik_unknown),
        ("region_code", "address_region_retired", not address_region.in_force and not address_unknown),
        ("region_code", "address_region_unknown", address_unknown),
        # The day given to those who know only their year of birth.
        ("tanggal_lahir", "birth_first_of_july", (born.month, born.day) == (7, 1)),
    )
    return [Finding(Level.WARNING, name, code) for name, code, holds in checks if holds]
