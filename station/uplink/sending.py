"""Upwards: a manifest, the missing chunks, the log; a record counts as received only by a receipt that verifies."""

from __future__ import annotations

import hashlib

from station.domain.events import RecordReceivedAtCentre, RecordSetAside
from station.package import SEALED_PACKAGE
from station.ports import BodyDamaged, BodyMissing, Entry
from station.sealing.signatures import BadSignature
from station.uplink.desk import Desk
from station.uplink.link import Asked, CentreDeclined
from station.uplink.outbox import Outbox
from station.wire.fields import BadMessage
from station.wire.limits import CHUNK_BYTES_MAX, LOG_ENTRIES_MAX, MESSAGE_BYTES_MAX
from station.wire.log_pages import LogEntry, LogHead, LogPage, LogReply
from station.wire.manifests import Manifest, ManifestEntry, ManifestReply, UploadState
from station.wire.problems import ProblemCode
from station.wire.receipts import LogAck, Receipt, Refusal
from station.wire.signed import Signed

RECEIPT = "receipt"
"""The vault's name for the centre's signed receipt of a record."""

LOG_PAGES_MAX = 40  # a turn: 20,000 entries, some two weeks of a busy office
_RESTARTS_MAX = 3
_PAGE_BYTES_MAX = MESSAGE_BYTES_MAX // 2


async def send_bodies(desk: Desk, waiting: Outbox) -> None:
    """What the centre lacks of the records that wait, each from where it broke off."""
    if not waiting.records:
        return
    manifest = Manifest(desk.identity.station_id, tuple(waiting.records.values()))
    reply = ManifestReply.decode(await desk.link.ask(Asked("POST", "/v1/manifest", body=manifest.encode())))
    missing = {body.sha256: body.offset for body in reply.missing}
    for entry in waiting.records.values():
        offset = missing.pop(entry.sha256, None)
        if offset is None:
            continue
        body = await _body(desk, entry)
        if body is not None:
            await _upload(desk, entry, body, offset)


async def _body(desk: Desk, entry: ManifestEntry) -> bytes | None:
    """The sealed bytes; a record whose bytes are gone is set aside and does not hold up the others."""
    reason = "body_damaged"
    try:
        body = await desk.do(lambda: desk.vault.get(entry.record_id, SEALED_PACKAGE))
        if (hashlib.sha256(body).hexdigest(), len(body)) == (entry.sha256, entry.size):
            return body
    except BodyMissing:
        reason = "body_missing"
    except BodyDamaged:
        pass
    desk.tally.problem(f"{reason} {entry.record_id}")
    await desk.append(RecordSetAside(entry.record_id, reason))
    return None


async def _upload(desk: Desk, entry: ManifestEntry, body: bytes, offset: int) -> None:
    """Chunk by chunk. The centre says where it wants to go on; a few times, then the next turn tries again."""
    restarts = 0
    while restarts <= _RESTARTS_MAX:
        chunk = body[offset : offset + CHUNK_BYTES_MAX]
        try:
            answer = await desk.link.ask(
                Asked("PATCH", f"/v1/bodies/{entry.sha256}", body=chunk, offset=min(offset, len(body)))
            )
        except CentreDeclined as declined:
            offset = _restart(desk, entry, declined)
            if offset < 0:
                return
            restarts += 1
            continue
        desk.tally.sent_bytes += len(chunk)
        state = UploadState.decode(answer)
        if state.complete:
            desk.tally.sent_records += 1
            return
        restarts += 0 if state.offset == offset + len(chunk) else 1
        offset = state.offset
    desk.tally.problem(f"upload_stuck {entry.record_id}")


def _restart(desk: Desk, entry: ManifestEntry, declined: CentreDeclined) -> int:
    """From where to go on; -1 for not in this turn."""
    if declined.problem.code == ProblemCode.WRONG_OFFSET:
        return min(declined.problem.held, entry.size)
    if declined.problem.code == ProblemCode.BODY_DAMAGED:
        return 0
    desk.tally.problem(f"{declined.problem.code} {entry.record_id}")
    return -1


async def send_log(desk: Desk, waiting: Outbox) -> None:
    """Pages of the log from the cursor on, and what the centre says of the records that wait."""
    await _check_cursor(desk)
    open_records = dict(waiting.records)
    for _ in range(LOG_PAGES_MAX):
        entries = await _page(desk)
        if not entries and not open_records:
            return
        last = entries[-1] if entries else None
        reply = await _ask_for_receipts(desk, entries, tuple(open_records))
        before = desk.cursors.log_seq
        await _take_answers(desk, open_records, reply)
        if not await _take_ack(desk, reply.ack, last) or last is None or desk.cursors.log_seq == before:
            return


async def _check_cursor(desk: Desk) -> None:
    """After a restore the cursor may point at an entry that this log does not have: begin again."""
    at = await desk.hash_at(desk.cursors.log_seq)
    if at is None or at[1] != desk.cursors.log_hash:
        fresh = type(desk.cursors)()
        await desk.move(log_epoch=fresh.log_epoch, log_seq=fresh.log_seq, log_hash=fresh.log_hash)


async def _page(desk: Desk) -> list[LogEntry]:
    """The next entries, as many as fit a message."""
    found: list[LogEntry] = []
    size = 0
    for entry in await desk.read(desk.cursors.log_seq, LOG_ENTRIES_MAX):
        line = _line(entry)
        size += len(repr(line.data)) + 300
        if found and size > _PAGE_BYTES_MAX:
            break
        found.append(line)
    return found


def _line(entry: Entry) -> LogEntry:
    event = entry.event
    return LogEntry(entry.seq, entry.epoch, entry.at, event.kind, event.version, event.data(), entry.hash)


async def _ask_for_receipts(desk: Desk, entries: list[LogEntry], waiting: tuple[str, ...]) -> LogReply:
    cursors = desk.cursors
    at = (cursors.log_epoch, cursors.log_seq, cursors.log_hash)
    if entries:
        at = (entries[-1].epoch, entries[-1].seq, entries[-1].hash)
    head = LogHead(desk.identity.station_id, *at).signed(desk.identity.signing)
    page = LogPage(desk.identity.station_id, tuple(entries), head, waiting)
    return LogReply.decode(await desk.link.ask(Asked("POST", "/v1/log", body=page.encode())))


async def _take_ack(desk: Desk, signed: Signed, last: LogEntry | None) -> bool:
    """Moves the cursor to where the centre says that it holds our log, if that is our log."""
    try:
        ack = LogAck.verified(signed, desk.centre.signing)
    except (BadSignature, BadMessage):
        desk.tally.problem("forged_log_acknowledgement")
        return False
    held = (last.epoch, last.hash) if last is not None and last.seq == ack.seq else await desk.hash_at(ack.seq)
    if ack.station_id != desk.identity.station_id or held != (ack.epoch, ack.hash):
        desk.tally.problem(f"centre_holds_another_log {ack.epoch}:{ack.seq}")
        return False
    await desk.move(log_epoch=ack.epoch, log_seq=ack.seq, log_hash=ack.hash)
    return True


async def _take_answers(desk: Desk, waiting: dict[str, ManifestEntry], reply: LogReply) -> None:
    for signed in reply.receipts:
        await _take_receipt(desk, waiting, signed)
    for signed in reply.refusals:
        await _take_refusal(desk, waiting, signed)


async def _take_receipt(desk: Desk, waiting: dict[str, ManifestEntry], signed: Signed) -> None:
    try:
        receipt = Receipt.verified(signed, desk.centre.signing)
    except (BadSignature, BadMessage):
        desk.tally.problem("forged_receipt")
        return
    entry = waiting.get(receipt.record_id)
    names_it = entry is not None and (receipt.sha256, receipt.size) == (entry.sha256, entry.size)
    if entry is None or not names_it or receipt.station_id != desk.identity.station_id:
        desk.tally.problem(f"receipt_of_another_record {receipt.record_id}")
        return
    if await desk.hash_at(receipt.head_seq) != (receipt.head_epoch, receipt.head_hash):
        # The centre does hold the record; but it has seen a log of ours that we no longer have.
        desk.tally.problem(f"centre_holds_another_log {receipt.head_epoch}:{receipt.head_seq}")
    encoded = signed.encode()
    del waiting[entry.record_id]
    try:
        kept = await desk.do(lambda: desk.vault.put(entry.record_id, RECEIPT, encoded))
    except BodyDamaged:  # the record's key: the others' receipts are not held up
        desk.tally.problem(f"record_key_damaged {entry.record_id}")
        return
    if await desk.append(RecordReceivedAtCentre(entry.record_id, entry.sha256, kept.sha256)):
        desk.tally.receipts += 1


async def _take_refusal(desk: Desk, waiting: dict[str, ManifestEntry], signed: Signed) -> None:
    try:
        refusal = Refusal.verified(signed, desk.centre.signing)
    except (BadSignature, BadMessage):
        desk.tally.problem("forged_refusal")
        return
    entry = waiting.get(refusal.record_id)
    if entry is None or refusal.sha256 != entry.sha256 or refusal.station_id != desk.identity.station_id:
        desk.tally.problem(f"refusal_of_another_record {refusal.record_id}")
        return
    desk.tally.problem(f"refused {refusal.record_id} {refusal.reason}")
    await desk.append(RecordSetAside(entry.record_id, refusal.reason))
    del waiting[entry.record_id]
