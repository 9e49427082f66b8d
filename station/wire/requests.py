"""Every request of a station is signed: method, target, offset and body's hash, with a time and a number used once."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from station.domain.canonical import canonical
from station.sealing.signatures import SigningKey, VerifyKey
from station.wire.fields import BadMessage, as_base64, as_text, is_id

REQUEST = "ektp request 1"
STATION = "Ektp-Station"
TIME = "Ektp-Time"
NONCE = "Ektp-Nonce"
SIGNATURE = "Ektp-Signature"
UPLOAD_OFFSET = "Upload-Offset"
NONCE_BYTES = 16
_NONCE_HEX_DIGITS = 2 * NONCE_BYTES


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The headers that prove who asks. `target` is path and query, `offset` the Upload-Offset header or empty."""

    station_id: str
    at: datetime
    nonce: str  # hexadecimal
    signature: bytes

    @classmethod
    def make(
        cls, key: SigningKey, station_id: str, at: datetime, nonce: bytes, *, method: str, target: str, offset: str,
        body: bytes,
    ) -> SignedRequest:
        message = _message(station_id, as_text(at), nonce.hex(), method, target, offset, body)
        return cls(station_id, at, nonce.hex(), key.sign(message, purpose=REQUEST))

    def headers(self) -> dict[str, str]:
        return {
            STATION: self.station_id,
            TIME: as_text(self.at),
            NONCE: self.nonce,
            SIGNATURE: as_base64(self.signature),
        }

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> SignedRequest:
        """From headers whose names are looked up without regard to case; `BadMessage`."""
        station, at, nonce, signature = (headers.get(name, "") for name in (STATION, TIME, NONCE, SIGNATURE))
        if not is_id(station):
            raise BadMessage(STATION, "missing, or not an identifier")
        if len(nonce) != _NONCE_HEX_DIGITS or not set(nonce) <= set("0123456789abcdef"):
            raise BadMessage(NONCE, f"missing, or not {_NONCE_HEX_DIGITS} hexadecimal digits")
        try:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None or as_text(moment) != at:
                raise ValueError
        except (ValueError, OverflowError):
            raise BadMessage(TIME, "missing, or not a time in UTC") from None
        try:
            return cls(station, moment.astimezone(UTC), nonce, base64.b64decode(signature, validate=True))
        except (binascii.Error, ValueError):
            raise BadMessage(SIGNATURE, "not base64") from None

    def verify(self, key: VerifyKey, *, method: str, target: str, offset: str, body: bytes) -> None:
        """Nothing, or `BadSignature`."""
        message = _message(self.station_id, as_text(self.at), self.nonce, method, target, offset, body)
        key.verify(self.signature, message, purpose=REQUEST)


def _message(station: str, at: str, nonce: str, method: str, target: str, offset: str, body: bytes) -> bytes:
    return canonical([method, target, offset, hashlib.sha256(body).hexdigest(), station, at, nonce])
