"""What the centre does with each request, step by step, whatever carried it: no HTTP, no threads, no waiting.

Order in everything: body durable, then row, then answer. All of it can be asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from station.central.admission import NotAdmitted, RefusalReason, opened_package, person_key
from station.central.bodies import Bodies, WrongOffset
from station.central.catalogue import Catalogue
from station.central.declined import Declined
from station.central.downlinks import Waiting
from station.central.logs import Head, LogForked
from station.central.records import Record, Stage
from station.central.stations import PairingCode, Station
from station.ports import BodyDamaged, BodyMissing, Clock, Random
from station.sealing.key_ring import CentreKeyRing
from station.sealing.signatures import BadSignature
from station.sealing.suites import SealingPublicKey, seal
from station.uplink.vocabulary import CentralStatus
from station.wire.downlink import DownlinkItem, DownlinkKind, DownlinkPage, DownlinkQuery, ItemSigned
from station.wire.fields import BadMessage, is_id
from station.wire.limits import DOWNLINK_ITEMS_MAX, INLINE_BODY_BYTES_MAX, MESSAGE_BYTES_MAX
from station.wire.log_pages import LogHead, LogPage, LogReply
from station.wire.manifests import Manifest, ManifestEntry, ManifestReply, MissingBody, UploadState
from station.wire.pairing import PairReply, PairRequest, code_from, proof_key
from station.wire.problems import ProblemCode
from station.wire.receipts import LogAck, Receipt, Refusal
from station.wire.requests import SignedRequest

CODE_HOLDS = timedelta(minutes=15)
REQUEST_WINDOW = timedelta(minutes=5)
_CODE_REFUSED = "the code is wrong, used or expired"
_PAGE_BODY_BYTES_MAX = MESSAGE_BYTES_MAX // 2  # base64 makes them a third longer


@dataclass(frozen=True, slots=True)
class CentreParts:
    """What a centre is made of. `person_secret` keys the hashes that tell one person from another."""

    centre_id: str
    keys: CentreKeyRing
    catalogue: Catalogue
    bodies: Bodies
    clock: Clock
    random: Random
    person_secret: bytes = field(repr=False)
    prr_delay: timedelta


class Centre:
    """Used by one thread at a time. Methods raise `Declined`; `StoreError` when the disk does."""

    def __init__(self, parts: CentreParts) -> None:
        self.parts = parts
        self._rows, self._bodies = parts.catalogue, parts.bodies

    # --- pairing -----------------------------------------------------------------------------------------------------

    def new_pairing_code(self, station_id: str) -> str:
        """For one station, once, for a quarter of an hour. Only its hash is kept."""
        if not is_id(station_id):
            raise ValueError("a station's id is 1 to 64 letters, digits and _.:-")
        code = code_from(self.parts.random)
        expires = self.parts.clock.now() + CODE_HOLDS
        self._rows.transact(lambda: self._rows.stations.add_code(proof_key(code), station_id, expires))
        return code

    def pair(self, request: PairRequest) -> PairReply:
        return self._rows.transact(lambda: self._pair(request))

    def _pair(self, request: PairRequest) -> PairReply:
        now = self.parts.clock.now()
        for code in self._rows.stations.codes(now):
            if request.is_proven(code.proof_key):
                return self._paired(code, request, now)
        raise Declined(ProblemCode.PAIRING_REFUSED, _CODE_REFUSED)

    def _paired(self, code: PairingCode, request: PairRequest, now: datetime) -> PairReply:
        asked = hashlib.sha256(request.signing.encode() + request.sealing.encode()).hexdigest()
        if code.used_by not in ("", asked):
            raise Declined(ProblemCode.PAIRING_REFUSED, _CODE_REFUSED)
        _check_sealable(request.sealing)
        self._rows.stations.use_code(code, asked)
        self._rows.stations.put(Station(code.station_id, request.signing, request.sealing), now)
        keys = self.parts.keys
        reply = PairReply(
            self.parts.centre_id, code.station_id, keys.signing.public, keys.sealing[0].public, keys.issuer.public
        )
        return reply.proven(code.proof_key, request)

    # --- who asks ----------------------------------------------------------------------------------------------------

    def authenticate(self, asked: SignedRequest, *, method: str, target: str, offset: str, body: bytes) -> Station:
        """The station, if the request is its own, of now, and counts for the first time."""
        station = self._rows.stations.get(asked.station_id)
        if station is None:
            raise Declined(ProblemCode.NOT_SIGNED, "no such station is paired here")
        try:
            asked.verify(station.signing, method=method, target=target, offset=offset, body=body)
        except BadSignature:
            raise Declined(ProblemCode.NOT_SIGNED, "the signature is not this station's over this request") from None
        now = self.parts.clock.now()
        if abs(now - asked.at) > REQUEST_WINDOW:
            raise Declined(ProblemCode.CLOCK, "the request's time is too far from the centre's")
        is_first = self._rows.transact(
            lambda: self._rows.stations.is_first_use(asked.station_id, asked.nonce, now, 2 * REQUEST_WINDOW)
        )
        if not is_first:
            raise Declined(ProblemCode.REPLAYED, "this request was made before")
        return station

    # --- bodies ------------------------------------------------------------------------------------------------------

    def manifest(self, station: Station, manifest: Manifest) -> ManifestReply:
        _check_station(station, manifest.station_id)
        if len({entry.sha256 for entry in manifest.entries}) != len(manifest.entries):
            # A seal is for one record: one body under many records would only be opened many times.
            raise BadMessage("manifest.entries", "names a body twice")
        self._rows.transact(lambda: self._rows.records.announce(station.station_id, manifest.entries))
        missing = {entry.sha256: self._bodies.offset(station.station_id, entry.sha256) for entry in manifest.entries}
        for entry in manifest.entries:
            # Also after a crash between the body and its row: the next manifest makes the row.
            if self._bodies.has(entry.sha256) and self._admit(station.station_id, entry):
                missing.pop(entry.sha256, None)
        return ManifestReply(tuple(MissingBody(sha256, offset) for sha256, offset in missing.items()))

    def chunk(self, station: Station, sha256: str, offset: int, chunk: bytes) -> UploadState:
        """One piece of an announced body; the last one admits it."""
        announced = self._rows.records.announced(station.station_id, sha256)
        if not announced:
            raise Declined(ProblemCode.UNKNOWN_BODY, "no manifest of this station names it")
        size = announced[0].size
        if self._bodies.has(sha256):
            held = size
        elif offset + len(chunk) > size:
            raise Declined(ProblemCode.TOO_LARGE, "longer than its manifest says")
        else:
            held = self._append(station.station_id, sha256, offset, chunk, size)
        if held < size:
            return UploadState(held, complete=False)
        # Every one of them is looked at, whatever the first gives.
        admitted = [self._admit(station.station_id, entry) for entry in announced]
        return UploadState(held, complete=True) if all(admitted) else UploadState(0, complete=False)

    def _append(self, station_id: str, sha256: str, offset: int, chunk: bytes, size: int) -> int:
        try:
            held = self._bodies.append(station_id, sha256, offset, chunk)
        except WrongOffset as wrong:
            if wrong.held < size:
                raise Declined(ProblemCode.WRONG_OFFSET, "begins elsewhere", held=wrong.held) from None
            held = wrong.held  # all of it came, and then the centre stopped
        if held >= size:
            try:
                self._bodies.finish(station_id, sha256)
            except BodyDamaged:
                raise Declined(ProblemCode.BODY_DAMAGED, "not the bytes of its SHA-256") from None
        return held

    def _admit(self, station_id: str, entry: ManifestEntry) -> bool:
        """Makes the row, or the refusal, for a body that is held. Safe to repeat. False: it must be sent again."""
        held = self._rows.records.get(entry.record_id)
        if held is not None and (held.station_id, held.sha256) == (station_id, entry.sha256):
            return True
        if self._rows.records.is_refused(station_id, entry):
            return True  # said once; opening it again would give the same
        now = self.parts.clock.now()
        outcome: Record | NotAdmitted
        if held is not None:
            other_content = held.station_id == station_id
            outcome = NotAdmitted(
                RefusalReason.HELD_WITH_OTHER_CONTENT if other_content else RefusalReason.HELD_FOR_OTHER_STATION
            )
        else:
            try:
                outcome = self._looked_at(station_id, entry, now)
            except (BodyDamaged, BodyMissing):
                self._bodies.remove(entry.sha256)
                return False
        self._rows.transact(lambda: self._keep(station_id, entry, outcome, now))
        return True

    def _looked_at(self, station_id: str, entry: ManifestEntry, now: datetime) -> Record | NotAdmitted:
        self._bodies.settle(entry.sha256)  # who moved it here may have been killed before its name was on the disk
        package = opened_package(self._bodies.get(entry.sha256), station_id, entry, self.parts.keys.sealing)
        if isinstance(package, NotAdmitted):
            return package
        person = person_key(package.biodata.nik, self.parts.person_secret)
        return Record(entry.record_id, station_id, entry.sha256, entry.size, person, now, Stage.WAITING)

    def _keep(self, station_id: str, entry: ManifestEntry, outcome: Record | NotAdmitted, now: datetime) -> None:
        if isinstance(outcome, NotAdmitted):
            self._rows.records.refuse(station_id, entry, outcome.text, now)
            return
        self._rows.records.add(outcome, now + self.parts.prr_delay)
        self.note_status(outcome, CentralStatus.RECEIVED_AT_CENTRAL, now)

    def note_status(self, record: Record, status: str, now: datetime) -> None:
        """Into the record's history and on its way to the station. Inside a transaction."""
        n = self._rows.records.add_status(record.record_id, status, now)
        facts: dict[str, str | int] = {"status": str(status), "n": n}
        self._rows.downlinks.add(
            DownlinkItem(record.station_id, 0, DownlinkKind.STATUS, record.record_id, now, facts)
        )

    # --- the log -----------------------------------------------------------------------------------------------------

    def log_page(self, station: Station, page: LogPage) -> LogReply:
        """Keeps the entries that follow; then tells what is held of log and records."""
        _check_station(station, page.station_id)
        self._check_head(station, page)
        try:
            head = self._rows.transact(lambda: self._take(station.station_id, page))
        except LogForked as forked:
            raise Declined(ProblemCode.LOG_FORKED, str(forked)) from None
        key = self.parts.keys.signing
        answers = [self._answer(station.station_id, record_id, head) for record_id in page.waiting]
        return LogReply(
            LogAck(station.station_id, head.epoch, head.seq, head.hash).signed(key),
            tuple(answer.signed(key) for answer in answers if isinstance(answer, Receipt)),
            tuple(answer.signed(key) for answer in answers if isinstance(answer, Refusal)),
        )

    def _check_head(self, station: Station, page: LogPage) -> None:
        try:
            head = LogHead.verified(page.head, station.signing)
        except BadSignature:
            raise Declined(ProblemCode.NOT_SIGNED, "the log's head is not signed by this station") from None
        _check_station(station, head.station_id)
        if page.entries:
            last = page.entries[-1]
            if (head.epoch, head.seq, head.hash) != (last.epoch, last.seq, last.hash):
                raise BadMessage("log page.head", "is not the last entry")

    def _take(self, station_id: str, page: LogPage) -> Head:
        head = self._rows.logs.take(station_id, page.entries)
        if page.entries and head.hash == page.entries[-1].hash:
            self._rows.logs.keep_head(station_id, head, page.head.encode().decode("ascii"))
        return head

    def _answer(self, station_id: str, record_id: str, head: Head) -> Receipt | Refusal | None:
        """A receipt only for what the station's own log says that it sealed; nothing while either is missing."""
        record = self._rows.records.get(record_id)
        if record is not None and record.station_id == station_id:
            epoch = self._rows.logs.sealed_in_epoch(station_id, record_id, record.sha256)
            if epoch is not None:
                return Receipt(
                    station_id=station_id,
                    epoch=epoch,
                    record_id=record_id,
                    sha256=record.sha256,
                    size=record.size,
                    received_at=record.received_at,
                    head_epoch=head.epoch,
                    head_seq=head.seq,
                    head_hash=head.hash,
                )
        for sha256, reason in reversed(self._rows.records.refusals(station_id, record_id)):
            if self._rows.logs.sealed_in_epoch(station_id, record_id, sha256) is not None:
                return Refusal(station_id, record_id, sha256, reason)
        return None

    # --- the downlink ------------------------------------------------------------------------------------------------

    def downlink(self, station: Station, query: DownlinkQuery) -> DownlinkPage:
        downlinks, station_id = self._rows.downlinks, station.station_id
        if query.only:
            found = downlinks.only(station_id, query.only)
            return DownlinkPage(self._with_bodies(found), more=False)
        found = downlinks.after(station_id, query.after, limit=DOWNLINK_ITEMS_MAX + 1)
        items = self._with_bodies(found[:DOWNLINK_ITEMS_MAX])
        return DownlinkPage(items, more=len(found) > len(items))

    def _with_bodies(self, waiting: Sequence[Waiting]) -> tuple[ItemSigned, ...]:
        """Small bodies come along while there is room; the others are asked for."""
        items, room = [], _PAGE_BODY_BYTES_MAX
        for item in waiting:
            inline = b""
            if 0 < item.body_size <= min(INLINE_BODY_BYTES_MAX, room):
                inline = self._inline(item.body_sha256)
                room -= len(inline)
            items.append(ItemSigned(item.signed, inline))
        return tuple(items)

    def _inline(self, sha256: str) -> bytes:
        try:
            return self._bodies.get(sha256)
        except (BodyMissing, BodyDamaged):
            return b""  # the station asks for it by itself, and is told; the page's other items go on

    def body(self, station: Station, sha256: str) -> bytes:
        """A body that waits for this station."""
        if not self._rows.downlinks.is_for(station.station_id, sha256):
            raise Declined(ProblemCode.UNKNOWN_BODY, "nothing of that name waits for this station")
        try:
            return self._bodies.get(sha256)
        except (BodyMissing, BodyDamaged):
            raise Declined(ProblemCode.UNKNOWN_BODY, "it cannot be read here; a person must look") from None


def _check_sealable(key: SealingPublicKey) -> None:
    """Some bytes decode as a key and yet nothing can be sealed to them: found out now, not when a card is due."""
    try:
        seal(b"", key, context=b"")
    except ValueError:
        raise Declined(ProblemCode.PAIRING_REFUSED, "the station's key cannot be sealed to") from None


def _check_station(station: Station, named: str) -> None:
    if named != station.station_id:
        raise Declined(ProblemCode.NOT_SIGNED, "the message names another station than its signature")
