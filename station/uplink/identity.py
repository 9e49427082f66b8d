"""Who we are to the centre, and which centre it is: keys that were learnt once, at pairing, and are pinned."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from station.sealing.fingerprints import fingerprint, is_fingerprint_of
from station.sealing.signatures import IssuerPublicKey, SigningKey, VerifyKey
from station.sealing.suites import BadKey, SealingKey, SealingPublicKey
from station.wire.fields import BadMessage, as_base64

_FIELDS = ("centre_id", "station_id", "signing", "sealing", "issuer")


@dataclass(frozen=True, slots=True)
class StationIdentity:
    """Who we are to the centre: `sealing` are the current key, then older ones that may still be sealed to."""

    station_id: str
    signing: SigningKey
    sealing: tuple[SealingKey, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """What is pinned: nothing that these keys did not sign is believed."""

    centre_id: str
    station_id: str
    signing: VerifyKey
    sealing: SealingPublicKey
    issuer: IssuerPublicKey

    @property
    def fingerprint(self) -> str:
        """Of the centre: both sides show it, two people compare."""
        return fingerprint(self._public)

    def is_shown_as(self, spoken: str) -> bool:
        """Whether `spoken` is the fingerprint, as a person may type it."""
        return is_fingerprint_of(spoken, self._public)

    @property
    def _public(self) -> bytes:
        return self.signing.encode() + self.sealing.encode() + self.issuer.encode()

    def to_json(self) -> dict[str, str]:
        return {
            "centre_id": self.centre_id,
            "station_id": self.station_id,
            "signing": as_base64(self.signing.encode()),
            "sealing": as_base64(self.sealing.encode()),
            "issuer": as_base64(self.issuer.encode()),
        }

    @classmethod
    def from_json(cls, data: Any) -> Pairing:
        """The inverse; `BadMessage`."""
        if not isinstance(data, dict) or any(not isinstance(data.get(name), str) for name in _FIELDS):
            raise BadMessage("pairing", "a field is missing or no text")
        try:
            return cls(
                data["centre_id"],
                data["station_id"],
                VerifyKey.decode(base64.b64decode(data["signing"], validate=True)),
                SealingPublicKey.decode(base64.b64decode(data["sealing"], validate=True)),
                IssuerPublicKey.decode(base64.b64decode(data["issuer"], validate=True)),
            )
        except (ValueError, BadKey):
            raise BadMessage("pairing", "a key cannot be read") from None


def station_fingerprint(signing: VerifyKey, sealing: SealingPublicKey) -> str:
    """Of this station, for the same comparison."""
    return fingerprint(signing.encode() + sealing.encode())
