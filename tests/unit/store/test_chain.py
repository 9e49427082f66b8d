"""Any change of any field of any line of the log shows, and names the line."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from station.domain.events import BlanksReceived, EnrolmentOpened
from station.store.chain import GENESIS, Line, line_hash, next_line, verify


def a_chain() -> list[Line]:
    lines: list[Line] = []
    for number in range(6):
        event = (
            BlanksReceived(number + 1, "SJ-é", "op") if number % 2 else EnrolmentOpened(f"r{number}", "u", "d", "op")
        )
        previous = lines[-1] if lines else None
        lines.append(next_line(previous, 1 + number // 3, f"2026-11-22T08:00:0{number}.000Z", event))
    return lines


def test_an_untouched_chain_holds() -> None:
    report = verify(a_chain())
    assert (report.holds, report.count) == (True, 6)


def test_a_part_of_a_chain_holds_after_the_line_before_it() -> None:
    lines = a_chain()
    assert verify(lines[3:], previous=lines[2]).holds
    assert verify(lines[3:], previous=lines[1]).broken_at == 3


def test_the_hash_is_the_documented_one() -> None:
    first = a_chain()[0]
    text = (
        GENESIS
        + '{"at":"2026-11-22T08:00:00.000Z","data":{"nik_check":"u","operator":"op","record_id":"r0",'
        + '"region_table":"d"},"epoch":1,"kind":"enrolment_opened","seq":1,"version":1}'
    )
    assert first.hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 99},
        {"epoch": 0},
        {"epoch": 2},
        {"at": "2026-11-22T08:00:02.001Z"},
        {"at": "2020-01-01T00:00:00.000Z"},
        {"kind": "blanks_returned"},
        {"version": 2},
        {"data": '{"nik_check":"u","operator":"op","record_id":"r9","region_table":"d"}'},
        {"data": '{"nik_check":"u", "operator":"op","record_id":"r2","region_table":"d"}'},
        {"data": ""},
        {"data": "[" * 100_000},
        {"data": '{"x":1.5}'},
        {"hash": GENESIS},
        {"hash": ""},
    ],
    ids=str,
)
def test_a_changed_field_names_its_line(change: dict[str, Any]) -> None:
    lines = a_chain()
    lines[2] = replace(lines[2], **change)
    report = verify(lines)
    assert not report.holds
    assert (report.broken_at, report.count) == (3, 2)
    assert report.reason


@pytest.mark.parametrize("place", range(6))
def test_every_flipped_character_of_the_data_is_found(place: int) -> None:
    lines = a_chain()
    for index in range(len(lines[place].data)):
        data = lines[place].data
        flipped = data[:index] + chr(ord(data[index]) ^ 1) + data[index + 1 :]
        changed = [*lines[:place], replace(lines[place], data=flipped), *lines[place + 1 :]]
        assert verify(changed).broken_at == place + 1


def test_a_removed_or_moved_or_doubled_line_is_found() -> None:
    lines = a_chain()
    assert verify(lines[1:]).broken_at == 1
    assert verify(lines[:2] + lines[3:]).broken_at == 3
    assert verify([*lines[:2], lines[3], lines[2], *lines[4:]]).broken_at == 3
    assert verify([*lines[:3], *lines[2:]]).broken_at == 4


def test_a_line_changed_with_its_own_hash_shows_at_the_next() -> None:
    lines = a_chain()
    forged = replace(lines[2], data=lines[2].data.replace("r2", "r7"))
    lines[2] = replace(forged, hash=line_hash(lines[1].hash, forged))
    assert verify(lines).broken_at == 4
