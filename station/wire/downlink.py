"""What the centre has for a station, numbered without gaps and signed one by one; kinds not known here are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from station.sealing.signatures import SigningKey, VerifyKey
from station.wire.fields import BadMessage, Fields, as_base64, as_text, encoded, opened
from station.wire.limits import (
    BODY_BYTES_MAX,
    DOWNLINK_ITEMS_MAX,
    DOWNLINK_ONLY_MAX,
    INLINE_BODY_BYTES_MAX,
)
from station.wire.signed import Signed

ITEM = "ektp downlink item 1"
_NUMBERS = re.compile(r"\d{1,15}(,\d{1,15})*", re.ASCII)


class DownlinkKind(StrEnum):
    STATUS = "status"  # facts: status, n (its place in the record's history, from 1)
    PRINT_READY_RECORD = "print_ready_record"  # facts: authorisation_id, valid_until; with a body
    REVOCATION = "revocation"  # facts: authorisation_id, reason


@dataclass(frozen=True, slots=True)
class DownlinkItem:
    """`facts` are texts and whole numbers, by kind. `body_sha256` is empty when the item has no body."""

    station_id: str
    seq: int
    kind: str
    record_id: str
    at: datetime
    facts: Mapping[str, str | int]
    body_sha256: str = ""
    body_size: int = 0

    def signed(self, key: SigningKey) -> Signed:
        return Signed.make(
            key,
            ITEM,
            station_id=self.station_id,
            seq=self.seq,
            kind=self.kind,
            record_id=self.record_id,
            at=as_text(self.at),
            facts=dict(self.facts),
            body_sha256=self.body_sha256,
            body_size=self.body_size,
        )

    @classmethod
    def verified(cls, signed: Signed, key: VerifyKey) -> DownlinkItem:
        """`BadSignature` or `BadMessage`."""
        at = signed.verified(key, ITEM)
        facts = at.object("facts")
        for name, value in facts.items():
            if type(value) not in (str, int):
                raise BadMessage(at.at(f"facts.{name}"), "neither text nor number")
        return cls(
            station_id=at.id("station_id"),
            seq=at.number("seq", least=1),
            kind=at.text("kind", chars_max=64),
            record_id=at.id("record_id"),
            at=at.moment("at"),
            facts=facts,
            body_sha256=at.sha256("body_sha256", or_empty=True),
            body_size=at.number("body_size", most=BODY_BYTES_MAX),
        )

    def text(self, name: str) -> str:
        value = self.facts.get(name)
        if not isinstance(value, str):
            raise BadMessage(f"{ITEM}.facts.{name}", "missing, or not text")
        return value

    def number(self, name: str) -> int:
        value = self.facts.get(name)
        if not isinstance(value, int):
            raise BadMessage(f"{ITEM}.facts.{name}", "missing, or not a number")
        return value


@dataclass(frozen=True, slots=True)
class ItemSigned:
    """`inline` is the body, when it is small enough to come along; its hash stands in the signed part."""

    item: Signed
    inline: bytes = b""

    def to_json(self) -> dict[str, object]:
        return {"item": self.item.to_json(), "inline": as_base64(self.inline)}

    @classmethod
    def from_fields(cls, at: Fields) -> ItemSigned:
        return cls(Signed.from_fields(at.inside("item")), at.data("inline", bytes_max=INLINE_BODY_BYTES_MAX))


@dataclass(frozen=True, slots=True)
class DownlinkPage:
    """In order of number. `more`: another page would not be empty."""

    items: tuple[ItemSigned, ...]
    more: bool

    def encode(self) -> bytes:
        return encoded(items=[item.to_json() for item in self.items], more=self.more)

    @classmethod
    def decode(cls, data: bytes) -> DownlinkPage:
        at = opened(data, "downlink page")
        more = at.value("more")
        if not isinstance(more, bool):
            raise BadMessage("downlink page.more", "neither true nor false")
        return cls(at.each("items", ItemSigned.from_fields, most=DOWNLINK_ITEMS_MAX), more)


@dataclass(frozen=True, slots=True)
class DownlinkQuery:
    """Items after a number, or only those of some numbers: what came damaged before."""

    after: int = 0
    only: tuple[int, ...] = ()

    def to_query(self) -> str:
        return "only=" + ",".join(str(seq) for seq in self.only) if self.only else f"after={self.after}"

    @classmethod
    def from_query(cls, query: str) -> DownlinkQuery:
        name, _, value = query.partition("=")
        if name not in ("after", "only") or len(value) > 16 * DOWNLINK_ONLY_MAX or not _NUMBERS.fullmatch(value):
            raise BadMessage("downlink query", "neither after=number nor only=numbers")
        numbers = tuple(int(part) for part in value.split(","))
        if name == "only":
            if len(numbers) > DOWNLINK_ONLY_MAX:
                raise BadMessage("downlink query", f"more than {DOWNLINK_ONLY_MAX} numbers")
            return cls(only=numbers)
        if len(numbers) != 1:
            raise BadMessage("downlink query", "after takes one number")
        return cls(after=numbers[0])
