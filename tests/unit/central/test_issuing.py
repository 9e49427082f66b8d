"""One card for one person: the single get a record that only their station can open, the others are told why."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from drivers.contracts.parts import Finger
from station.central.issuing import chip_templates
from station.chip_data import parse_biodata_text
from station.domain.print_ready_record import PrintReadyRecord
from station.package import MissingPart
from station.ports import BodyDamaged
from station.sealing.suites import BadSeal, open_sealed
from station.wire import DownlinkItem, DownlinkQuery, print_ready_record_context


def items(station: Any, after: int = 0) -> list[tuple[DownlinkItem, bytes]]:
    page = station.centre.downlink(station.known, DownlinkQuery(after=after))
    key = station.centre.parts.keys.signing.public
    return [(DownlinkItem.verified(signed.item, key), signed.inline) for signed in page.items]


def words(station: Any) -> list[str]:
    return [str(item.facts["status"]) for item, _ in items(station) if item.kind == "status"]


def test_single_person_gets_a_record_that_only_this_station_opens(
    station: Any, other_station: Any, issue: Any, clock: Any, centre: Any
) -> None:
    station.send("r-1")
    issue()
    assert words(station) == ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]
    item, body = items(station)[-1]
    context = print_ready_record_context("s-1", item.text("authorisation_id"))
    record = PrintReadyRecord.from_json(json.loads(open_sealed(body, station.sealing, context=context)))
    assert (record.record_id, record.station_id) == ("r-1", "s-1")
    assert record.valid_until == clock.now() + timedelta(days=90)
    centre.parts.keys.issuer.public.verify(record.chip.issuer_signature, record.chip.signed_content())
    assert parse_biodata_text(record.chip.biodata)[0] == record.biodata.nik.digits
    assert parse_biodata_text(record.chip.biodata)[17:19] == ["2", "7"]
    assert record.chip.minutiae == (b"minutiae of finger right_index", b"minutiae of finger left_index")
    with pytest.raises(BadSeal):
        open_sealed(body, other_station.sealing, context=context)
    assert items(other_station) == []


def test_numbers_of_a_station_have_no_gaps(station: Any, other_station: Any, issue: Any) -> None:
    station.send("r-1", serial=1)
    other_station.send("r-2", serial=2)
    station.send("r-3", serial=3)
    issue()
    assert [item.seq for item, _ in items(station)] == list(range(1, 7))
    assert [item.seq for item, _ in items(other_station)] == [1, 2, 3]


def test_nothing_is_issued_before_it_is_due(station: Any, clock: Any, tmp_path: Any, centre: Any, issuer: Any) -> None:
    later = dataclasses.replace(centre.parts, prr_delay=timedelta(hours=2))
    centre.parts = later
    station.send("r-1")
    assert issuer.look() == []
    assert issuer.wait_s(most_s=1e9) == pytest.approx(7200)
    clock.forward(hours=2)
    assert len(issuer.look()) == 1


def test_person_recorded_twice_gets_one_card(station: Any, other_station: Any, issue: Any, clock: Any) -> None:
    station.send("r-1", serial=1)
    issue()
    clock.forward(days=3)
    other_station.send("r-2", serial=1)
    issue()
    assert words(station) == ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]
    assert words(other_station) == ["RECEIVED_AT_CENTRAL", "DUPLICATE_RECORD"]
    assert [item.kind for item, _ in items(other_station)] == ["status", "status"]


def test_of_two_recordings_that_wait_the_first_is_the_one(station: Any, issue: Any, clock: Any) -> None:
    station.send("r-b", serial=1)
    clock.forward(seconds=1)
    station.send("r-a", serial=1)
    issue()
    last = {item.record_id: item.facts["status"] for item, _ in items(station) if item.kind == "status"}
    assert last == {"r-b": "PRINT_READY_RECORD", "r-a": "DUPLICATE_RECORD"}


def test_issuing_twice_gives_one_authorisation(station: Any, issuer: Any, centre: Any) -> None:
    station.send("r-1")
    (first,), (second,) = issuer.look(), issuer.look()
    issuer.keep(first, issuer.make(first))
    issuer.keep(second, issuer.make(second))
    assert len(centre.parts.catalogue.downlinks.authorisations_of("r-1")) == 1
    assert words(station) == ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]


def test_face_that_cannot_be_used_goes_back_to_the_region(station: Any, issue_with: Any, tools: Any) -> None:
    def portrait(record: bytes) -> tuple[bytes, bytes]:
        raise ValueError("no face found")

    station.send("r-1")
    issue_with(dataclasses.replace(tools, portrait=portrait))
    assert words(station) == ["RECEIVED_AT_CENTRAL", "ENROLL_FAILURE_AT_CENTRAL"]


def test_one_whose_record_failed_may_be_recorded_again(station: Any, issue: Any, issue_with: Any, tools: Any) -> None:
    station.send("r-1")
    issue_with(dataclasses.replace(tools, portrait=lambda _: 1 / 0))
    station.send("r-2")
    issue()
    assert words(station)[-2:] == ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]


def test_record_that_cannot_be_read_now_waits_and_the_others_go_on(
    station: Any, issuer: Any, clock: Any, tmp_path: Any
) -> None:
    body = station.send("r-1", serial=1)
    station.send("r-2", serial=2)
    jobs = {job.record.record_id: job for job in issuer.look()}
    sha256 = jobs["r-1"].record.sha256
    path = tmp_path / "centre" / "bodies" / "whole" / sha256[:2] / sha256
    path.write_bytes(b"rotten")
    with pytest.raises(BodyDamaged):
        issuer.make(jobs["r-1"])
    issuer.postpone(jobs["r-1"].record)
    assert [job.record.record_id for job in issuer.look()] == ["r-2"]
    path.write_bytes(body)
    clock.forward(minutes=5)
    assert [job.record.record_id for job in issuer.look()] == ["r-2", "r-1"]


def test_person_without_fingers_gets_a_card(make_package: Any, tools: Any) -> None:
    whole = make_package("s-1", "r-1")
    none = dataclasses.replace(
        whole, captures=whole.captures[:1], missing=(MissingPart("right_index", "amputated", "op"),)
    )
    assert chip_templates(none, tools) == []


def test_finger_that_gives_no_template_makes_room_for_the_best_of_the_rest(make_package: Any, tools: Any) -> None:
    package = make_package("s-1", "r-1")
    poor = tuple(
        dataclasses.replace(part, record=b"unusable") if part.part == "left_index" else part
        for part in package.captures
    )
    found = chip_templates(dataclasses.replace(package, captures=poor), tools)
    assert [finger for finger, _ in found] == [Finger.RIGHT_INDEX, Finger.LEFT_THUMB]


def test_revocation_reaches_the_station_once(station: Any, issue: Any, issuer: Any, centre: Any) -> None:
    station.send("r-1")
    issue()
    (given,) = centre.parts.catalogue.downlinks.authorisations_of("r-1")
    assert issuer.revoke(given.authorisation_id, "moved")
    assert not issuer.revoke(given.authorisation_id, "moved")
    item, _ = items(station)[-1]
    assert (item.kind, item.facts["reason"]) == ("revocation", "moved")


def test_body_is_given_to_the_station_it_is_for_and_to_no_other(
    station: Any, other_station: Any, issue: Any, centre: Any
) -> None:
    from station.central.declined import Declined

    station.send("r-1")
    issue()
    item, inline = items(station)[-1]
    assert centre.body(station.known, item.body_sha256) == inline
    with pytest.raises(Declined, match="unknown_body"):
        centre.body(other_station.known, item.body_sha256)


def test_no_name_or_nik_is_in_the_catalogue(station: Any, issue: Any, tmp_path: Any) -> None:
    station.send("r-1")
    station.send_log()
    issue()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "centre").rglob("*") if path.is_file())
    assert b"990101010190" not in kept
    assert b"CONTOH WARGA" not in kept
