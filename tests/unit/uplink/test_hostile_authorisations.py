"""A print-ready record at odds with itself, its item or the time is never kept, and a good one is never lost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from station.central.admission import opened_package
from station.central.issuing import Grant, make_print_ready_record, sealed_record
from station.domain.canonical import canonical
from station.domain.citizen import Nik
from station.domain.print_ready_record import AUTHORISATION
from station.sealing.key_ring import StationKeyRing
from station.sealing.signatures import generate_issuer_key
from station.sealing.suites import seal
from station.wire import (
    DownlinkItem,
    DownlinkKind,
    ManifestEntry,
    print_ready_record_context,
)
from station.wire.fields import as_text


def give(at_work: Any, office: Any, tools: Any, **changes: Any) -> None:
    """The centre sends a print-ready record that it should not have made."""
    parts = at_work.centre.parts
    keys = changes.pop("keys", parts.keys)
    seal_to = changes.pop("seal_to", office.ring.sealing.public)
    grant = Grant("a-bad", "s-1", at_work.clock.now() + timedelta(days=1))
    record = parts.catalogue.records.get("r-1")
    package = opened_package(
        parts.bodies.get(record.sha256), "s-1", ManifestEntry("r-1", record.sha256, record.size), parts.keys.sealing
    )
    ready = make_print_ready_record(package, grant, tools, keys.issuer)
    ready = dataclasses.replace(ready, **changes)
    sealed = sealed_record(dataclasses.replace(ready, station_id="s-1", authorisation_id="a-bad"), seal_to)
    if "station_id" in changes:
        context = print_ready_record_context("s-1", "a-bad")
        sealed = seal(canonical(ready.to_json()), seal_to, context=context)
    facts = {"authorisation_id": "a-bad", "valid_until": as_text(ready.valid_until)}
    item = DownlinkItem(
        "s-1", 0, DownlinkKind.PRINT_READY_RECORD, "r-1", at_work.clock.now(), facts, parts.bodies.put(sealed),
        len(sealed),
    )
    parts.catalogue.transact(lambda: parts.catalogue.downlinks.add(item))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda at_work: {"valid_until": at_work.clock.now()}, "it has expired"),
        (lambda _: {"station_id": "s-2"}, "it names another authorisation, record or station"),
        (lambda _: {"record_id": "r-2"}, "it names another authorisation, record or station"),
        (lambda _: {"seal_to": StationKeyRing.generate(2).sealing.public}, "it is not sealed to this station"),
        (
            lambda at_work: {"keys": dataclasses.replace(at_work.centre.parts.keys, issuer=generate_issuer_key())},
            "the issuer did not sign its chip's files",
        ),
    ],
)
def test_wrong_print_ready_record_is_refused_for_good(
    office: Any, at_work: Any, tools: Any, wrong: Callable[[Any], dict[str, Any]], why: str
) -> None:
    office.record("r-1")
    office.turn()
    give(at_work, office, tools, **wrong(at_work))
    report = office.turn()
    assert report.problems == (f"print_ready_record_refused 2 {why}",)
    assert office.log.subjects(AUTHORISATION.name) == []
    assert office.turn().problems == ()


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("nik", Nik("9901010101909999")),
        ("nama", "ORANG LAIN"),
        ("alamat", "JL. LAIN NO. 2"),
        ("tanggal_lahir", date(1991, 2, 2)),
        ("berlaku_hingga", "01-01-2031"),
        ("kewarganegaraan", "WNA"),
    ],
)
def test_face_and_chip_that_differ_in_a_printed_field_are_refused(
    office: Any, at_work: Any, tools: Any, field: str, other: Any
) -> None:
    office.record("r-1")
    office.turn()
    record = at_work.centre.parts.catalogue.records.get("r-1")
    assert record is not None
    parts = at_work.centre.parts
    entry = ManifestEntry("r-1", record.sha256, record.size)
    package = opened_package(parts.bodies.get(record.sha256), "s-1", entry, parts.keys.sealing)
    give(at_work, office, tools, biodata=dataclasses.replace(package.biodata, **{field: other}))
    why = f"its chip is of another person than its face: {field}"
    assert office.turn().problems == (f"print_ready_record_refused 2 {why}",)


def test_printed_signature_that_the_issuer_did_not_sign_is_refused(office: Any, at_work: Any, tools: Any) -> None:
    office.record("r-1")
    office.turn()
    give(at_work, office, tools, signature=bytes(168 * 44 // 8))
    why = "its chip is of another person than its face: signature"
    assert office.turn().problems == (f"print_ready_record_refused 2 {why}",)


def test_second_authorisation_waits_until_the_first_is_no_longer_open(office: Any, at_work: Any, tools: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    (first,) = office.log.subjects(AUTHORISATION.name)
    give(at_work, office, tools)
    report = office.turn()
    assert report.problems == ("another_authorisation_open r-1",)
    assert len(office.log.subjects(AUTHORISATION.name)) == 1
    at_work.issuer.revoke(first.id, "moved")
    office.turn()
    assert office.turn().print_ready_records == 1
    assert {s.id: s.state for s in office.log.subjects(AUTHORISATION.name)} == {
        first.id: "revoked", "a-bad": "reserved"
    }


def test_authorisation_that_lapsed_unprinted_gives_way_to_a_new_one(
    office: Any, at_work: Any, tools: Any, clock: Any
) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    (first,) = office.log.subjects(AUTHORISATION.name)
    clock.forward(days=91)
    give(at_work, office, tools)
    report = office.turn()
    assert (report.print_ready_records, report.problems) == (1, ())
    assert {s.id: s.state for s in office.log.subjects(AUTHORISATION.name)} == {
        first.id: "expired", "a-bad": "reserved"
    }


class Ahead:
    def __init__(self, clock: Any) -> None:
        self._clock = clock

    def now(self) -> Any:
        return self._clock.now() + timedelta(days=120)


def test_authorisation_that_lapsed_by_a_wrong_clock_only_stays(
    office: Any, at_work: Any, tools: Any, clock: Any
) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    (first,) = office.log.subjects(AUTHORISATION.name)
    give(at_work, office, tools, valid_until=clock.now() + timedelta(days=200))
    report = office.turn(clock=Ahead(clock))
    assert "another_authorisation_open r-1" in report.problems
    assert {s.id: s.state for s in office.log.subjects(AUTHORISATION.name)} == {first.id: "reserved"}


def test_print_ready_record_that_lapsed_by_both_clocks_is_refused_for_good(
    office: Any, at_work: Any, tools: Any, clock: Any
) -> None:
    office.record("r-1")
    office.turn()
    give(at_work, office, tools, valid_until=clock.now() - timedelta(days=1))
    assert "print_ready_record_refused 2 it has expired" in office.turn(clock=Ahead(clock)).problems
    assert office.turn().problems == ()


def test_print_ready_record_outlives_a_turn_with_a_clock_far_ahead(office: Any, at_work: Any, clock: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    report = office.turn(clock=Ahead(clock))
    assert report.print_ready_records == 0
    assert "print_ready_record_waits_for_clock 3" in report.problems
    report = office.turn()
    assert (report.print_ready_records, report.problems) == (1, ())
