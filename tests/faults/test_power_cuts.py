"""A power cut at any moment loses nothing acknowledged and breaks nothing.

What the recording disk may hold after a cut is opened by the real log and vault.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from station.domain.events import (
    BlanksLoaded,
    BlanksReceived,
    CardInDoubt,
    CardIntended,
    ChipIdentified,
    EnrolmentOpened,
    Event,
    PrintReadyRecordReserved,
)
from station.domain.life import Refused
from station.sealing.key_ring import StationKeyRing
from station.store.event_log import SqliteEventLog
from station.store.vault import SqliteVault
from tests.faults.recording_disk import Deed, Disk, StoppedClock, after_a_cut, lay_out

RING = StationKeyRing.generate()
Bodies = dict[tuple[str, str], str]
"""(record, name) -> SHA-256."""
Put = tuple[int, tuple[str, str], str]
"""Deeds before it, place, SHA-256."""


def a_day(number: int) -> list[list[Event]]:
    """Appends of one to four events, which touch every view."""
    card, authorisation = f"c{number}", f"a{number}"
    return [
        [EnrolmentOpened(f"r{number}", "unchecked", "decree", "op" * (1 + 40 * (number % 7)))],
        [BlanksReceived(1, "SJ", "op"), BlanksLoaded("p", 1, "op")],
        [
            PrintReadyRecordReserved(authorisation, f"r{number}", "later", "hash"),
            CardIntended(card, authorisation, "p", "hash", number),
            ChipIdentified(card, f"chip-{number}"),
        ],
    ]


def cuts(deeds: list[Deed], first: int, count: int, seed: int) -> Iterator[tuple[int, dict[str, bytes]]]:
    """(how many deeds were done, what the disk then holds), each from its own seed."""
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")
        cut = chance.randint(first, len(deeds))
        yield cut, after_a_cut(deeds[:cut], chance)


@pytest.mark.parametrize("seed", range(3))
def test_no_power_cut_loses_an_acknowledged_event_or_breaks_the_log(tmp_path: Path, disk: Disk, seed: int) -> None:
    acknowledged: list[tuple[int, int, str]] = []
    hashes: dict[int, str] = {}
    was = tmp_path / "was"
    with SqliteEventLog(was, StoppedClock(), vfs="recording") as log:
        opened = len(disk.deeds)
        for number in range(12):
            for events in a_day(number):
                done = log.append(*events)
                acknowledged.append((len(disk.deeds), done.seq, done.head))
        hashes = {line.seq: line.hash for line in log.lines(limit=1000)}
    lengths = set()
    for number, (cut, files) in enumerate(cuts(disk.deeds, opened, 60, seed)):
        folder = tmp_path / f"cut-{number}"
        lay_out(files, was, folder)
        with SqliteEventLog(folder, StoppedClock()) as log:
            promised = max((seq for deeds, seq, _ in acknowledged if deeds <= cut), default=0)
            seq, head = log.head()
            lengths.add(seq)
            assert seq >= promised, f"seed {seed}, cut {number}: {promised} acknowledged, {seq} left"
            # Never half an append: the head is one that was acknowledged, or was about to be.
            assert seq == 0 or (seq, head) in {(s, h) for _, s, h in acknowledged}
            assert {line.seq: line.hash for line in log.lines(limit=1000)} == {s: hashes[s] for s in range(1, seq + 1)}
            assert log.verify().holds
            incremental = log.view_contents()
            log.rebuild()
            assert log.view_contents() == incremental
            assert log.stock().holds
            log.append(EnrolmentOpened("after the cut", "unchecked", "decree", "op"))
    assert len(lengths) > 10


def test_the_cuts_would_find_a_log_that_acknowledges_too_early(tmp_path: Path, disk: Disk) -> None:
    """The proof of the tool: the same cuts on a database that does not sync at each commit do lose records."""
    was = tmp_path / "was"
    was.mkdir()
    connection = apsw.Connection(str(was / "a.db"), vfs="recording")
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE r (id INTEGER)").fetchall()
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.wal_autocheckpoint(1000)  # a checkpoint would sync
    opened = len(disk.deeds)
    acknowledged = []
    for number in range(20):
        connection.execute("INSERT INTO r VALUES (?)", (number,))
        acknowledged.append((len(disk.deeds), number))
    deeds = list(disk.deeds)
    connection.close()
    lost = 0
    for number, (cut, files) in enumerate(cuts(deeds, opened, 30, seed=1)):
        lay_out(files, was, tmp_path / f"cut-{number}")
        left = apsw.Connection(str(tmp_path / f"cut-{number}" / "a.db"))
        there = {row[0] for row in left.execute("SELECT id FROM r")}
        left.close()
        lost += any(record not in there for deeds_done, record in acknowledged if deeds_done <= cut)
    assert lost > 10


def test_no_power_cut_loses_a_body_that_was_put(tmp_path: Path, disk: Disk) -> None:
    chance = random.Random(7)
    was = tmp_path / "was"
    promises: list[tuple[int, Bodies]] = []
    bodies: Bodies = {}
    begun: list[Put] = []
    with SqliteVault(was, RING, StoppedClock(), reserve_bytes=0, vfs="recording") as vault:
        opened = len(disk.deeds)
        for number in range(24):
            place, body = (f"r{number % 5}", f"n{number % 3}"), chance.randbytes(chance.randrange(60_000))
            begun.append((len(disk.deeds), place, hashlib.sha256(body).hexdigest()))
            bodies = {**bodies, place: vault.put(*place, body).sha256}
            promises.append((len(disk.deeds), bodies))
    for number, (cut, files) in enumerate(cuts(disk.deeds, opened, 50, seed=7)):
        lay_out(files, was, tmp_path / f"cut-{number}")
        promised = next((there for deeds, there in reversed(promises) if deeds <= cut), {})
        with SqliteVault(tmp_path / f"cut-{number}", RING, StoppedClock(), reserve_bytes=0) as vault:
            assert vault.scrub() == []
            for place, sha256 in promised.items():
                found = hashlib.sha256(vault.get(*place)).hexdigest()
                assert found in {sha256, being_put(begun, promises, cut).get(place)}, f"cut {number}"


def being_put(begun: list[Put], promises: list[tuple[int, Bodies]], cut: int) -> Bodies:
    """The body that was on its way when the power went, if one was: it may have replaced the promised one already."""
    started, place, digest = next(put for put in reversed(begun) if put[0] <= cut)
    was_done = any(started < deeds <= cut for deeds, _ in promises)
    return {} if was_done else {place: digest}


def test_a_card_in_doubt_before_a_cut_is_in_doubt_after_it(tmp_path: Path, disk: Disk) -> None:
    """The promise in the words of the office, at the hardest moment: right after the acknowledgement."""
    was = tmp_path / "was"
    with SqliteEventLog(was, StoppedClock(), vfs="recording") as log:
        for events in a_day(1):
            log.append(*events)
        log.append(CardInDoubt("c1", "a1", "p", "bound", "power"))
        deeds = list(disk.deeds)
    for number in range(10):
        lay_out(after_a_cut(deeds, random.Random(number)), was, tmp_path / f"cut-{number}")
        with SqliteEventLog(tmp_path / f"cut-{number}", StoppedClock()) as log:
            assert [card.id for card in log.subjects("card", "in_doubt")] == ["c1"]
            assert log.stock().in_doubt == 1
            with pytest.raises(Refused):
                log.append(CardIntended("c2", "a1", "p", "hash", 2))
