"""The outbox is the log itself: records that were sealed after the cursor and wait for a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from station.domain.enrolment import RECORD, RecordState
from station.domain.events import RecordSealed, RecordSetAside
from station.ports import EventLog
from station.uplink.desk import Desk
from station.wire.fields import is_id, is_sha256
from station.wire.limits import BODY_BYTES_MAX, MANIFEST_ENTRIES_MAX
from station.wire.manifests import ManifestEntry

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Outbox:
    """`records` by id, in the order in which they were sealed; before `cursor` none waits."""

    records: dict[str, ManifestEntry]
    unsendable: tuple[str, ...]
    cursor: int


async def outbox(desk: Desk) -> Outbox:
    """What waits now; what could never be announced is set aside, so that it does not spoil a manifest."""
    found = await desk.do(lambda: _scan(desk.log, desk.cursors.bodies_seq))
    for record_id in found.unsendable:
        await desk.append(RecordSetAside(record_id, "cannot_be_announced"))
    await desk.move(bodies_seq=found.cursor)
    return found


def _scan(log: EventLog, after_seq: int) -> Outbox:
    records: dict[str, ManifestEntry] = {}
    unsendable: list[str] = []
    cursor = at = after_seq
    while len(records) < MANIFEST_ENTRIES_MAX:
        entries = log.read(after_seq=at, limit=_PAGE)
        if not entries:
            break
        for entry in entries:
            at = entry.seq
            if isinstance(entry.event, RecordSealed) and _waits(log, entry.event.record_id):
                _sort(entry.event, records, unsendable)
                if len(records) == MANIFEST_ENTRIES_MAX:
                    break
            if not records:
                cursor = at
    return Outbox(records, tuple(unsendable), cursor)


def _waits(log: EventLog, record_id: str) -> bool:
    subject = log.subject(RECORD.name, record_id)
    return subject is not None and subject.state == RecordState.SEALED


def _sort(event: RecordSealed, records: dict[str, ManifestEntry], unsendable: list[str]) -> None:
    size_fits = 0 < event.size_bytes <= BODY_BYTES_MAX
    if is_id(event.record_id) and is_sha256(event.body_sha256) and size_fits:
        records[event.record_id] = ManifestEntry(event.record_id, event.body_sha256, event.size_bytes)
    else:
        unsendable.append(event.record_id)
