"""Recording one citizen, in the order of the office's procedure: each step is kept before the next begins.

Whatever stops a recording (a device, a power cut, a citizen who leaves), `carry_on` goes on from the first step that is
not done. Nothing that was captured is ever asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drivers.contracts.parts import Finger
from station.config import CaptureConfig
from station.domain.citizen import Biodata, Finding, Level, Nik, biodata_findings
from station.domain.enrolment import RecordState
from station.domain.events import (
    BiodataCorrected,
    BiodataReadOut,
    CitizenConfirmed,
    EnrolmentAbandoned,
    EnrolmentOpened,
    FingersVerified,
    PartMissing,
    RecordSealed,
    VerificationWaived,
)
from station.domain.life import Refused
from station.package import SEALED_PACKAGE, Confirmation, EnrolmentPackage, encode
from station.package import Correction as KeptCorrection
from station.ports import Clock, Correction, EventLog, ServiceDesk, Vault
from station.regions import RegionTables
from station.sealing.suites import SUITES, SealingPublicKey, seal, seal_context
from station.workflows.capture_parts import CaptureBench, capture_go, capture_strokes, fresh_score, goes_of
from station.workflows.carried_list import CarriedList
from station.workflows.draft import CONFIRMATION, SIGNATURE, Draft


class CannotRecord(Exception):
    """The biodata has errors that must be put right first; the record stays open. `findings` name the fields."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(f"{finding.field}: {finding.code}" for finding in findings))
        self.findings = tuple(findings)


class NotConfirmed(Exception):
    """The citizen did not confirm: the record stays as it is and can be carried on or abandoned."""


class VerificationFailed(Exception):
    """The fingers captured again do not match what was captured; the record stays as it is. `scores` per finger."""

    def __init__(self, scores: dict[str, int]) -> None:
        super().__init__(", ".join(f"{finger}: {score}" for finger, score in scores.items()))
        self.scores = scores


@dataclass(frozen=True, slots=True)
class RecordingDesk:
    """All that a recording needs. `centre_key` is the pinned key that finished records are sealed to."""

    log: EventLog
    vault: Vault
    carried: CarriedList
    regions: RegionTables
    devices: CaptureBench
    desk: ServiceDesk
    settings: CaptureConfig
    station_id: str
    centre_key: SealingPublicKey
    clock: Clock
    new_id: Callable[[str], str]
    check_room: Callable[[int], None]


RECORD_BYTES_MAX = 16 * 2**20  # drafts and sealed package of one record, both on the disk for a moment


def open_enrolment(at: RecordingDesk, nik: Nik) -> str:
    """Looks the NIK up in the carried list, or takes the biodata from the operator and marks it unchecked.

    `StoreFull` before the citizen sits down, when a whole record would not fit on the disk.
    """
    at.check_room(RECORD_BYTES_MAX)
    listed = at.carried.find(nik)
    biodata = listed or at.desk.enter_biodata(nik)
    record_id = at.new_id("record")
    Draft(at.log, at.vault, record_id).put_biodata(biodata)
    check = "listed" if listed else "unchecked"
    at.log.append(EnrolmentOpened(record_id, check, at.regions.in_force.decree, at.desk.operator))
    at.desk.step("enrolment_opened", check)
    return record_id


def carry_on(at: RecordingDesk, record_id: str) -> EnrolmentPackage | None:
    """Does every step that is not done yet, up to the sealed record. Errors leave the record where it was.

    Returns what was sealed, for the citizen's receipt; None when it had been sealed before.
    """
    draft = Draft(at.log, at.vault, record_id)
    steps: tuple[tuple[RecordState, Callable[[RecordingDesk, Draft], None]], ...] = (
        (RecordState.OPEN, _read_out),
        (RecordState.READ_OUT, _capture_and_verify),
        (RecordState.VERIFIED, _confirm),
    )
    for state, step in steps:
        if _state(at, record_id) == state:
            step(at, draft)
    package = _seal(at, draft) if _state(at, record_id) == RecordState.CONFIRMED else None
    if not draft.is_unfinished:
        draft.clear()
    return package


def recapture(at: RecordingDesk, record_id: str, go: str) -> None:
    """Takes one go again, as after `VerificationFailed` when the hands were swapped; the latest capture counts.

    `Refused` for a record whose captures are not being taken now: nothing of it changes. `carry_on` goes on from here.
    """
    if (state := _state(at, record_id)) != RecordState.READ_OUT:
        raise Refused(record_id, f"no capture is possible in state {state or 'unknown'}")
    if go not in goes_of(at.settings.order):
        raise Refused(record_id, f"there is no go {go}")
    draft = Draft(at.log, at.vault, record_id)
    capture_go(at.devices, at.desk, at.settings, draft, go, draft.absent())


def abandon(at: RecordingDesk, record_id: str, reason: str) -> None:
    """The recording is given up and nothing of the citizen stays here; safe to repeat. `Refused` once it is sealed."""
    if _state(at, record_id) != RecordState.ABANDONED:
        at.log.append(EnrolmentAbandoned(record_id, reason, at.desk.operator))
    at.vault.erase(record_id)


def _state(at: RecordingDesk, record_id: str) -> str:
    subject = at.log.subject("record", record_id)
    return subject.state if subject else ""


# --- biodata ---------------------------------------------------------------------------------------------------------


def _findings(at: RecordingDesk, biodata: Biodata) -> tuple[Finding, ...]:
    return biodata_findings(
        biodata,
        today=at.clock.now().date(),
        nik_region=at.regions.standing(biodata.nik.region),
        address_region=at.regions.standing(biodata.region_code),
    )


def _read_out(at: RecordingDesk, draft: Draft) -> None:
    _put_down_corrections(at, draft)
    biodata = draft.biodata()
    for correction in at.desk.read_out(biodata, _findings(at, biodata)):
        _correct(at, draft, correction)
    findings = _findings(at, draft.biodata())
    if errors := [finding for finding in findings if finding.level is Level.ERROR]:
        raise CannotRecord(errors)
    at.log.append(BiodataReadOut(draft.record_id, tuple(f.code for f in findings), at.desk.operator))
    at.desk.step("biodata_read_out", ", ".join(f.code for f in findings))


def _correct(at: RecordingDesk, draft: Draft, correction: Correction) -> None:
    """A correction is done when its value stands, so one that was wrong can itself be corrected."""
    fields = draft.biodata().to_json()
    # Read before anything is kept: a value that is no date or NIK leaves nothing behind.
    Biodata.from_json({**fields, correction.field: correction.value})
    before = fields[correction.field]
    if correction.value == before:
        return
    means = at.desk.authenticate(f"correct {correction.field}")
    made = KeptCorrection(correction.field, before, correction.document, at.desk.operator, means)
    draft.keep_correction(made, correction.value)
    _put_down_corrections(at, draft)


def _put_down_corrections(at: RecordingDesk, draft: Draft) -> None:
    """What was kept and is not in the log yet is put into the biodata, then logged: a stop loses no correction."""
    for made, value in draft.corrections_to_log():
        draft.put_biodata(Biodata.from_json({**draft.biodata().to_json(), made.field: value}))
        at.log.append(BiodataCorrected(draft.record_id, made.field, made.document, made.operator, made.authentication))
        at.desk.step("biodata_corrected", made.field)


# --- captures --------------------------------------------------------------------------------------------------------


def _capture_and_verify(at: RecordingDesk, draft: Draft) -> None:
    known = {part.part for part in draft.missing()}
    for missing in at.desk.missing_parts():
        name = missing.part.name.lower()
        if name not in known:
            at.log.append(PartMissing(draft.record_id, name, missing.reason, at.desk.operator))
            at.desk.step("part_missing", f"{name}: {missing.reason}")
    for go in goes_of(at.settings.order):
        if go not in draft.goes_done():
            capture_go(at.devices, at.desk, at.settings, draft, go, draft.absent())
    _verify(at, draft)


def _verify(at: RecordingDesk, draft: Draft) -> None:
    """Two fingers, the ones that go into the chip, are taken again and matched with what was captured."""
    captured = {part.part: part for go in goes_of(("fingers",)) for part in draft.parts(go)}
    chosen = chip_fingers({name: part.quality or 0 for name, part in captured.items()})
    if not chosen:
        at.log.append(VerificationWaived(draft.record_id, "no_finger_to_verify", at.desk.operator))
        at.desk.step("verification_waived", "no_finger_to_verify")
        return
    scores: dict[str, int] = {}
    for finger in chosen:
        name = finger.name.lower()
        scores[name] = fresh_score(at.devices, at.desk, at.settings, finger, captured[name].record)
    if any(score < at.devices.judge.match_threshold for score in scores.values()):
        raise VerificationFailed(scores)
    at.log.append(FingersVerified(draft.record_id, tuple(scores), tuple(scores.values())))
    at.desk.step("fingers_verified", ", ".join(f"{name} {score}" for name, score in scores.items()))


INDEX_QUALITY_MIN = 30


def chip_fingers(qualities: dict[str, int]) -> tuple[Finger, ...]:
    """Up to two: the index fingers, or the best others where an index is missing or poor.

    The rule (both index fingers unless others are better) is public; the figure below which one is poor is ours.
    """
    both = (Finger.RIGHT_INDEX, Finger.LEFT_INDEX)
    indexes = [finger for finger in both if qualities.get(finger.name.lower(), -1) >= INDEX_QUALITY_MIN]
    others = sorted(
        (Finger[name.upper()] for name in qualities if Finger[name.upper()] not in indexes),
        key=lambda finger: (-qualities[finger.name.lower()], finger),
    )
    return tuple([*indexes, *others][:2])


# --- confirmation and seal -------------------------------------------------------------------------------------------


def _confirm(at: RecordingDesk, draft: Draft) -> None:
    if not at.desk.confirm(draft.record_id):
        raise NotConfirmed
    draft.put_strokes(CONFIRMATION, capture_strokes(at.devices, at.desk, at.settings).body)
    at.log.append(CitizenConfirmed(draft.record_id, "signature"))
    at.desk.step("citizen_confirmed")


def _seal(at: RecordingDesk, draft: Draft) -> EnrolmentPackage:
    """The package is sealed to the centre and durable before the event that names it; nothing can change it after."""
    package = _package(at, draft)
    sealed = seal(encode(package), at.centre_key, context=seal_context("enrolment", at.station_id, draft.record_id))
    kept = at.vault.put(draft.record_id, SEALED_PACKAGE, sealed)
    at.log.append(
        RecordSealed(
            draft.record_id, SUITES[at.centre_key.suite].name, at.centre_key.key_id, kept.sha256, kept.size_bytes
        )
    )
    at.desk.step("record_sealed", f"{kept.size_bytes:,} B")
    return package


def _package(at: RecordingDesk, draft: Draft) -> EnrolmentPackage:
    history = draft.history()
    times = {entry.event.kind: datetime.fromisoformat(entry.at) for entry in history}
    opened = next(entry.event for entry in history if isinstance(entry.event, EnrolmentOpened))
    goes = [go for go in goes_of(at.settings.order) if go != "signature"]
    return EnrolmentPackage(
        record_id=draft.record_id,
        station_id=at.station_id,
        operator=opened.operator,
        opened_at=times[EnrolmentOpened.kind],
        biodata=draft.biodata(),
        captures=tuple(part for go in goes for part in draft.parts(go)),
        strokes=draft.strokes(SIGNATURE),
        missing=draft.missing(),
        corrections=draft.corrections(),
        verifications=draft.verifications(),
        waiver=draft.waiver(),
        confirmation=Confirmation("signature", draft.strokes(CONFIRMATION), times[CitizenConfirmed.kind]),
    )
