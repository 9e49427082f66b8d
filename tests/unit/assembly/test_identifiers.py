"""Identifiers are UUIDs of version 7 behind a word: they sort by time, and chance keeps those of one moment apart."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from station.assembly.identifiers import new_id

NOW = datetime(2026, 3, 1, 8, 0, 0, 123_000, tzinfo=UTC)


def parsed(identifier: str) -> uuid.UUID:
    prefix, _, text = identifier.partition("-")
    assert prefix == "card"
    return uuid.UUID(text)


@pytest.mark.parametrize("chance", [bytes(10), b"\xff" * 10, bytes(range(0x60, 0x6A))], ids=["zeros", "ones", "some"])
def test_version_variant_and_time_stand_where_rfc_9562_wants_them(chance: bytes) -> None:
    value = parsed(new_id("card", NOW, lambda n: chance[:n]))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == int(NOW.timestamp() * 1000)


def test_all_chance_that_fits_is_used() -> None:
    """74 bits: all but the version and the variant."""
    least = parsed(new_id("card", NOW, lambda n: bytes(n))).int
    most = parsed(new_id("card", NOW, lambda n: b"\xff" * n)).int
    assert (most ^ least).bit_count() == 74


def test_later_ones_sort_after_earlier_ones_as_text() -> None:
    made = [new_id("card", NOW + timedelta(milliseconds=n), os.urandom) for n in range(300)]
    assert sorted(made) == made


def test_those_of_one_moment_differ() -> None:
    assert len({new_id("card", NOW, os.urandom) for _ in range(500)}) == 500


def test_the_hour_of_the_place_does_not_matter() -> None:
    there = NOW.astimezone(tz=None)
    assert new_id("card", there, lambda n: bytes(n)) == new_id("card", NOW, lambda n: bytes(n))
