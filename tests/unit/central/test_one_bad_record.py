"""One record that cannot be issued waits by itself: the others are issued, now and after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.central.bodies import FolderBodies
from station.central.declined import Declined
from station.central.gateway import Gateway, app
from station.central.issuer import Issuer
from station.central.stations import Station
from station.ports import StoreError
from station.sealing.signatures import generate_signing_key
from station.sealing.suites import SealingPublicKey, generate_sealing_key
from station.wire import PairRequest
from station.wire.pairing import proof_key

CURVE = 32


def without_curve(suite: int) -> SealingPublicKey:
    """A key of the suite, with an X25519 part of zeros: it decodes, but nothing can be sealed to it."""
    key = generate_sealing_key(suite).public
    return SealingPublicKey(suite, key.raw[:-CURVE] + bytes(CURVE))


def issued_by_the_loop(centre: Any, tools: Any, record_id: str) -> None:
    """Runs the server's own loop until the record is issued."""

    async def work() -> None:
        gateway, done = Gateway(centre, Issuer(centre, tools)), asyncio.Event()
        loop, original = asyncio.get_running_loop(), centre.note_status

        def note(record: Any, status: str, now: Any) -> None:
            original(record, status, now)
            if (record.record_id, status) == (record_id, "PRINT_READY_RECORD"):
                loop.call_soon_threadsafe(done.set)

        centre.note_status = note
        async with asyncio.timeout(20), gateway.lifespan(app(centre, Issuer(centre, tools))):
            await done.wait()

    asyncio.run(work())


def test_record_of_a_station_that_cannot_be_sealed_to_does_not_stop_the_others(
    centre: Any, station: Any, other_station: Any, tools: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    centre.parts.catalogue.stations.put(Station("s-1", station.signing.public, without_curve(2)), clock.now())
    station.send("r-1")
    other_station.send("r-2", serial=2)
    with caplog.at_level(logging.ERROR):
        issued_by_the_loop(centre, tools, "r-2")
    records = centre.parts.catalogue.records
    assert records.statuses("r-1") == ["RECEIVED_AT_CENTRAL"]
    assert records.due(clock.now(), limit=10) == []
    assert "record r-1 is looked at later: ValueError" in caplog.text


@pytest.mark.parametrize("suite", [1, 2])
def test_station_whose_key_cannot_be_sealed_to_is_not_paired(centre: Any, suite: int) -> None:
    code = centre.new_pairing_code("s-9")
    signing = generate_signing_key().public
    with pytest.raises(Declined, match="cannot be sealed to"):
        centre.pair(PairRequest(signing, without_curve(suite), bytes(16)).proven(proof_key(code)))
    assert centre.parts.catalogue.stations.get("s-9") is None
    good = PairRequest(signing, generate_sealing_key(suite).public, bytes(16)).proven(proof_key(code))
    assert centre.pair(good).station_id == "s-9"


SHA = "ab" * 32
NO_NAME = "a" * 300  # longer than a file's name may be


@pytest.mark.parametrize(
    "call",
    [
        lambda bodies: bodies.get(SHA),
        lambda bodies: bodies.remove(SHA),
        lambda bodies: bodies.finish("s-1", "cd" * 32),
        lambda bodies: bodies.has(NO_NAME),
        lambda bodies: bodies.offset("s-1", NO_NAME),
    ],
    ids=["get", "remove", "finish", "has", "offset"],
)
def test_disk_that_does_not_give_a_body_is_an_error_of_the_store(
    tmp_path: Path, call: Callable[[FolderBodies], object]
) -> None:
    bodies = FolderBodies(tmp_path)
    bodies.append("s-1", "cd" * 32, 0, b"x")
    (part,) = (tmp_path / "unfinished").iterdir()
    part.unlink()
    part.mkdir()  # a folder where a file should be: the disk refuses to read or remove it as one
    (tmp_path / "whole" / SHA[:2] / SHA).mkdir(parents=True)
    (tmp_path / "whole" / NO_NAME[:2]).mkdir()
    with pytest.raises(StoreError):
        call(bodies)
