"""Two runs that did the same in the same order have one trace, whatever their identifiers, keys and hashes were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from station.domain.events import (
    KINDS,
    BlanksReceived,
    CardIntended,
    CardPrinted,
    EnrolmentOpened,
    Event,
    PrintReadyRecordReserved,
    RecordSealed,
    StationOpened,
)
from station.domain.trace import trace_sha256

MakeEvent = Callable[..., Event]


def _day(one: str, two: str, card: str, secret: str = "k") -> list[Event]:
    return [
        StationOpened(program=secret),
        BlanksReceived(500, "SJ-1", "op"),
        EnrolmentOpened(one, "listed", "contoh", "op"),
        EnrolmentOpened(two, "unchecked", "contoh", "op"),
        RecordSealed(one, "suite", secret, secret, len(secret)),
        PrintReadyRecordReserved(f"prr-{one}", one, secret, secret),
        CardIntended(card, f"prr-{one}", "p1", "00", 12),
        CardPrinted(card, 13, "counter"),
    ]


def test_renamed_records_authorisations_and_cards_leave_the_same_trace() -> None:
    assert trace_sha256(_day("r-1", "r-2", "c-1")) == trace_sha256(_day("zz", "aa", "qq"))


def test_other_keys_hashes_times_and_versions_leave_the_same_trace() -> None:
    assert trace_sha256(_day("r-1", "r-2", "c-1", "one")) == trace_sha256(_day("r-1", "r-2", "c-1", "another"))


def test_the_other_record_being_sealed_leaves_another_trace() -> None:
    day = _day("r-1", "r-2", "c-1")
    assert isinstance(day[4], RecordSealed)
    swapped = [*day[:4], replace(day[4], record_id="r-2"), *day[5:]]
    assert trace_sha256(swapped) != trace_sha256(day)


def test_any_two_neighbours_in_the_other_order_leave_another_trace() -> None:
    day = _day("r-1", "r-2", "c-1")
    for at in range(len(day) - 1):
        swapped = [*day[:at], day[at + 1], day[at], *day[at + 2 :]]
        assert trace_sha256(swapped) != trace_sha256(day), at


def test_one_event_more_or_less_leaves_another_trace() -> None:
    day = _day("r-1", "r-2", "c-1")
    hashes = {trace_sha256(day[:count]) for count in range(len(day) + 1)}
    assert len(hashes) == len(day) + 1
    assert trace_sha256([*day, day[-1]]) not in hashes


_OTHER: dict[str, Any] = {"str": "other", "int": 8, "tuple[str, ...]": ("other",), "tuple[int, ...]": (8,)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_traced_field_that_is_no_identifier_changes_the_trace(kind: str, make_event: MakeEvent) -> None:
    event = make_event(KINDS[kind])
    for f in fields(event):
        if f.name in ("record_id", "authorisation_id", "card_id"):
            continue
        changed = replace(event, **{f.name: _OTHER[str(f.type)]})
        same = trace_sha256([changed]) == trace_sha256([event])
        assert same is not f.metadata.get("trace", True), f.name
