"""Whoever sits on the line can delay, and nothing else: what the pinned keys did not sign is refused and noted."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from station.domain.events import CentralStatusNoted
from station.sealing.key_ring import CentreKeyRing, StationKeyRing
from station.sealing.signatures import generate_signing_key
from station.uplink import Cursors, PairingFailed, pair, station_fingerprint
from station.wire import (
    DownlinkItem,
    DownlinkKind,
    DownlinkPage,
    LogAck,
    LogReply,
    PairReply,
    Receipt,
    Refusal,
)

THIEF = generate_signing_key()
THIEF_ITEM = DownlinkItem(
    "s-1", 2, DownlinkKind.STATUS, "r-1", datetime(2026, 3, 1, tzinfo=UTC), {"status": "CARD_ISSUED", "n": 2}
).signed(THIEF)


def on_log(change: Callable[[LogReply], LogReply]) -> Callable[[str, str, bytes], bytes]:
    return lambda _, path, body: change(LogReply.decode(body)).encode() if path == "/v1/log" else body


def on_downlink(change: Callable[[DownlinkPage], DownlinkPage]) -> Callable[[str, str, bytes], bytes]:
    return lambda _, path, body: change(DownlinkPage.decode(body)).encode() if path == "/v1/downlink" else body


# --- upwards ---------------------------------------------------------------------------------------------------------


def test_forged_receipt_is_refused(office: Any, at_work: Any) -> None:
    office.record("r-1")

    def forge(reply: LogReply) -> LogReply:
        receipts = [Receipt.verified(signed, office.pairing.signing) for signed in reply.receipts]
        return dataclasses.replace(reply, receipts=tuple(receipt.signed(THIEF) for receipt in receipts))

    at_work.middle.change = on_log(forge)
    report = office.turn()
    assert (report.receipts, office.state("r-1")) == (0, "sealed")
    assert "forged_receipt" in report.problems
    at_work.middle.change = None
    assert office.turn().receipts == 1


def test_receipt_of_another_record_does_not_count(office: Any, at_work: Any) -> None:
    office.record("r-1", serial=1)
    kept: list[Any] = []
    at_work.middle.change = on_log(lambda reply: kept.extend(reply.receipts) or reply)
    office.turn()
    office.record("r-2", serial=2)
    at_work.middle.change = on_log(lambda reply: dataclasses.replace(reply, receipts=(kept[0],)))
    report = office.turn()
    assert (report.receipts, office.state("r-2")) == (0, "sealed")
    assert "receipt_of_another_record r-1" in report.problems


def test_receipt_given_to_another_station_does_not_count(office: Any, at_work: Any) -> None:
    """Even when the centre itself signs it."""
    office.record("r-1")

    def other_station(reply: LogReply) -> LogReply:
        key = at_work.centre.parts.keys.signing
        receipts = [Receipt.verified(signed, key.public) for signed in reply.receipts]
        return dataclasses.replace(
            reply, receipts=tuple(dataclasses.replace(r, station_id="s-9").signed(key) for r in receipts)
        )

    at_work.middle.change = on_log(other_station)
    assert office.turn().receipts == 0
    assert office.state("r-1") == "sealed"


def test_forged_refusal_sets_nothing_aside(office: Any, at_work: Any) -> None:
    body = office.record("r-1")
    forged = Refusal("s-1", "r-1", hashlib.sha256(body).hexdigest(), "no_seal").signed(THIEF)
    at_work.middle.change = on_log(lambda reply: dataclasses.replace(reply, receipts=(), refusals=(forged,)))
    report = office.turn()
    assert "forged_refusal" in report.problems
    assert office.state("r-1") == "sealed"


def test_forged_acknowledgement_does_not_move_the_cursor(office: Any, at_work: Any) -> None:
    office.record("r-1")
    seq, head = office.log.head()
    at_work.middle.change = on_log(
        lambda reply: dataclasses.replace(reply, ack=LogAck("s-1", 1, seq, head).signed(THIEF), receipts=())
    )
    assert "forged_log_acknowledgement" in office.turn().problems
    assert office.cursors.load().log_seq == 0


def test_centre_that_holds_another_log_is_noticed(office: Any, at_work: Any) -> None:
    office.record("r-1")
    key = at_work.centre.parts.keys.signing
    at_work.middle.change = on_log(
        lambda reply: dataclasses.replace(reply, ack=LogAck("s-1", 1, 5, "ab" * 32).signed(key), receipts=())
    )
    assert "centre_holds_another_log 1:5" in office.turn().problems
    assert office.cursors.load().log_seq == 0


# --- downwards -------------------------------------------------------------------------------------------------------


def test_forged_item_is_refused_while_the_rest_goes_on_and_the_true_one_comes_later(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()

    def forge(page: DownlinkPage) -> DownlinkPage:
        first, *rest = page.items
        item = DownlinkItem.verified(first.item, office.pairing.signing)
        forged = dataclasses.replace(item, facts={"status": "CARD_ISSUED", "n": 2}).signed(THIEF)
        return dataclasses.replace(page, items=(dataclasses.replace(first, item=forged), *rest))

    at_work.middle.change = on_downlink(forge)
    report = office.turn()
    assert report.problems == ("forged_item",)
    assert (report.statuses, report.print_ready_records) == (0, 1)
    at_work.middle.change = None
    report = office.turn()
    assert (report.statuses, report.print_ready_records, report.problems) == (1, 0, ())
    assert office.cursors.load().downlink_after == 3


def say(at_work: Any, status: str) -> None:
    """The centre's next word for r-1."""
    rows, now = at_work.centre.parts.catalogue, at_work.clock.now()
    rows.transact(lambda: at_work.centre.note_status(rows.records.get("r-1"), status, now))


def words(office: Any) -> list[str]:
    events = [entry.event for entry in office.log.history("record", "r-1")]
    return [event.status for event in events if isinstance(event, CentralStatusNoted)]


def test_status_that_came_damaged_is_noted_in_its_place_and_once(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    said = ["ADJUDICATE_RECORD", "ADJUDICATE_IN_PROCESS", "ADJUDICATE_RECORD", "REQUEST_VALIDATION"]
    for status in said:
        say(at_work, status)

    def damage(page: DownlinkPage) -> DownlinkPage:
        first, *rest = page.items
        return dataclasses.replace(page, items=(dataclasses.replace(first, item=THIEF_ITEM), *rest))

    at_work.middle.change = on_downlink(damage)
    assert office.turn().problems == ("forged_item",)
    at_work.middle.change = None
    office.turn()
    assert words(office) == ["RECEIVED_AT_CENTRAL", *said]
    office.cursors.save(Cursors())
    assert office.turn().problems == ()
    assert words(office) == ["RECEIVED_AT_CENTRAL", *said]
    assert office.cursors.load().downlink_after == 5


def test_status_whose_forerunners_will_never_come_is_not_held_up(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    facts: dict[str, str | int] = {"status": "REQUEST_VALIDATION", "n": 7}
    rows = at_work.centre.parts.catalogue
    item = DownlinkItem("s-1", 0, DownlinkKind.STATUS, "r-1", at_work.clock.now(), facts)
    rows.transact(lambda: rows.downlinks.add(item))
    assert office.turn().statuses == 1
    assert words(office) == ["RECEIVED_AT_CENTRAL", "REQUEST_VALIDATION"]


def test_stale_item_is_refused(office: Any, at_work: Any) -> None:
    office.record("r-1", serial=1)
    kept: list[Any] = []
    at_work.middle.change = on_downlink(lambda page: kept.extend(page.items) or page)
    office.turn()
    office.record("r-2", serial=2)
    at_work.middle.change = on_downlink(lambda page: dataclasses.replace(page, items=(kept[0], *page.items)))
    report = office.turn()
    assert report.problems == ("stale_item 1",)
    assert report.statuses == 1


def test_item_of_another_station_is_refused(office: Any, other_office: Any, at_work: Any) -> None:
    office.record("r-1")
    kept: list[Any] = []
    at_work.middle.change = on_downlink(lambda page: kept.extend(page.items) or page)
    office.turn()
    at_work.middle.change = on_downlink(lambda page: dataclasses.replace(page, items=tuple(kept)))
    assert "item_of_another_station" in other_office.turn().problems
    assert other_office.cursors.load().downlink_after == 0


def test_exchanged_body_is_refused_and_asked_for_again(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()

    def spoil(page: DownlinkPage) -> DownlinkPage:
        items = tuple(dataclasses.replace(i, inline=b"x" * len(i.inline)) for i in page.items)
        return dataclasses.replace(page, items=items)

    at_work.middle.change = on_downlink(spoil)
    report = office.turn()
    assert report.print_ready_records == 0
    assert report.problems == ("print_ready_record_damaged 3",)
    at_work.middle.change = None
    assert office.turn().print_ready_records == 1


def test_body_that_does_not_come_along_is_asked_for(office: Any, at_work: Any) -> None:
    office.record("r-1")
    office.turn()
    at_work.issue()
    bare = on_downlink(
        lambda page: dataclasses.replace(page, items=tuple(dataclasses.replace(i, inline=b"") for i in page.items))
    )
    at_work.middle.change = bare
    assert office.turn().print_ready_records == 1
    assert sum(asked.startswith("GET /v1/bodies/") for asked in at_work.middle.asked) == 1


def test_item_of_a_kind_that_is_not_known_is_remembered(office: Any, at_work: Any) -> None:
    item = DownlinkItem("s-1", 0, "something_new", "r-1", at_work.clock.now(), {"x": 1})
    rows = at_work.centre.parts.catalogue
    rows.transact(lambda: rows.downlinks.add(item))
    assert office.turn().problems == ("unknown_kind 1",)
    assert office.cursors.load().unknown == (1,)
    assert office.turn().problems == ()


# --- pairing ---------------------------------------------------------------------------------------------------------


def paired(at_work: Any, code: str) -> Any:
    ring = StationKeyRing.generate(2)
    return asyncio.run(pair(at_work.url, code, ring.signing.public, ring.sealing.public, random=os.urandom))


def test_pairing_pins_the_centres_keys_and_both_show_one_fingerprint(office: Any, at_work: Any) -> None:
    keys = at_work.centre.parts.keys
    assert office.pairing.signing == keys.signing.public
    assert office.pairing.sealing == keys.sealing[0].public
    assert office.pairing.issuer == keys.issuer.public
    assert type(office.pairing).from_json(office.pairing.to_json()) == office.pairing
    assert len(office.pairing.fingerprint) == 35
    known = at_work.centre.parts.catalogue.stations.get("s-1")
    ring = office.ring
    assert station_fingerprint(known.signing, known.sealing) == station_fingerprint(
        ring.signing.public, ring.sealing.public
    )


def test_wrong_code_pairs_nothing(at_work: Any) -> None:
    at_work.centre.new_pairing_code("s-5")
    with pytest.raises(PairingFailed) as caught:
        paired(at_work, "AAAA-AAAA-AAAA-AAAA")
    assert caught.value.code == "pairing_refused"


def test_expired_code_pairs_nothing(at_work: Any) -> None:
    code = at_work.centre.new_pairing_code("s-5")
    at_work.clock.forward(minutes=16)
    with pytest.raises(PairingFailed, match="pairing_refused"):
        paired(at_work, code)


def test_answer_with_other_keys_is_not_believed(at_work: Any) -> None:
    code = at_work.centre.new_pairing_code("s-5")
    thief = CentreKeyRing.generate(2)

    def exchange(_: str, __: str, body: bytes) -> bytes:
        reply = PairReply.decode(body)
        return dataclasses.replace(reply, sealing=thief.sealing[0].public, issuer=thief.issuer.public).encode()

    at_work.middle.change = exchange
    with pytest.raises(PairingFailed, match="not_proven"):
        paired(at_work, code)


def test_centre_that_is_away_pairs_nothing() -> None:
    ring = StationKeyRing.generate(2)
    with pytest.raises(PairingFailed, match="away"):
        asyncio.run(
            pair("http://127.0.0.1:9", "AAAA", ring.signing.public, ring.sealing.public, random=os.urandom)
        )


def test_station_that_is_not_paired_is_declined(office: Any) -> None:
    office.record("r-1")
    stranger = dataclasses.replace(office, ring=StationKeyRing.generate(2))
    report = stranger.turn()
    assert report.away is None
    assert set(report.problems) == {"declined not_signed"}
