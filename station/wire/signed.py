"""A signed statement travels as the very bytes that were signed: nothing is encoded again before it is verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from station.sealing.signatures import SIGNATURE_BYTES, BadSignature, SigningKey, VerifyKey
from station.wire.fields import BadMessage, Fields, as_base64, encoded, opened
from station.wire.limits import SIGNED_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Signed:
    """`content` is canonical JSON. It may be believed only when it comes from `verified`."""

    content: bytes
    key_id: str
    signature: bytes

    @classmethod
    def make(cls, key: SigningKey, purpose: str, **values: Any) -> Signed:
        content = encoded(**values)
        return cls(content, key.key_id, key.sign(content, purpose=purpose))

    def verified(self, key: VerifyKey, purpose: str) -> Fields:
        """`BadSignature`, or `BadMessage` when what was signed is no statement."""
        if self.key_id != key.key_id:
            raise BadSignature(f"{purpose}: signed by key {self.key_id}, not {key.key_id}")
        key.verify(self.signature, self.content, purpose=purpose)
        return opened(self.content, purpose, bytes_max=SIGNED_BYTES_MAX)

    def to_json(self) -> dict[str, str]:
        return {
            "content": as_base64(self.content),
            "key": self.key_id,
            "signature": as_base64(self.signature),
        }

    @classmethod
    def from_fields(cls, at: Fields) -> Signed:
        signature = at.data("signature", bytes_max=SIGNATURE_BYTES)
        if len(signature) != SIGNATURE_BYTES:
            raise BadMessage(at.at("signature"), "not a signature's length")
        return cls(at.data("content", bytes_max=SIGNED_BYTES_MAX), at.id("key"), signature)

    def encode(self) -> bytes:
        return encoded(**self.to_json())

    @classmethod
    def decode(cls, data: bytes) -> Signed:
        return cls.from_fields(opened(data, "signed"))
