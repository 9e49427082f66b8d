"""A recording that is stopped anywhere is carried on: nothing captured is asked for again, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, TransportError
from drivers.contracts.parts import Finger, MissingReason
from station.package import SEALED_PACKAGE, EnrolmentPackage
from station.ports import Correction, DeviceAway, MissingPart
from station.workflows.enrol import carry_on, open_enrolment
from tests.unit.workflows.recording_office import GOES, Devices, RecordingOffice

SINGLE = MissingPart(Finger.LEFT_LITTLE, MissingReason.AMPUTATED)
CORRECTION = Correction("pekerjaan", "NELAYAN", "surat keterangan kerja")


class PowerCut(BaseException):
    """The process ends here: nobody catches it."""


@dataclass
class Stops:
    """Counts what is done to log and vault, and stops before the nth deed. 0: never."""

    at: int = 0
    done: int = 0

    def around(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.done += 1
            if self.done == self.at:
                raise PowerCut
            return deed(*arguments)

        return counted


class Stopping:
    """A log or a vault whose deeds are counted."""

    def __init__(self, real: Any, stops: Stops, *deeds: str) -> None:
        self._real, self._stops, self._deeds = real, stops, deeds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._stops.around(found) if name in self._deeds else found


def sit_down(office: RecordingOffice, stops: Stops) -> None:
    office.desk.corrections, office.desk.lacks = [CORRECTION], [SINGLE]
    office.devices = Devices()
    office.desk.asked.clear()
    office.log = Stopping(office.store, stops, "append")
    office.vault = Stopping(office.body_store, stops, "put", "drop")


def record(office: RecordingOffice) -> str:
    record_id = open_enrolment(office.at, office.desk.truth.nik)
    carry_on(office.at, record_id)
    return record_id


def deeds_of_a_record(office: RecordingOffice) -> int:
    stops = Stops()
    sit_down(office, stops)
    record(office)
    return stops.done


def what_was_recorded(package: EnrolmentPackage) -> tuple[Any, ...]:
    """All but identifiers and times."""
    return (
        package.biodata,
        package.captures,
        package.strokes,
        package.missing,
        package.corrections,
        package.verifications,
        package.waiver,
        package.confirmation.mark,
    )


def test_a_recording_stopped_before_any_deed_is_carried_on_to_the_same_package(
    office_at_work: RecordingOffice
) -> None:
    """And until the seal is in the log, all that was captured is in the vault."""
    office = office_at_work
    deeds = deeds_of_a_record(office)
    whole = what_was_recorded(office.package(office.log.subjects("record")[0].id))
    assert deeds > 25
    for n in range(1, deeds + 1):
        known = {subject.id for subject in office.store.subjects("record")}
        sit_down(office, Stops(n))
        with pytest.raises(PowerCut):
            record(office)
        office.reopen()
        begun = [subject.id for subject in office.log.subjects("record") if subject.id not in known]
        check_drafts_are_there(office, *begun)
        check_carried_on(office, begun, whole)


def check_drafts_are_there(office: RecordingOffice, record_id: str = "") -> None:
    if record_id and office.state(record_id) != "sealed":
        held = office.bodies(record_id)
        assert {"draft.biodata", *(f"draft.{go}" for go in office.goes_logged(record_id))} <= set(held)


def check_carried_on(office: RecordingOffice, begun: list[str], whole: tuple[Any, ...]) -> None:
    logged = office.goes_logged(begun[0]) if begun else []
    was_sealed = bool(begun) and office.state(begun[0]) == "sealed"
    confirmed_before = bool(begun) and "citizen_confirmed" in office.kinds(begun[0])
    office.devices.asked.clear()
    office.desk.asked.clear()
    record_id = begun[0] if begun else open_enrolment(office.at, office.desk.truth.nik)
    package = carry_on(office.at, record_id)
    assert (package is None) == was_sealed
    captured_again = [go for go in office.devices.asked if go != "again"]
    if confirmed_before:
        assert captured_again == []
        assert "confirm" not in office.desk.asked
    elif "signature" in logged:
        captured_again.remove("signature")  # that of the confirmation
    assert not set(captured_again) & set(logged)
    assert sorted(office.goes_logged(record_id)) == sorted(GOES)
    kinds = office.kinds(record_id)
    for once in ("biodata_corrected", "part_missing", "fingers_verified", "citizen_confirmed", "record_sealed"):
        assert kinds.count(once) == 1, once
    assert what_was_recorded(office.package(record_id)) == whole
    assert office.bodies(record_id) == [SEALED_PACKAGE]
    assert carry_on(office.at, record_id) is None


CUT = TransportError("small", "cut")
NOT_READY = DeviceFault(FaultCode.NOT_READY, CardFate.UNTOUCHED)


@pytest.mark.parametrize(
    ("go", "error"), [*((go, CUT) for go in (*GOES, "again")), ("thumbs", NOT_READY), ("face", DeviceAway("c", "off"))]
)
def test_a_device_that_fails_stops_its_step_and_no_other(
    office_at_work: RecordingOffice, go: str, error: Exception
) -> None:
    office = office_at_work
    office.devices.plan = {go: [error]}
    record_id = open_enrolment(office.at, office.desk.truth.nik)
    with pytest.raises(type(error)):
        carry_on(office.at, record_id)
    logged = office.goes_logged(record_id)
    assert go not in logged
    office.devices.asked.clear()
    assert carry_on(office.at, record_id) is not None
    asked = [each for each in office.devices.asked if each not in ("again", "signature")]
    assert not set(asked) & set(logged)
    assert len(office.package(record_id).captures) == 13
