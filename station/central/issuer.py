"""Issuing, in three steps that may each be lost to a crash and taken again: look, make, keep.

`look` and `keep` belong to the thread of the catalogue; `make` is the slow image work and touches bodies only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from station.central.admission import NotAdmitted, opened_package
from station.central.centre import Centre
from station.central.downlinks import Authorisation
from station.central.issuing import CannotIssue, Grant, IssuerTools, make_print_ready_record, sealed_record
from station.central.records import Record, Stage
from station.central.stations import Station
from station.uplink.vocabulary import CentralStatus
from station.wire.downlink import DownlinkItem, DownlinkKind
from station.wire.fields import as_text
from station.wire.manifests import ManifestEntry

VALIDITY = timedelta(days=90)
POSTPONED_BY = timedelta(minutes=5)
_ID_BYTES = 16
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Job:
    """One record that is to get a print-ready record."""

    record: Record
    station: Station
    grant: Grant


@dataclass(frozen=True, slots=True)
class Made:
    """The sealed print-ready record is in the body store."""

    body_sha256: str
    size: int


class Issuer:
    def __init__(self, centre: Centre, tools: IssuerTools, *, validity: timedelta = VALIDITY) -> None:
        self._centre, self._parts, self._tools, self._validity = centre, centre.parts, tools, validity
        self._rows = centre.parts.catalogue

    def look(self) -> list[Job]:
        """What is due now. Whoever is recorded twice is told so here and gets no job."""
        now = self._parts.clock.now()
        return [job for record in self._rows.records.due(now, limit=_AT_ONCE) if (job := self._job(record, now))]

    def _job(self, record: Record, now: datetime) -> Job | None:
        station = self._rows.stations.get(record.station_id)
        if self._rows.records.is_duplicate(record):
            self._end(record, Stage.DUPLICATE, CentralStatus.DUPLICATE_RECORD)
            return None
        if station is None:
            self.postpone(record)
            return None
        grant = Grant(self._parts.random(_ID_BYTES).hex(), record.station_id, now + self._validity)
        return Job(record, station, grant)

    def make(self, job: Job) -> Made | CannotIssue:
        """`StoreError` when the record's body cannot be read: postpone it."""
        record = job.record
        body = self._parts.bodies.get(record.sha256)
        entry = ManifestEntry(record.record_id, record.sha256, record.size)
        package = opened_package(body, record.station_id, entry, self._parts.keys.sealing)
        if isinstance(package, NotAdmitted):
            return CannotIssue(package.text)
        ready = make_print_ready_record(package, job.grant, self._tools, self._parts.keys.issuer)
        if isinstance(ready, CannotIssue):
            return ready
        sealed = sealed_record(ready, job.station.sealing)
        return Made(self._parts.bodies.put(sealed), len(sealed))

    def keep(self, job: Job, made: Made | CannotIssue) -> None:
        if isinstance(made, CannotIssue):
            self._end(job.record, Stage.FAILED, CentralStatus.ENROLL_FAILURE_AT_CENTRAL)
        else:
            self._rows.transact(lambda: self._issue(job, made))

    def postpone(self, record: Record) -> None:
        later = self._parts.clock.now() + POSTPONED_BY
        self._rows.transact(lambda: self._rows.records.postpone(record.record_id, later))

    def wait_s(self, *, most_s: float) -> float:
        """Seconds until something is due."""
        due = self._rows.records.next_due()
        if due is None:
            return most_s
        return min(most_s, max(0.0, (due - self._parts.clock.now()).total_seconds()))

    def revoke(self, authorisation_id: str, reason: str) -> bool:
        """False when there is no such authorisation, or it is revoked already."""

        def work() -> bool:
            given = self._rows.downlinks.authorisation(authorisation_id)
            if given is None or given.revoked:
                return False
            self._rows.downlinks.revoke(authorisation_id, reason)
            facts: dict[str, str | int] = {"authorisation_id": authorisation_id, "reason": reason}
            now = self._parts.clock.now()
            self._rows.downlinks.add(
                DownlinkItem(given.station_id, 0, DownlinkKind.REVOCATION, given.record_id, now, facts)
            )
            return True

        return self._rows.transact(work)

    def _end(self, record: Record, stage: Stage, status: CentralStatus) -> None:
        def work() -> None:
            self._rows.records.set_stage(record.record_id, stage)
            self._centre.note_status(record, status, self._parts.clock.now())

        self._rows.transact(work)

    def _issue(self, job: Job, made: Made) -> None:
        record, grant, now = job.record, job.grant, self._parts.clock.now()
        held = self._rows.records.get(record.record_id)
        if held is None or held.stage is not Stage.WAITING:
            return  # issued already: one authorisation for one record
        self._rows.records.set_stage(record.record_id, Stage.ISSUED)
        self._rows.downlinks.authorise(
            Authorisation(
                grant.authorisation_id, record.record_id, record.station_id, made.body_sha256, grant.valid_until
            )
        )
        self._centre.note_status(record, CentralStatus.PRINT_READY_RECORD, now)
        facts: dict[str, str | int] = {
            "authorisation_id": grant.authorisation_id,
            "valid_until": as_text(grant.valid_until),
        }
        self._rows.downlinks.add(
            DownlinkItem(
                record.station_id, 0, DownlinkKind.PRINT_READY_RECORD, record.record_id, now, facts,
                made.body_sha256, made.size,
            )
        )
