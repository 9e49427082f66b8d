"""A page of the station's log, as logged: the centre checks the chain itself and the station's signature on its end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from station.domain.canonical import canonical
from station.sealing.signatures import SigningKey, VerifyKey
from station.wire.fields import BadMessage, Fields, encoded, opened
from station.wire.limits import LOG_ENTRIES_MAX, MANIFEST_ENTRIES_MAX
from station.wire.signed import Signed

LOG_HEAD = "ektp log head 1"
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class LogEntry:
    """As in the log. `data` holds identifiers and numbers, no person's data."""

    seq: int
    epoch: int
    at: str
    kind: str
    version: int
    data: dict[str, Any]
    hash: str

    def to_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "epoch": self.epoch,
            "at": self.at,
            "kind": self.kind,
            "version": self.version,
            "data": self.data,
            "hash": self.hash,
        }

    def follows(self, previous_hash: str) -> bool:
        """Whether its hash is right after an entry of that hash (`GENESIS` before the first)."""
        rest = {name: value for name, value in self.to_json().items() if name != "hash"}
        return hashlib.sha256(previous_hash.encode("ascii") + canonical(rest)).hexdigest() == self.hash

    @classmethod
    def from_fields(cls, at: Fields) -> LogEntry:
        return cls(
            seq=at.number("seq", least=1),
            epoch=at.number("epoch"),
            at=at.text("at", chars_max=40),
            kind=at.text("kind", chars_max=64),
            version=at.number("version", least=1),
            data=at.object("data"),
            hash=at.sha256("hash"),
        )


@dataclass(frozen=True, slots=True)
class LogHead:
    """The last entry of a page, under the station's signature: from then on it cannot say that it never was."""

    station_id: str
    epoch: int
    seq: int
    hash: str

    def signed(self, key: SigningKey) -> Signed:
        return Signed.make(
            key, LOG_HEAD, station_id=self.station_id, epoch=self.epoch, seq=self.seq, hash=self.hash
        )

    @classmethod
    def verified(cls, signed: Signed, key: VerifyKey) -> LogHead:
        at = signed.verified(key, LOG_HEAD)
        return cls(at.id("station_id"), at.number("epoch"), at.number("seq"), at.sha256("hash"))


@dataclass(frozen=True, slots=True)
class LogPage:
    """Consecutive entries, or none: then it only asks. `waiting` are records whose receipt the station lacks."""

    station_id: str
    entries: tuple[LogEntry, ...]
    head: Signed
    waiting: tuple[str, ...]

    def encode(self) -> bytes:
        return encoded(
            station_id=self.station_id,
            entries=[entry.to_json() for entry in self.entries],
            head=self.head.to_json(),
            waiting=list(self.waiting),
        )

    @classmethod
    def decode(cls, data: bytes) -> LogPage:
        at = opened(data, "log page")
        entries = at.each("entries", LogEntry.from_fields, most=LOG_ENTRIES_MAX)
        for index, (one, following) in enumerate(pairwise(entries)):
            if following.seq != one.seq + 1 or following.epoch < one.epoch:
                raise BadMessage(f"log page.entries[{index + 1}].seq", "does not follow")
        return cls(
            station_id=at.id("station_id"),
            entries=entries,
            head=Signed.from_fields(at.inside("head")),
            waiting=at.ids("waiting", most=MANIFEST_ENTRIES_MAX),
        )


@dataclass(frozen=True, slots=True)
class LogReply:
    """Up to where the log is held, and a receipt or refusal for the waiting records that have one."""

    ack: Signed
    receipts: tuple[Signed, ...]
    refusals: tuple[Signed, ...]

    def encode(self) -> bytes:
        return encoded(
            ack=self.ack.to_json(),
            receipts=[item.to_json() for item in self.receipts],
            refusals=[item.to_json() for item in self.refusals],
        )

    @classmethod
    def decode(cls, data: bytes) -> LogReply:
        at = opened(data, "log reply")
        return cls(
            ack=Signed.from_fields(at.inside("ack")),
            receipts=at.each("receipts", Signed.from_fields, most=MANIFEST_ENTRIES_MAX),
            refusals=at.each("refusals", Signed.from_fields, most=MANIFEST_ENTRIES_MAX),
        )
