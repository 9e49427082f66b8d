"""What the centre puts its name to: it holds a record, it refuses one, it holds the log up to an entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from station.sealing.signatures import SigningKey, VerifyKey
from station.wire.fields import as_text
from station.wire.limits import BODY_BYTES_MAX
from station.wire.signed import Signed

RECEIPT = "ektp receipt 1"
REFUSAL = "ektp refusal 1"
LOG_ACK = "ektp log acknowledgement 1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The centre holds this body, durable and admitted. The head is the last entry of the station's log it holds."""

    station_id: str
    epoch: int
    record_id: str
    sha256: str
    size: int
    received_at: datetime
    head_epoch: int
    head_seq: int
    head_hash: str

    def signed(self, key: SigningKey) -> Signed:
        return Signed.make(
            key,
            RECEIPT,
            station_id=self.station_id,
            epoch=self.epoch,
            record_id=self.record_id,
            sha256=self.sha256,
            size=self.size,
            received_at=as_text(self.received_at),
            head_epoch=self.head_epoch,
            head_seq=self.head_seq,
            head_hash=self.head_hash,
        )

    @classmethod
    def verified(cls, signed: Signed, key: VerifyKey) -> Receipt:
        """`BadSignature` or `BadMessage`."""
        at = signed.verified(key, RECEIPT)
        return cls(
            station_id=at.id("station_id"),
            epoch=at.number("epoch"),
            record_id=at.id("record_id"),
            sha256=at.sha256("sha256"),
            size=at.number("size", most=BODY_BYTES_MAX),
            received_at=at.moment("received_at"),
            head_epoch=at.number("head_epoch"),
            head_seq=at.number("head_seq"),
            head_hash=at.sha256("head_hash"),
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The centre will not take this body, whatever is sent again; `reason` is a code."""

    station_id: str
    record_id: str
    sha256: str
    reason: str

    def signed(self, key: SigningKey) -> Signed:
        return Signed.make(
            key,
            REFUSAL,
            station_id=self.station_id,
            record_id=self.record_id,
            sha256=self.sha256,
            reason=self.reason,
        )

    @classmethod
    def verified(cls, signed: Signed, key: VerifyKey) -> Refusal:
        at = signed.verified(key, REFUSAL)
        return cls(at.id("station_id"), at.id("record_id"), at.sha256("sha256"), at.text("reason", chars_max=200))


@dataclass(frozen=True, slots=True)
class LogAck:
    """The centre holds the station's log up to and including this entry. Number 0: none."""

    station_id: str
    epoch: int
    seq: int
    hash: str

    def signed(self, key: SigningKey) -> Signed:
        return Signed.make(
            key, LOG_ACK, station_id=self.station_id, epoch=self.epoch, seq=self.seq, hash=self.hash
        )

    @classmethod
    def verified(cls, signed: Signed, key: VerifyKey) -> LogAck:
        at = signed.verified(key, LOG_ACK)
        return cls(at.id("station_id"), at.number("epoch"), at.number("seq"), at.sha256("hash"))
