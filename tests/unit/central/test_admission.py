"""A body becomes a record only when it is this station's own package; it gets a receipt when the log says so too."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import pytest

from station.central.declined import Declined
from station.sealing.suites import generate_sealing_key, seal
from station.wire import (
    GENESIS,
    BadMessage,
    LogAck,
    LogHead,
    LogPage,
    Manifest,
    ManifestEntry,
    Receipt,
    Refusal,
    enrolment_context,
)


def statuses(centre: Any, record_id: str) -> list[str]:
    return centre.parts.catalogue.records.statuses(record_id)


def refusal(station: Any, record_id: str) -> str:
    reply = station.send_log(record_id)
    assert reply.receipts == ()
    (signed,) = reply.refusals
    return Refusal.verified(signed, station.centre.parts.keys.signing.public).reason


def test_record_gets_a_receipt_once_body_and_log_are_here(centre: Any, station: Any) -> None:
    body = station.send("r-1")
    (signed,) = station.send_log("r-1").receipts
    receipt = Receipt.verified(signed, centre.parts.keys.signing.public)
    assert (receipt.station_id, receipt.record_id, receipt.size, receipt.epoch) == ("s-1", "r-1", len(body), 1)
    assert receipt.sha256 == hashlib.sha256(body).hexdigest()
    assert receipt.head_hash == station.lines[-1].hash
    assert statuses(centre, "r-1") == ["RECEIVED_AT_CENTRAL"]


def test_body_without_its_log_entry_gets_no_receipt_yet(station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    station.upload("r-1", body)
    reply = station.send_log("r-1")
    assert (reply.receipts, reply.refusals) == ((), ())


def test_log_entry_without_its_body_gets_no_receipt_yet(station: Any, make_package: Any) -> None:
    station.log_seal("r-1", station.sealed(make_package("s-1", "r-1")))
    reply = station.send_log("r-1")
    assert (reply.receipts, reply.refusals) == ((), ())


def test_same_upload_twice_is_one_record(centre: Any, station: Any) -> None:
    body = station.send("r-1")
    assert station.upload("r-1", body).complete
    sha256, offset = station.announce("r-1", body)
    assert offset is None
    assert centre.chunk(station.known, sha256, 0, body[:10]).complete
    assert centre.parts.catalogue.records.count() == 1
    assert centre.parts.catalogue.records.refusals("s-1", "r-1") == []
    assert statuses(centre, "r-1") == ["RECEIVED_AT_CENTRAL"]


def test_cut_upload_goes_on_where_it_broke_off(centre: Any, station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1", padding=700_000))
    sha256, offset = station.announce("r-1", body)
    assert offset == 0
    centre.chunk(station.known, sha256, 0, body[:100_000])
    assert station.announce("r-1", body) == (sha256, 100_000)
    assert station.upload("r-1", body).complete
    assert centre.parts.bodies.get(sha256) == body


def test_chunk_at_a_wrong_offset_is_told_the_right_one(centre: Any, station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    centre.chunk(station.known, sha256, 0, body[:100])
    for offset in (0, 99, 101):
        with pytest.raises(Declined) as caught:
            centre.chunk(station.known, sha256, offset, b"x")
        assert (caught.value.problem.code, caught.value.problem.held) == ("wrong_offset", 100)
    assert station.announce("r-1", body) == (sha256, 100)


def test_bytes_that_are_not_those_of_the_hash_begin_again(centre: Any, station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    with pytest.raises(Declined, match="body_damaged"):
        centre.chunk(station.known, sha256, 0, bytes(len(body)))
    assert station.announce("r-1", body) == (sha256, 0)
    assert station.upload("r-1", body).complete


def test_body_that_no_manifest_named_is_not_taken(centre: Any, station: Any) -> None:
    with pytest.raises(Declined, match="unknown_body"):
        centre.chunk(station.known, "ab" * 32, 0, b"x")


def test_body_longer_than_announced_is_not_taken(centre: Any, station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    with pytest.raises(Declined, match="too_large"):
        centre.chunk(station.known, sha256, 0, body + b"x")


def test_bytes_under_anothers_hash_do_not_spoil_the_others_upload(
    centre: Any, station: Any, other_station: Any, make_package: Any
) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    other_station.announce("r-1", body)
    centre.chunk(other_station.known, sha256, 0, bytes(50))
    assert station.upload("r-1", body).complete


def send_bad(station: Any, record_id: str, body: bytes) -> None:
    station.log_seal(record_id, body)
    assert station.upload(record_id, body).complete


def test_package_of_another_station_is_refused(station: Any, other_station: Any, make_package: Any) -> None:
    send_bad(station, "r-1", other_station.sealed(make_package("s-2", "r-1")))
    assert refusal(station, "r-1") == "not_openable"


def test_package_that_names_another_station_inside_is_refused(station: Any, make_package: Any) -> None:
    send_bad(station, "r-1", station.sealed(make_package("s-2", "r-1")))
    assert refusal(station, "r-1") == "other_station"


def test_package_of_another_record_is_refused(station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-9"))
    send_bad(station, "r-1", body)
    assert refusal(station, "r-1") == "not_openable"


@pytest.mark.parametrize(
    ("body", "reason"), [(b"no seal at all", "no_seal"), (b"EKS1" + bytes(200), "unknown_sealing_key")]
)
def test_what_is_no_seal_for_this_centre_is_refused(station: Any, body: bytes, reason: str) -> None:
    send_bad(station, "r-1", body)
    assert refusal(station, "r-1") == reason


def test_seal_to_a_foreign_centre_is_refused(station: Any) -> None:
    foreign = generate_sealing_key().public
    send_bad(station, "r-1", seal(b"x", foreign, context=enrolment_context("s-1", "r-1")))
    assert refusal(station, "r-1") == "unknown_sealing_key"


def test_corrupt_package_is_refused_with_the_member_while_the_rest_goes_on(station: Any, centre: Any) -> None:
    junk = seal(b"PK junk", station.centre_key, context=enrolment_context("s-1", "r-1"))
    send_bad(station, "r-1", junk)
    station.send("r-2")
    assert refusal(station, "r-1") == "bad_package: package"
    assert len(station.send_log("r-2").receipts) == 1
    assert centre.parts.catalogue.records.count() == 1


def test_record_is_never_replaced_by_other_content(station: Any, make_package: Any, centre: Any) -> None:
    station.send("r-1")
    again = station.sealed(make_package("s-1", "r-1", serial=2))
    assert station.upload("r-1", again).complete
    station.send_log()
    records = centre.parts.catalogue.records
    assert [reason for _, reason in records.refusals("s-1", "r-1")] == ["held_with_other_content"]
    assert len(station.send_log("r-1").receipts) == 1  # for the first


def test_record_id_of_another_station_is_refused(station: Any, other_station: Any) -> None:
    station.send("r-1")
    other_station.send("r-1", serial=2)
    assert refusal(other_station, "r-1") == "held_for_other_station"
    assert len(station.send_log("r-1").receipts) == 1


def test_row_that_a_crash_left_out_is_made_by_the_next_manifest(centre: Any, station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    centre.parts.bodies.append("s-1", sha256, 0, body)
    centre.parts.bodies.finish("s-1", sha256)  # and here it stopped
    assert centre.parts.catalogue.records.count() == 0
    assert station.announce("r-1", body) == (sha256, None)
    assert centre.parts.catalogue.records.count() == 1


def test_last_chunk_after_a_crash_completes_the_body(centre: Any, station: Any, make_package: Any) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256, _ = station.announce("r-1", body)
    centre.parts.bodies.append("s-1", sha256, 0, body)  # all of it came, and here it stopped
    assert station.announce("r-1", body) == (sha256, len(body))
    assert centre.chunk(station.known, sha256, len(body), b"").complete


def test_body_that_rotted_before_its_row_is_asked_for_again(
    centre: Any, station: Any, make_package: Any, tmp_path: Any
) -> None:
    body = station.sealed(make_package("s-1", "r-1"))
    sha256 = centre.parts.bodies.put(body)
    (tmp_path / "centre" / "bodies" / "whole" / sha256[:2] / sha256).write_bytes(bytes(len(body)))
    assert station.announce("r-1", body) == (sha256, 0)
    assert station.upload("r-1", body).complete
    assert centre.parts.bodies.get(sha256) == body


class CountedBodies:
    """A body store that counts how often a body is read."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.reads = inner, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get(self, sha256: str) -> bytes:
        self.reads += 1
        body: bytes = self._inner.get(sha256)
        return body


def test_body_that_was_refused_is_not_opened_again(station: Any, centre: Any) -> None:
    body = b"no seal at all"
    send_bad(station, "r-1", body)
    centre._bodies = counted = CountedBodies(centre._bodies)
    sha256, offset = station.announce("r-1", body)
    assert offset is None
    assert centre.chunk(station.known, sha256, len(body), b"").complete
    assert counted.reads == 0
    assert refusal(station, "r-1") == "no_seal"


def test_manifest_that_names_one_body_for_two_records_is_refused(station: Any, centre: Any) -> None:
    sha256 = "ab" * 32
    twice = Manifest("s-1", (ManifestEntry("r-1", sha256, 5), ManifestEntry("r-2", sha256, 5)))
    with pytest.raises(BadMessage, match="names a body twice"):
        centre.manifest(station.known, twice)
    assert centre.parts.catalogue.records.announced("s-1", sha256) == []


# --- the log ---------------------------------------------------------------------------------------------------------


def ack(centre: Any, reply: Any) -> tuple[int, int]:
    held = LogAck.verified(reply.ack, centre.parts.keys.signing.public)
    return held.epoch, held.seq


def lines(station: Any, count: int, *, epoch: int = 1) -> None:
    for number in range(count):
        station.log_seal(f"r-{epoch}-{number}", b"x", epoch=epoch)


def test_log_is_held_once_however_often_it_is_sent(centre: Any, station: Any) -> None:
    lines(station, 5)
    assert ack(centre, station.send_log()) == (1, 5)
    assert ack(centre, station.send_log()) == (1, 5)
    lines(station, 2)
    assert ack(centre, station.send_log(after=3)) == (1, 7)


def test_page_after_a_gap_is_told_what_is_held(centre: Any, station: Any) -> None:
    lines(station, 3)
    station.send_log()
    lines(station, 5)
    assert ack(centre, station.send_log(after=5)) == (1, 3)


def test_entry_that_says_something_else_than_before_is_refused(centre: Any, station: Any) -> None:
    lines(station, 3)
    station.send_log()
    station.lines.clear()
    lines(station, 2)
    station.log_seal("r-other", b"x")
    with pytest.raises(Declined, match="log_forked"):
        station.send_log()
    station.lines.pop()
    assert ack(centre, station.send_log()) == (1, 3)


def test_restored_station_goes_on_in_a_new_epoch(centre: Any, station: Any) -> None:
    lines(station, 5)
    station.send_log()
    del station.lines[3:]
    lines(station, 4, epoch=2)
    assert ack(centre, station.send_log()) == (2, 7)
    lines(station, 1, epoch=2)
    assert ack(centre, station.send_log(after=6)) == (2, 8)


def test_old_epoch_cannot_go_on_once_a_new_one_has_begun(station: Any) -> None:
    lines(station, 5)
    station.send_log()
    kept = list(station.lines)
    del station.lines[3:]
    lines(station, 1, epoch=2)
    station.send_log()
    station.lines[:] = kept
    lines(station, 1)
    with pytest.raises(Declined, match="epoch 2 has begun"):
        station.send_log()


def test_changed_entry_does_not_follow(station: Any) -> None:
    lines(station, 3)
    station.lines[1] = dataclasses.replace(station.lines[1], at="2020-01-01T00:00:00.000+00:00")
    with pytest.raises(BadMessage, match=r"entries\[1\]\.hash"):
        station.send_log()


def test_head_that_the_station_did_not_sign_is_refused(station: Any, other_station: Any, centre: Any) -> None:
    lines(station, 2)
    page = station.page()
    last = station.lines[-1]
    forged = LogHead("s-1", last.epoch, last.seq, last.hash).signed(other_station.signing)
    with pytest.raises(Declined, match="not_signed"):
        centre.log_page(station.known, dataclasses.replace(page, head=forged))
    earlier = LogHead("s-1", 1, 1, station.lines[0].hash).signed(station.signing)
    with pytest.raises(BadMessage, match="is not the last entry"):
        centre.log_page(station.known, dataclasses.replace(page, head=earlier))


def test_empty_page_only_asks(centre: Any, station: Any) -> None:
    head = LogHead("s-1", 0, 0, GENESIS).signed(station.signing)
    assert ack(centre, centre.log_page(station.known, LogPage("s-1", (), head, ("r-unknown",)))) == (0, 0)


def test_message_for_another_station_is_refused(station: Any, other_station: Any, centre: Any) -> None:
    lines(station, 1)
    with pytest.raises(Declined, match="names another station"):
        centre.log_page(other_station.known, station.page())
