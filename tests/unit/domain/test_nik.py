"""A NIK is refused only for what no NIK can be; its digits are never shown, not even while it is refused."""

from __future__ import annotations

import traceback
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.citizen import BadNik, Level, Nik, nik_errors


def _codes(text: str) -> list[str]:
    return [finding.code for finding in nik_errors(text)]


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        ("9901017112909001", "a woman born on 31-12: day 71"),
        ("9901014212909001", "a woman born on 02-12: day 42"),
        ("9901015001909001", "a woman born on 10-01: day 50"),
        ("9901016101909001", "a woman born on 21-01: day 61"),
        ("9901014101909001", "a woman born on 01-01: day 41"),
        ("9901011001909001", "a man born on the 10th"),
        ("9901010901909001", "a man born on the 9th"),
        ("9901013112909001", "a man born on 31-12"),
        ("9901012902009001", "29-02-2000 was; 29-02-1900 was not"),
        ("9901016902009001", "a woman born on 29-02-2000"),
        ("9901012902049001", "29-02-1904 and 29-02-2004"),
        ("9901012902969001", "29-02-1996; 2096 is far"),
        ("9901010101269001", "born in 1926 or 2026: a hundred years are possible"),
        ("9901010101900001", "the first serial"),
        ("9901010101909999", "the last serial"),
        ("0000000101909001", "a region that never was is only a warning, and not the NIK's own"),
    ],
)
def test_a_possible_nik_is_accepted_with_all_its_digits(digits: str, why: str) -> None:
    assert nik_errors(digits) == (), why
    assert Nik(digits).digits == digits
    assert Nik(digits).region == digits[:6]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("9901010001909001", ["nik_day_impossible"]),
        ("9901013201909001", ["nik_day_impossible"]),
        ("9901014001909001", ["nik_day_impossible"]),
        ("9901017201909001", ["nik_day_impossible"]),
        ("9901019901909001", ["nik_day_impossible"]),
        ("9901010100909001", ["nik_month_impossible"]),
        ("9901010113909001", ["nik_month_impossible"]),
        ("9901012902019001", ["nik_date_impossible"]),
        ("9901016902019001", ["nik_date_impossible"]),
        ("9901013002009001", ["nik_date_impossible"]),
        ("9901013104909001", ["nik_date_impossible"]),
        ("9901010101900000", ["nik_serial_zero"]),
        ("9901010001900000", ["nik_day_impossible", "nik_serial_zero"]),
        ("", ["nik_not_16_digits"]),
        ("990101010190900", ["nik_not_16_digits"]),
        ("99010101019090011", ["nik_not_16_digits"]),
        ("9901010101909001\n", ["nik_not_16_digits"]),
        (" 901010101909001", ["nik_not_16_digits"]),
        ("99.0101010190900", ["nik_not_16_digits"]),
        ("+990101010190900", ["nik_not_16_digits"]),
        ("9_9010101019090", ["nik_not_16_digits"]),
        ("9.9010101019E+15", ["nik_not_16_digits"]),
        ("990101010190900O", ["nik_not_16_digits"]),
        ("٩٩٠١٠١٠١٠١٩٠٩٠٠١", ["nik_not_16_digits"]),
        ("９９０１０１０１０１９０９００１", ["nik_not_16_digits"]),
        ("990101010190900²", ["nik_not_16_digits"]),
    ],
)
def test_what_no_nik_can_be_is_refused_with_every_reason(text: str, codes: list[str]) -> None:
    assert _codes(text) == codes
    assert all(finding.level is Level.ERROR and finding.field == "nik" for finding in nik_errors(text))
    with pytest.raises(BadNik) as refused:
        Nik(text)
    assert refused.value.findings == nik_errors(text)


@pytest.mark.parametrize("value", [9901010101909001, 9901010101909001.0, b"9901010101909001", None])
def test_what_is_not_text_never_becomes_a_nik(value: object) -> None:
    with pytest.raises(TypeError) as refused:
        Nik(value)  # type: ignore[arg-type]
    assert "9901010101909001" not in str(refused.value)


@pytest.mark.parametrize("year", [0, 1, 4, 26, 90, 96])
def test_every_day_and_month_is_accepted_exactly_if_possible_in_some_century(year: int) -> None:
    for coded_day in range(100):
        # What the code means is written out here, not computed: 41 to 71 is a woman's 1 to 31.
        day = {**{d: d for d in range(1, 32)}, **dict(zip(range(41, 72), range(1, 32), strict=True))}.get(coded_day, 0)
        for month in range(100):
            possible = any(_exists(century + year, month, day) for century in (1900, 2000))
            digits = f"990101{coded_day:02}{month:02}{year:02}9001"
            assert (nik_errors(digits) == ()) is possible, digits


@pytest.mark.parametrize("year", range(100))
def test_29_february_is_accepted_in_exactly_the_years_that_may_have_been_leap_years(year: int) -> None:
    leap = _exists(1900 + year, 2, 29) or _exists(2000 + year, 2, 29)
    assert (nik_errors(f"9901012902{year:02}9001") == ()) is leap


@given(st.text(max_size=24))
def test_any_text_is_a_nik_or_is_refused_without_another_error(text: str) -> None:
    accepted = nik_errors(text) == ()
    if accepted:
        assert Nik(text).digits == text
    else:
        with pytest.raises(BadNik):
            Nik(text)


def test_no_way_of_showing_a_nik_shows_its_middle() -> None:
    nik = Nik("9901012712879001")
    shown = [repr(nik), str(nik), f"{nik}", f"{nik!r:>40}", nik.masked, repr([nik]), "%s" % nik]  # noqa: UP031
    for text in shown:
        assert "99**********9001" in text
        assert not any(c.isdigit() for c in text.replace("99**********9001", ""))


def test_a_refused_nik_leaves_no_digit_in_the_message_or_the_traceback() -> None:
    wrong = "9901017201900000"
    with pytest.raises(BadNik) as refused:
        Nik(wrong)
    told = str(refused.value) + repr(refused.value) + "".join(traceback.format_exception_only(refused.value))
    assert wrong not in told
    assert wrong[2:12] not in told
    assert not any(wrong[at : at + 3] in told for at in range(14))
