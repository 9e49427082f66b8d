"""Biodata may contradict the NIK and be right: only what cannot be printed, or cannot be, stops a recording."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.citizen import (
    BadBiodata,
    BadNik,
    Biodata,
    Finding,
    Level,
    Nik,
    RegionStanding,
    Sex,
    biodata_findings,
)
from station.languages import LANGUAGES, texts

TODAY = date(2026, 1, 15)
IN_FORCE = RegionStanding(in_force=True, last_decree="contoh")
RETIRED = RegionStanding(in_force=False, last_decree="contoh lama")
NEVER_SEEN = RegionStanding(in_force=False)


def _found(
    biodata: Biodata,
    nik_region: RegionStanding = IN_FORCE,
    address_region: RegionStanding = IN_FORCE,
) -> tuple[Finding, ...]:
    return biodata_findings(biodata, today=TODAY, nik_region=nik_region, address_region=address_region)


def _error(name: str, code: str) -> tuple[Finding, ...]:
    return (Finding(Level.ERROR, name, code),)


def _warning(name: str, code: str) -> tuple[Finding, ...]:
    return (Finding(Level.WARNING, name, code),)


def test_biodata_that_agree_with_the_nik_raise_nothing(biodata: Biodata) -> None:
    assert _found(biodata) == ()


def test_a_woman_whose_nik_says_day_plus_40_raises_nothing(biodata: Biodata) -> None:
    woman = replace(biodata, nik=Nik("9901017112909001"), jenis_kelamin=Sex.FEMALE, tanggal_lahir=date(1990, 12, 31))
    assert _found(woman) == ()


def test_a_birth_in_1926_agrees_with_a_nik_of_year_26(biodata: Biodata) -> None:
    assert _found(replace(biodata, nik=Nik("9901011508269001"), tanggal_lahir=date(1926, 8, 15))) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nama": "CONTOH"}, _warning("nama", "name_one_word")),
        ({"nama": " WARGA "}, _warning("nama", "name_one_word")),
        ({"nama": "A " + "B" * 58}, ()),
        ({"nama": "A " + "B" * 59}, _warning("nama", "name_too_long")),
        ({"nama": "CONTOH 2"}, _warning("nama", "name_with_digits")),
        ({"jenis_kelamin": Sex.FEMALE}, _warning("nik", "nik_other_sex")),
        ({"nik": Nik("9901015508909001")}, _warning("nik", "nik_other_sex")),
        ({"tanggal_lahir": date(1990, 8, 16)}, _warning("nik", "nik_other_birth_date")),
        ({"tanggal_lahir": date(1990, 9, 15)}, _warning("nik", "nik_other_birth_date")),
        ({"tanggal_lahir": date(1991, 8, 15)}, _warning("nik", "nik_other_birth_date")),
        (
            {"tanggal_lahir": date(1990, 7, 1), "nik": Nik("9901010107909001")},
            _warning("tanggal_lahir", "birth_first_of_july"),
        ),
    ],
)
def test_what_is_unusual_but_possible_is_a_warning(
    biodata: Biodata, changes: dict[str, object], expected: tuple[Finding, ...]
) -> None:
    assert _found(replace(biodata, **changes)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("nik_region", "address_region", "expected"),
    [
        (RETIRED, IN_FORCE, _warning("nik", "nik_region_retired")),
        (NEVER_SEEN, IN_FORCE, _warning("nik", "nik_region_unknown")),
        (IN_FORCE, RETIRED, _warning("region_code", "address_region_retired")),
        (IN_FORCE, NEVER_SEEN, _warning("region_code", "address_region_unknown")),
    ],
)
def test_a_region_code_out_of_force_never_stops_a_recording(
    biodata: Biodata, nik_region: RegionStanding, address_region: RegionStanding, expected: tuple[Finding, ...]
) -> None:
    assert _found(biodata, nik_region, address_region) == expected


_TEXTS = [f.name for f in fields(Biodata) if f.name not in ("nik", "tanggal_lahir", "jenis_kelamin")]


@pytest.mark.parametrize("name", _TEXTS)
@pytest.mark.parametrize("character", ['"', "\x00", "\n", "\t", "\x1f", "\x7f"])
def test_a_quote_or_control_character_is_an_error_in_any_field(biodata: Biodata, name: str, character: str) -> None:
    broken = replace(biodata, **{name: f"CONTOH{character} WARGA"})  # type: ignore[arg-type]
    assert Finding(Level.ERROR, name, "quote_or_control") in _found(broken)


@pytest.mark.parametrize("name", _TEXTS)
def test_an_apostrophe_or_an_accent_is_no_error(biodata: Biodata, name: str) -> None:
    assert _found(replace(biodata, **{name: "NUR'AINI BÉ"})) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    ["nama", "tempat_lahir", "alamat", "kelurahan", "kecamatan", "kabupaten", "provinsi", "agama", "pekerjaan"],
)
@pytest.mark.parametrize("nothing", ["", "   "])
def test_an_empty_field_that_the_card_needs_is_an_error(biodata: Biodata, name: str, nothing: str) -> None:
    assert _found(replace(biodata, **{name: nothing})) == _error(name, "empty")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("born", "nik", "expected"),
    [
        (TODAY, "9901011501269001", ()),
        (date(2026, 1, 16), "9901011601269001", _error("tanggal_lahir", "birth_in_future")),
    ],
)
def test_a_birth_after_today_is_an_error_and_today_is_none(
    biodata: Biodata, born: date, nik: str, expected: tuple[Finding, ...]
) -> None:
    assert _found(replace(biodata, tanggal_lahir=born, nik=Nik(nik))) == expected


def test_everything_wrong_is_said_at_once_and_every_finding_has_its_texts(biodata: Biodata) -> None:
    worst = replace(
        biodata,
        nama='9"' + "X" * 60,
        alamat=" ",
        tanggal_lahir=date(2031, 7, 1),
        jenis_kelamin=Sex.FEMALE,
    )
    found = _found(worst, RETIRED, NEVER_SEEN)
    assert [f.code for f in found] == [
        "empty",
        "quote_or_control",
        "birth_in_future",
        "name_one_word",
        "name_too_long",
        "name_with_digits",
        "nik_other_sex",
        "nik_other_birth_date",
        "nik_region_retired",
        "address_region_unknown",
        "birth_first_of_july",
    ]
    for language in LANGUAGES:
        assert all(texts(language)[f"finding.{f.code}"] for f in found)


def test_findings_hold_no_value_of_the_citizen(biodata: Biodata) -> None:
    told = repr(_found(replace(biodata, nama="RAHASIA", jenis_kelamin=Sex.FEMALE)))
    assert "RAHASIA" not in told
    assert biodata.nik.digits[2:12] not in told


def test_biodata_do_not_show_themselves(biodata: Biodata) -> None:
    for text in (repr(biodata), str(biodata), f"{biodata}"):
        assert text == "Biodata(Nik(99**********9001))"


# --- JSON ---


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    values=st.fixed_dictionaries(dict.fromkeys(_TEXTS, _texts)),
    born=st.dates(),
    sex=st.sampled_from(Sex),
)
def test_biodata_come_back_whole_from_json(values: dict[str, str], born: date, sex: Sex) -> None:
    biodata = Biodata(nik=Nik("9901011508909001"), tanggal_lahir=born, jenis_kelamin=sex, **values)
    assert Biodata.from_json(biodata.to_json()) == biodata


@pytest.mark.parametrize("name", [f.name for f in fields(Biodata)])
def test_a_missing_field_is_named(biodata: Biodata, name: str) -> None:
    data = {key: value for key, value in biodata.to_json().items() if key != name}
    with pytest.raises(BadBiodata, match=rf"^biodata\.{name}: missing or unknown$") as refused:
        Biodata.from_json(data)
    assert refused.value.field == name


def test_an_unknown_field_is_named(biodata: Biodata) -> None:
    with pytest.raises(BadBiodata, match=r"^biodata\.gelar: missing or unknown$"):
        Biodata.from_json({**biodata.to_json(), "gelar": "DR."})


@pytest.mark.parametrize("name", [f.name for f in fields(Biodata)])
@pytest.mark.parametrize("value", [None, 5, True, ["x"], {"x": "y"}])
def test_a_field_that_is_not_text_is_named_and_not_shown(biodata: Biodata, name: str, value: object) -> None:
    with pytest.raises(BadBiodata, match=rf"^biodata\.{name}: not text$"):
        Biodata.from_json({**biodata.to_json(), name: value})


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("tanggal_lahir", "15-08-1990", "not a date"),
        ("tanggal_lahir", "1990-02-30", "not a date"),
        ("tanggal_lahir", "", "not a date"),
        ("jenis_kelamin", "LAKI", "unknown"),
        ("jenis_kelamin", "laki-laki", "unknown"),
    ],
)
def test_an_unreadable_value_is_named_and_not_shown(biodata: Biodata, name: str, value: str, reason: str) -> None:
    with pytest.raises(BadBiodata) as refused:
        Biodata.from_json({**biodata.to_json(), name: value})
    assert str(refused.value) == f"biodata.{name}: {reason}"


def test_an_impossible_nik_is_refused_as_such(biodata: Biodata) -> None:
    with pytest.raises(BadNik, match=r"^nik: nik_day_impossible$"):
        Biodata.from_json({**biodata.to_json(), "nik": "9901017208909001"})
