"""What each seal between station and centre is bound to: purpose and version, station, and record or authorisation."""

from __future__ import annotations

from station.sealing.suites import seal_context


def enrolment_context(station_id: str, record_id: str) -> bytes:
    """For a package, sealed to the centre."""
    return seal_context("enrolment", station_id, record_id)


def print_ready_record_context(station_id: str, authorisation_id: str) -> bytes:
    """For a print-ready record, sealed to the one station that may print it."""
    return seal_context("print-ready-record", station_id, authorisation_id)
