"""A print-ready record comes back whole from JSON; a bad one is refused by the name of the field, never its value."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from drivers.contracts.chip_profile import ChipFiles
from station.domain.citizen import BadBiodata, BadNik, Biodata
from station.domain.print_ready_record import BadPrintReadyRecord, PrintReadyRecord

SECRET = "UkFIQVNJQQ"  # what a value looks like when it leaks


@pytest.fixture
def record(biodata: Biodata) -> PrintReadyRecord:
    return PrintReadyRecord(
        authorisation_id="a-1",
        record_id="r-1",
        station_id="s-1",
        valid_until=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        biodata=biodata,
        photo=bytes(range(256)),
        signature=b"\x01" * 924,
        chip=ChipFiles(
            photo=b"\xff\xd8photo",
            biodata=b'"9901"',
            signature=b"",
            minutiae=(b"FMR\x00right", b"FMR\x00left"),
            issuer_signature=b"\x30\x45",
        ),
        issuer_key="issuer-1",
    )


def _put(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(data)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def test_a_record_comes_back_whole(record: PrintReadyRecord) -> None:
    assert PrintReadyRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("templates", [(), (b"one",)])
def test_a_record_of_a_citizen_with_fewer_fingers_comes_back_whole(
    record: PrintReadyRecord, templates: tuple[bytes, ...]
) -> None:
    data = record.to_json()
    data["chip"]["minutiae"] = data["chip"]["minutiae"][: len(templates)]
    assert len(PrintReadyRecord.from_json(data).chip.minutiae) == len(templates)


def test_the_moment_of_another_time_zone_is_the_same_moment(record: PrintReadyRecord) -> None:
    jakarta = timezone(timedelta(hours=7))
    data = record.to_json() | {"valid_until": record.valid_until.astimezone(jakarta).isoformat()}
    assert PrintReadyRecord.from_json(data).valid_until == record.valid_until


_TEXTS: tuple[tuple[str, ...], ...] = (
    ("authorisation_id",),
    ("record_id",),
    ("station_id",),
    ("valid_until",),
    ("issuer_key",),
    ("photo",),
    ("signature",),
    ("chip", "photo"),
    ("chip", "biodata"),
    ("chip", "signature"),
    ("chip", "issuer_signature"),
)
_BYTES = _TEXTS[5:]


@pytest.mark.parametrize("path", [*_TEXTS, ("biodata",), ("chip",), ("chip", "minutiae")])
def test_a_missing_field_is_named(record: PrintReadyRecord, path: tuple[str, ...]) -> None:
    data = record.to_json()
    (data["chip"] if len(path) == 2 else data).pop(path[-1])
    with pytest.raises(BadPrintReadyRecord, match=f"^{path[-1]}: missing$"):
        PrintReadyRecord.from_json(data)


@pytest.mark.parametrize("path", _TEXTS)
@pytest.mark.parametrize("value", [None, 5, True, [SECRET], {SECRET: SECRET}])
def test_a_field_that_is_not_text_is_named(record: PrintReadyRecord, path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(BadPrintReadyRecord, match=f"^{path[-1]}: not text$"):
        PrintReadyRecord.from_json(_put(record.to_json(), path, value))


@pytest.mark.parametrize("path", [*_BYTES, ("chip", "minutiae", 1)])
@pytest.mark.parametrize("value", ["*", SECRET, "QUJ\nD", "QUJD é", "QQ==QQ==", "QU-_"])
def test_bytes_that_are_not_base64_are_named_and_not_shown(
    record: PrintReadyRecord, path: tuple[str | int, ...], value: str
) -> None:
    name = [step for step in path if isinstance(step, str)][-1]
    with pytest.raises(BadPrintReadyRecord) as refused:
        PrintReadyRecord.from_json(_put(record.to_json(), path, value))
    assert str(refused.value) == f"{name}: not base64"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("valid_until",), "soon", "valid_until: not a time"),
        (("valid_until",), "2026-03-01T12:30:00", "valid_until: no time zone"),
        (("biodata",), ["nik"], "biodata: not an object"),
        (("biodata",), None, "biodata: not an object"),
        (("chip",), SECRET, "chip: not an object"),
        (("chip",), [], "chip: not an object"),
        (("chip", "minutiae"), "", "minutiae: not a list"),
        (("chip", "minutiae"), SECRET, "minutiae: not a list"),
        (("chip", "minutiae"), {"0": "QQ=="}, "minutiae: not a list"),
        (("chip", "minutiae"), None, "minutiae: not a list"),
        (("chip", "minutiae"), [5], "minutiae: not text"),
    ],
)
def test_a_bad_value_is_named_and_not_shown(
    record: PrintReadyRecord, path: tuple[str, ...], value: Any, message: str
) -> None:
    with pytest.raises(BadPrintReadyRecord) as refused:
        PrintReadyRecord.from_json(_put(record.to_json(), path, value))
    assert str(refused.value) == message


@pytest.mark.parametrize("data", [None, 5, "text", [], [["chip"]]])
def test_what_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(BadPrintReadyRecord, match="not an object"):
        PrintReadyRecord.from_json(data)


def test_bad_biodata_inside_are_refused_by_their_own_field(record: PrintReadyRecord, biodata: Biodata) -> None:
    # A list of exactly the field names was once taken for the object itself.
    with pytest.raises(BadPrintReadyRecord, match=r"^biodata: not an object$"):
        PrintReadyRecord.from_json(record.to_json() | {"biodata": list(biodata.to_json())})
    with pytest.raises(BadBiodata, match=r"^biodata\.agama: not text$"):
        PrintReadyRecord.from_json(_put(record.to_json(), ("biodata", "agama"), 1))
    with pytest.raises(BadNik, match=r"^nik: nik_not_16_digits$"):
        PrintReadyRecord.from_json(_put(record.to_json(), ("biodata", "nik"), "12"))


def test_a_record_shows_its_identifier_and_nothing_of_the_citizen(record: PrintReadyRecord) -> None:
    assert repr(record) == str(record) == "PrintReadyRecord(a-1)"
