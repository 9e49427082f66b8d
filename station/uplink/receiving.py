"""Downwards: each item is verified by itself; what is forged or stale is refused and noted, the rest is taken.

An item that came damaged leaves a hole in the numbers: what follows is done meanwhile, and the hole is asked for again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum, auto

from station.domain.enrolment import RECORD
from station.domain.events import (
    CentralStatusNoted,
    PrintReadyRecordExpired,
    PrintReadyRecordReserved,
    PrintReadyRecordRevoked,
)
from station.domain.print_ready_record import AUTHORISATION, AuthorisationState, PrintReadyRecord
from station.ports import BodyDamaged, BodyMissing
from station.sealing.signatures import BadSignature
from station.uplink.authorisations import BadAuthorisation, checked_record, parsed_record
from station.uplink.desk import Desk
from station.uplink.link import Asked, CentreDeclined
from station.wire.downlink import DownlinkItem, DownlinkKind, DownlinkPage, DownlinkQuery, ItemSigned
from station.wire.fields import BadMessage, as_text
from station.wire.limits import BODY_BYTES_MAX, DOWNLINK_ONLY_MAX

PRINT_READY_RECORD = "print-ready-record"
"""The vault's name for a print-ready record that was opened: its canonical JSON, under the record's key."""

PAGES_MAX = 20
DONE_BEYOND_MAX = 1000
_UNKNOWN_MAX = 1000


class Outcome(StrEnum):
    DONE = auto()
    LATER = auto()  # stays a hole


async def receive(desk: Desk) -> None:
    """What the centre has for us, from the cursor on."""
    if holes := desk.cursors.holes(most=DOWNLINK_ONLY_MAX):
        await _take_page(desk, DownlinkQuery(only=holes))
    for _ in range(PAGES_MAX):
        if len(desk.cursors.downlink_done) > DONE_BEYOND_MAX:
            desk.tally.problem(f"downlink_stuck {desk.cursors.downlink_after + 1}")
            return
        before = desk.cursors.downlink_seen
        more = await _take_page(desk, DownlinkQuery(after=before))
        if not more or desk.cursors.downlink_seen == before:
            return


async def _take_page(desk: Desk, query: DownlinkQuery) -> bool:
    """Whether another page would not be empty. The cursor moves after the whole page: all of it can be done again."""
    page = DownlinkPage.decode(await desk.link.ask(Asked("GET", "/v1/downlink", query=query.to_query())))
    done: set[int] = set()
    for signed in page.items:
        item = _verified(desk, signed)
        if item is None:
            continue
        is_asked = item.seq in query.only if query.only else item.seq > query.after
        if not is_asked or item.seq in done:
            desk.tally.problem(f"stale_item {item.seq}")
            continue
        if await _take_item(desk, item, signed.inline, done) is Outcome.DONE:
            done.add(item.seq)
    await _move(desk, done)
    return page.more


def _verified(desk: Desk, signed: ItemSigned) -> DownlinkItem | None:
    try:
        item = DownlinkItem.verified(signed.item, desk.centre.signing)
    except (BadSignature, BadMessage):
        desk.tally.problem("forged_item")
        return None
    if item.station_id != desk.identity.station_id:
        desk.tally.problem("item_of_another_station")
        return None
    return item


async def _move(desk: Desk, done: set[int]) -> None:
    done |= set(desk.cursors.downlink_done)
    after = desk.cursors.downlink_after
    while after + 1 in done:
        after += 1
        done.discard(after)
    await desk.move(downlink_after=after, downlink_done=tuple(sorted(done)))


async def _take_item(desk: Desk, item: DownlinkItem, inline: bytes, done: set[int]) -> Outcome:
    try:
        if item.kind == DownlinkKind.STATUS:
            return await _take_status(desk, item, done)
        if item.kind == DownlinkKind.PRINT_READY_RECORD:
            return await _take_print_ready_record(desk, item, inline)
        if item.kind == DownlinkKind.REVOCATION:
            return await _take_revocation(desk, item, done)
    except BadMessage as bad:  # signed by the centre, and still not what its kind should be: asking again is no use
        desk.tally.problem(f"bad_item {item.seq} {bad.field}")
        return Outcome.DONE
    except BadAuthorisation as bad:
        desk.tally.problem(f"print_ready_record_refused {item.seq} {bad}")
        return Outcome.DONE
    desk.tally.problem(f"unknown_kind {item.seq}")
    await desk.move(unknown=(*desk.cursors.unknown, item.seq)[-_UNKNOWN_MAX:])
    return Outcome.DONE


async def _take_status(desk: Desk, item: DownlinkItem, done: set[int]) -> Outcome:
    """Its place in the history makes it safe to repeat, even when the centre says the same word twice. The places are
    counted here, so one whose forerunner may lie in a hole waits for it."""
    status, n = item.text("status"), item.number("n")
    subject = await desk.do(lambda: desk.log.subject(RECORD.name, item.record_id))
    if subject is None:
        desk.tally.problem(f"status_of_unknown_record {item.record_id}")
        return Outcome.DONE
    history = await desk.do(lambda: desk.log.history(RECORD.name, item.record_id))
    noted = sum(isinstance(entry.event, CentralStatusNoted) for entry in history)
    if n > noted + 1 and _is_hole_before(desk, item, done):
        return Outcome.LATER
    if n > noted and await desk.append(CentralStatusNoted(item.record_id, status)):
        desk.tally.statuses += 1
    return Outcome.DONE


async def _take_print_ready_record(desk: Desk, item: DownlinkItem, inline: bytes) -> Outcome:
    authorisation_id = item.text("authorisation_id")
    if await desk.do(lambda: desk.log.subject(AUTHORISATION.name, authorisation_id)) is not None:
        return Outcome.DONE
    body = await _body(desk, item, inline)
    if body is None:
        desk.tally.problem(f"print_ready_record_damaged {item.seq}")
        return Outcome.LATER
    record, plain = checked_record(body, item, desk.identity, desk.centre.issuer, _earlier_now(desk))
    if record.valid_until <= desk.clock.now():  # by our clock only, and the centre says that it is wrong
        desk.tally.problem(f"print_ready_record_waits_for_clock {item.seq}")
        return Outcome.LATER
    if not await _has_made_room(desk, item.record_id, authorisation_id):
        desk.tally.problem(f"another_authorisation_open {item.record_id}")
        return Outcome.LATER
    try:
        kept = await desk.do(lambda: desk.vault.put(item.record_id, PRINT_READY_RECORD, plain))
    except BodyDamaged:  # the record's key: what comes after it is not held up
        desk.tally.problem(f"record_key_damaged {item.record_id}")
        return Outcome.LATER
    reserved = PrintReadyRecordReserved(
        authorisation_id, item.record_id, as_text(record.valid_until), kept.sha256
    )
    if await desk.append(reserved):
        desk.tally.print_ready_records += 1
    return Outcome.DONE


async def _body(desk: Desk, item: DownlinkItem, inline: bytes) -> bytes | None:
    """The sealed bytes that the signed item names, come along or asked for."""
    body = inline
    if not body and item.body_size:
        asked = Asked("GET", f"/v1/bodies/{item.body_sha256}", answer_bytes_max=BODY_BYTES_MAX)
        try:
            body = await desk.link.ask(asked)
        except CentreDeclined:
            return None
    return body if hashlib.sha256(body).hexdigest() == item.body_sha256 else None


async def _has_made_room(desk: Desk, record_id: str, authorisation_id: str) -> bool:
    """Two open authorisations for one record could make two cards, and would share one body in the vault. One that
    lapsed before anybody tried to print it is noted as expired here."""
    other, state = await desk.do(lambda: _held(desk, record_id))
    if other is None or other.authorisation_id == authorisation_id or state in AUTHORISATION.ends:
        return True
    if state != AuthorisationState.RESERVED or other.valid_until > _earlier_now(desk):
        return False
    return await desk.append(PrintReadyRecordExpired(other.authorisation_id))


def _earlier_now(desk: Desk) -> datetime:
    """Our time, or the centre's when that differs and is earlier: what has lapsed by it has lapsed for both. A line
    that lies about the centre's time can only delay."""
    return desk.clock.now() + min(desk.link.clock_behind, timedelta(0))


def _held(desk: Desk, record_id: str) -> tuple[PrintReadyRecord | None, str]:
    """The print-ready record that is here for this record, and its authorisation's state."""
    try:
        held = parsed_record(desk.vault.get(record_id, PRINT_READY_RECORD))
    except (BodyMissing, BodyDamaged, BadAuthorisation):
        return None, ""
    subject = desk.log.subject(AUTHORISATION.name, held.authorisation_id)
    # Without a subject: a crash came between body and event, and the same item comes again.
    return (held, subject.state) if subject else (None, "")


async def _take_revocation(desk: Desk, item: DownlinkItem, done: set[int]) -> Outcome:
    """While a card is made or in doubt it waits: the card's end decides what there is to revoke. It also waits while
    an item before it is missing, since that may be the authorisation itself."""
    authorisation_id, reason = item.text("authorisation_id"), item.text("reason")
    subject = await desk.do(lambda: desk.log.subject(AUTHORISATION.name, authorisation_id))
    if subject is None:
        return Outcome.LATER if _is_hole_before(desk, item, done) else Outcome.DONE
    if subject.state in (AuthorisationState.AT_WORK, AuthorisationState.IN_DOUBT):
        return Outcome.LATER
    if subject.state == AuthorisationState.RESERVED:
        # A card may have been begun since the state was read: then this waits for the card's end too.
        is_revoked = await desk.append(PrintReadyRecordRevoked(authorisation_id, reason))
        return Outcome.DONE if is_revoked else Outcome.LATER
    if subject.state in (AuthorisationState.PRINTED, AuthorisationState.FULFILLED):
        desk.tally.problem(f"revoked_after_printing {authorisation_id}")
    return Outcome.DONE


def _is_hole_before(desk: Desk, item: DownlinkItem, done: set[int]) -> bool:
    """`done` is what this page has done already."""
    dealt_with = {seq for seq in done.union(desk.cursors.downlink_done) if seq < item.seq}
    return desk.cursors.downlink_after + len(dealt_with) < item.seq - 1
