"""The chain: each line's hash covers the line before it, so a changed, missing or moved line shows at verification.

Cutting lines off the end does not show here: the centre's receipts echo the last head it holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from station.domain.canonical import NotCanonical, canonical
from station.domain.events import Event

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log as it is stored: `data` is canonical JSON in the version it was written in."""

    seq: int
    epoch: int
    at: str
    kind: str
    version: int
    data: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """`broken_at` is the first line that does not hold, or None; `count` lines before it do."""

    count: int
    broken_at: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def line_hash(previous_hash: str, line: Line) -> str:
    """SHA-256 over the previous hash (64 ASCII digits) and the canonical rest; `NotCanonical` or ValueError."""
    rest = {
        "seq": line.seq,
        "epoch": line.epoch,
        "at": line.at,
        "kind": line.kind,
        "version": line.version,
        "data": json.loads(line.data),
    }
    return hashlib.sha256(previous_hash.encode("ascii") + canonical(rest)).hexdigest()


def next_line(previous: Line | None, epoch: int, at: str, event: Event) -> Line:
    """The line that follows. Recorded time never runs back: it stands still while the clock is behind."""
    data = canonical(event.data()).decode("ascii")
    if previous is None:
        unsealed, previous_hash = Line(1, epoch, at, event.kind, event.version, data, ""), GENESIS
    else:
        moment, previous_hash = max(at, previous.at), previous.hash
        unsealed = Line(previous.seq + 1, epoch, moment, event.kind, event.version, data, "")
    return replace(unsealed, hash=line_hash(previous_hash, unsealed))


def verify(lines: Iterable[Line], previous: Line | None = None) -> ChainReport:
    """Whether each line follows the one before; `previous` is the line before the first, None at the log's start."""
    count = 0
    for line in lines:
        if reason := _fault(previous, line):
            return ChainReport(count, (previous.seq if previous else 0) + 1, reason)
        previous, count = line, count + 1
    return ChainReport(count)


def _fault(previous: Line | None, line: Line) -> str:
    if line.seq != (previous.seq if previous else 0) + 1:
        return f"line {line.seq} stands in its place"
    if previous and line.epoch < previous.epoch:
        return "its epoch is older than the one before"
    if previous and line.at < previous.at:
        return "its time is before the one before"
    try:
        if canonical(json.loads(line.data)).decode("ascii") != line.data:
            return "its data is not in canonical form"
        computed = line_hash(previous.hash if previous else GENESIS, line)
    except (ValueError, NotCanonical, RecursionError):
        return "its data is not JSON"
    return "" if computed == line.hash else "its hash does not fit"
