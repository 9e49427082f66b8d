"""A turn sends what waits and takes what is there; repeated after anything, the centre holds each record once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import threading
from datetime import timedelta
from typing import Any

import apsw
import pytest

from station.domain.events import (
    BlanksLoaded,
    BlanksReceived,
    CardIntended,
    CentralStatusNoted,
    FeedFailed,
    PrintReadyRecordRevoked,
)
from station.domain.print_ready_record import AUTHORISATION, PrintReadyRecord
from station.package import SEALED_PACKAGE
from station.uplink import PRINT_READY_RECORD, RECEIPT, Cursors, FileCursors, TurnReport, Uplink
from station.uplink.link import Away
from station.uplink.uplink import pause_s
from station.wire import Receipt, Signed


def count(at_work: Any) -> int:
    return int(at_work.centre.parts.catalogue.records.count())


def words(office: Any, record_id: str) -> list[str]:
    events = [entry.event for entry in office.log.history("record", record_id)]
    return [event.status for event in events if isinstance(event, CentralStatusNoted)]


def authorisation(office: Any) -> Any:
    (subject,) = office.log.subjects(AUTHORISATION.name)
    return subject


def test_record_is_sent_and_its_receipt_kept(office: Any, at_work: Any) -> None:
    body = office.record("r-1", padding=600_000)
    report = office.turn()
    assert (report.sent_records, report.sent_bytes, report.receipts) == (1, len(body), 1)
    assert (report.problems, report.away) == ((), None)
    assert office.state("r-1") == "received"
    receipt = Receipt.verified(Signed.decode(office.vault.get("r-1", RECEIPT)), office.pairing.signing)
    assert (receipt.record_id, receipt.size) == ("r-1", len(body))
    assert words(office, "r-1") == ["RECEIVED_AT_CENTRAL"]
    assert count(at_work) == 1


def test_second_turn_sends_nothing_again(office: Any) -> None:
    office.record("r-1")
    office.turn()
    report = office.turn()
    assert (report.sent_bytes, report.receipts, report.statuses, report.problems) == (0, 0, 0, ())


def test_whole_log_reaches_the_centre(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    office.turn()
    held = at_work.centre.parts.catalogue.logs.head("s-1")
    assert (held.seq, held.hash) == office.log.head()


def test_print_ready_record_is_opened_checked_and_reserved(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    report = office.turn()
    assert (report.statuses, report.print_ready_records, report.problems) == (1, 1, ())
    assert words(office, "r-1") == ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]
    given = authorisation(office)
    assert given.state == "reserved"
    record = PrintReadyRecord.from_json(json.loads(office.vault.get("r-1", PRINT_READY_RECORD)))
    assert (record.authorisation_id, record.record_id) == (given.id, "r-1")
    kept = {body.name: body.sha256 for body in office.vault.names("r-1")}
    assert given.facts["body_sha256"] == kept[PRINT_READY_RECORD]


def test_record_of_a_person_recorded_elsewhere_is_a_duplicate(office: Any, other_office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    other_office.record("r-2")
    other_office.turn()
    at_work.issue()
    other_office.turn()
    assert words(other_office, "r-2") == ["RECEIVED_AT_CENTRAL", "DUPLICATE_RECORD"]
    assert other_office.log.subjects(AUTHORISATION.name) == []


def test_centre_that_is_away_is_a_value(office: Any) -> None:
    office.record("r-1")
    report = office.turn(endpoint="http://127.0.0.1:9")
    assert report.away is not None
    assert office.state("r-1") == "sealed"
    assert office.turn().receipts == 1


def test_line_that_is_cut_before_an_answer_costs_one_chunk(office: Any, at_work: Any) -> None:
    body = office.record("r-1", padding=1_000_000)
    chunks = 0

    def cut(method: str, path: str) -> bool:
        nonlocal chunks
        chunks += method == "PATCH"
        return chunks == 3

    at_work.middle.cut_request = cut
    first = office.turn()
    assert first.away is not None
    assert first.sent_bytes == 2 * 256 * 1024
    at_work.middle.cut_request = None
    second = office.turn()
    assert second.sent_bytes == len(body) - first.sent_bytes
    assert second.receipts == 1


def test_chunk_whose_answer_was_lost_is_not_sent_again(office: Any, at_work: Any) -> None:
    body = office.record("r-1", padding=1_000_000)
    at_work.middle.change = lambda method, _, answer: None if method == "PATCH" else answer
    assert office.turn().away is not None
    at_work.middle.change = None
    assert office.turn().sent_bytes == len(body) - 256 * 1024


def test_answer_that_is_no_message_does_not_stop_the_other_steps(office: Any, at_work: Any) -> None:
    office.record("r-1")
    at_work.middle.change = lambda _, path, answer: b"<html>" if path == "/v1/manifest" else answer
    report = office.turn()
    assert report.problems == ("bad_answer manifest reply",)
    assert at_work.centre.parts.catalogue.logs.head("s-1").seq == 5


def damage_key(folder: Any, record_id: str) -> None:
    connection = apsw.Connection(str(folder / "vault" / "keys.db"))
    connection.execute("UPDATE record_keys SET wrapped = zeroblob(60) WHERE record_id = ?", (record_id,))
    connection.close()


def test_record_whose_key_is_damaged_is_set_aside_and_the_rest_goes_on(office: Any, tmp_path: Any) -> None:
    office.record("r-1", serial=1)
    office.record("r-2", serial=2)
    damage_key(tmp_path / "office", "r-1")
    report = office.turn()
    assert report.problems == ("body_damaged r-1",)
    assert (office.state("r-1"), office.state("r-2")) == ("set_aside", "received")


def test_receipt_and_print_ready_record_of_a_damaged_key_do_not_hold_up_the_others(
    office: Any, at_work: Any, tmp_path: Any
) -> None:
    office.record("r-1", serial=1)
    at_work.middle.change = lambda _, path, answer: None if path == "/v1/log" else answer
    office.turn()
    at_work.middle.change = None
    at_work.issue()
    damage_key(tmp_path / "office", "r-1")
    office.record("r-2", serial=2)
    report = office.turn()
    assert report.problems == ("record_key_damaged r-1", "record_key_damaged r-1")
    assert (office.state("r-1"), office.state("r-2")) == ("sealed", "received")
    at_work.issue()
    assert office.turn().print_ready_records == 1


@pytest.mark.parametrize("lost", ["missing", "damaged"])
def test_record_whose_bytes_are_gone_is_set_aside_and_the_rest_goes_on(office: Any, at_work: Any, lost: str) -> None:
    office.record("r-1", serial=1)
    office.record("r-2", serial=2)
    if lost == "missing":
        office.vault.drop("r-1", SEALED_PACKAGE)
    else:
        office.vault.put("r-1", SEALED_PACKAGE, b"other bytes")
    report = office.turn()
    assert report.problems == (f"body_{lost} r-1",)
    assert (office.state("r-1"), office.state("r-2")) == ("set_aside", "received")
    assert office.turn().problems == ()


def test_record_that_the_centre_refuses_is_set_aside_with_its_reason(office: Any) -> None:
    office.record("r-1", body=b"this is no seal")
    office.record("r-2", serial=2)
    report = office.turn()
    assert report.problems == ("refused r-1 no_seal",)
    assert (office.state("r-1"), office.state("r-2")) == ("set_aside", "received")
    assert office.log.subject("record", "r-1").facts["reason"] == "no_seal"


def test_many_records_go_in_one_manifest(office: Any, at_work: Any) -> None:
    for number in range(1, 13):
        office.record(f"r-{number}", serial=number)
    report = office.turn()
    assert (report.sent_records, report.receipts) == (12, 12)
    assert at_work.middle.asked.count("POST /v1/manifest") == 1
    assert count(at_work) == 12


def test_losing_the_cursors_costs_a_resend_and_nothing_else(office: Any, at_work: Any, tmp_path: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    before = office.log.head()
    office.cursors = FileCursors(tmp_path / "another.json")
    report = office.turn()
    assert (report.sent_bytes, report.receipts, report.statuses, report.print_ready_records) == (0, 0, 0, 0)
    assert (report.problems, office.log.head()) == ((), before)
    assert count(at_work) == 1


def test_cursors_that_cannot_be_written_are_a_reported_failure_and_no_end(office: Any, tmp_path: Any) -> None:
    office.record("r-1")
    in_the_way = tmp_path / "office" / "uplink.json.new"
    in_the_way.mkdir()
    report = office.turn()
    assert (str(tmp_path / "office" / "uplink.json") in report.broken, report.away) == (True, None)
    in_the_way.rmdir()
    assert (office.turn().receipts, office.turn().broken) == (1, "")


def test_loop_outlives_a_turn_that_fails_as_nobody_thought_of(office: Any, caplog: Any) -> None:
    asked = 0

    def random(count: int) -> bytes:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise KeyError("WARGA CONTOH")
        return os.urandom(count)

    async def work() -> list[TurnReport]:
        uplink, stop, reports = Uplink(dataclasses.replace(office.parts, random=random)), asyncio.Event(), []

        def on_report(report: TurnReport) -> None:
            reports.append(report)
            if len(reports) == 2:
                stop.set()
            uplink.wake()

        async with asyncio.timeout(20):
            await uplink.run(stop, on_report)
        return reports

    office.record("r-1")
    assert [(report.broken, report.receipts) for report in asyncio.run(work())] == [("bug: KeyError", 0), ("", 1)]
    assert "KeyError at " in caplog.text
    assert "WARGA CONTOH" not in caplog.text


def test_two_turns_of_one_station_wait_for_each_other(office: Any, at_work: Any) -> None:
    office.record("r-1")
    at_work.middle.asked.clear()
    turns, reports = threading.Lock(), []
    other = threading.Thread(target=lambda: reports.append(office.turn(turns=turns)))
    with turns:
        other.start()
        other.join(0.5)
        assert (other.is_alive(), at_work.middle.asked) == (True, [])
    other.join(20)
    assert [report.receipts for report in reports] == [1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"log_seq":"x"}', '{"downlink_done":[1.5]}', '{"log_seq":true}'])
def test_cursors_that_cannot_be_read_are_as_lost(tmp_path: Any, text: str) -> None:
    path = tmp_path / "uplink.json"
    path.write_text(text)
    assert FileCursors(path).load() == Cursors()


def test_cursors_come_back(tmp_path: Any) -> None:
    cursors = Cursors("k", 1, 2, "ab" * 32, 3, 4, (6, 9), (8,))
    FileCursors(tmp_path / "uplink.json").save(cursors)
    assert FileCursors(tmp_path / "uplink.json").load() == cursors
    assert cursors.holes(most=10) == (5, 7, 8)


def test_cursor_beyond_a_restored_log_begins_again(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    lost = dataclasses.replace(office.cursors.load(), log_seq=900, log_hash="ab" * 32)
    office.cursors.save(lost)
    assert office.turn().problems == ()
    assert at_work.centre.parts.catalogue.logs.head("s-1").hash == office.log.head()[1]


def test_station_with_a_wrong_clock_still_sends(office: Any, clock: Any) -> None:
    class Behind:
        def now(self) -> Any:
            return clock.now() - timedelta(days=3)

    office.record("r-1")
    report = office.turn(clock=Behind())
    assert report.receipts == 1
    assert report.problems == ("clock_differs 259200 s",)


def test_revocation_waits_for_the_card_at_work(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    given = authorisation(office).id
    at_work.issuer.revoke(given, "moved")
    office.log.append(BlanksReceived(1, "SJ", "op"), BlanksLoaded("p", 1, "op"), CardIntended("c", given, "p", "", 0))
    office.turn()
    assert authorisation(office).state == "at_work"
    office.log.append(FeedFailed("c", given, "p", "hopper empty"))
    office.turn()
    assert authorisation(office).state == "revoked"


class BegunMeanwhile:
    """Stands before a log in which a card is begun at the printer just before the uplink revokes."""

    def __init__(self, log: Any, authorisation_id: str) -> None:
        self._log, self._authorisation_id = log, authorisation_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def append(self, *events: Any) -> Any:
        if isinstance(events[0], PrintReadyRecordRevoked):
            self._log.append(CardIntended("c", self._authorisation_id, "p", "", 0))
        return self._log.append(*events)


def test_revocation_that_a_card_overtakes_is_not_lost(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    given = authorisation(office).id
    at_work.issuer.revoke(given, "moved")
    office.log.append(BlanksReceived(1, "SJ", "op"), BlanksLoaded("p", 1, "op"))
    report = office.turn(log=BegunMeanwhile(office.log, given))
    assert report.problems == (f"not_noted print_ready_record_revoked {given}",)
    office.log.append(FeedFailed("c", given, "p", "hopper empty"))
    office.turn()
    assert authorisation(office).state == "revoked"


def test_revoked_authorisation_is_revoked_here(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    office.turn()
    at_work.issuer.revoke(authorisation(office).id, "moved")
    office.turn()
    assert authorisation(office).state == "revoked"
    assert office.turn().problems == ()


def test_pause_grows_with_failures_and_honours_what_the_centre_asks() -> None:
    away, asked = TurnReport(away=Away("timeout")), TurnReport(away=Away("busy", 300.0))
    assert [pause_s(away, n, 255) <= pause_s(away, n + 1, 255) for n in range(1, 12)] == [True] * 11
    assert max(pause_s(away, 1000, jitter) for jitter in range(256)) <= 600
    assert min(pause_s(asked, 1, jitter) for jitter in range(256)) >= 300
    assert len({pause_s(TurnReport(), 0, jitter) for jitter in range(256)}) == 256


def test_loop_turns_when_woken_and_ends_when_told(office: Any) -> None:
    async def work() -> list[TurnReport]:
        uplink, stop, reports = Uplink(office.parts), asyncio.Event(), []

        def on_report(report: TurnReport) -> None:
            reports.append(report)
            if len(reports) == 3:
                stop.set()
            uplink.wake()

        async with asyncio.timeout(20):
            await uplink.run(stop, on_report)
        return reports

    office.record("r-1")
    assert [report.receipts for report in asyncio.run(work())] == [1, 0, 0]
