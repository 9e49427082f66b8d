"""Pairing: both sides prove that they know the one-time code, over everything that they say to each other.

The key of the proofs is made from the code (16 letters of Crockford's alphabet, 80 bits: too many to try even from a
recording of the conversation). Who sits between the two cannot exchange a key without the code.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from station.sealing.fingerprints import ALPHABET, fingerprint
from station.sealing.signatures import IssuerPublicKey, VerifyKey
from station.sealing.suites import BadKey, SealingPublicKey
from station.wire.fields import BadMessage, Fields, as_base64, encoded, opened

CODE_LETTERS = 16
_CODE_GROUP = 4
_KEY_BYTES_MAX = 4096
_NONCE_BYTES = 16
_HEARD_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def code_from(random: Callable[[int], bytes]) -> str:
    """A new code, in groups of four: `7K2Q-F0M9-...`."""
    letters = "".join(ALPHABET[byte & 31] for byte in random(CODE_LETTERS))
    return "-".join(letters[at : at + _CODE_GROUP] for at in range(0, CODE_LETTERS, _CODE_GROUP))


def proof_key(code: str) -> bytes:
    """32 bytes; case, gaps, and I, L, O for 1, 1, 0 are forgiven. The centre keeps this and not the code."""
    return hashlib.sha256(b"ektp pairing code" + code.upper().translate(_HEARD_AS).encode()).digest()


@dataclass(frozen=True, slots=True)
class PairRequest:
    signing: VerifyKey
    sealing: SealingPublicKey
    nonce: bytes
    proof: bytes = b""

    def content(self) -> bytes:
        return encoded(
            signing=as_base64(self.signing.encode()),
            sealing=as_base64(self.sealing.encode()),
            nonce=as_base64(self.nonce),
        )

    def fingerprint(self) -> str:
        """Of the station, for two people to compare."""
        return fingerprint(self.signing.encode() + self.sealing.encode())

    def proven(self, key: bytes) -> PairRequest:
        return PairRequest(self.signing, self.sealing, self.nonce, _mac(key, b"request", self.content()))

    def is_proven(self, key: bytes) -> bool:
        return hmac.compare_digest(self.proof, _mac(key, b"request", self.content()))

    def encode(self) -> bytes:
        return encoded(
            signing=as_base64(self.signing.encode()),
            sealing=as_base64(self.sealing.encode()),
            nonce=as_base64(self.nonce),
            proof=as_base64(self.proof),
        )

    @classmethod
    def decode(cls, data: bytes) -> PairRequest:
        at = opened(data, "pair request")
        nonce = at.data("nonce", bytes_max=_NONCE_BYTES)
        if len(nonce) != _NONCE_BYTES:
            raise BadMessage("pair request.nonce", f"not {_NONCE_BYTES} bytes")
        signing = VerifyKey.decode(_key(at, "signing", VerifyKey.decode))
        sealing = SealingPublicKey.decode(_key(at, "sealing", SealingPublicKey.decode))
        return cls(signing, sealing, nonce, at.data("proof", bytes_max=32))


@dataclass(frozen=True, slots=True)
class PairReply:
    """The keys that the station pins, and the name the centre knows it by."""

    centre_id: str
    station_id: str
    signing: VerifyKey
    sealing: SealingPublicKey
    issuer: IssuerPublicKey
    proof: bytes = b""

    def content(self, request: PairRequest) -> bytes:
        return request.content() + self._values(b"")

    def fingerprint(self) -> str:
        """Of the centre."""
        return fingerprint(self.signing.encode() + self.sealing.encode() + self.issuer.encode())

    def proven(self, key: bytes, request: PairRequest) -> PairReply:
        proof = _mac(key, b"reply", self.content(request))
        return PairReply(self.centre_id, self.station_id, self.signing, self.sealing, self.issuer, proof)

    def is_proven(self, key: bytes, request: PairRequest) -> bool:
        return hmac.compare_digest(self.proof, _mac(key, b"reply", self.content(request)))

    def encode(self) -> bytes:
        return self._values(self.proof)

    def _values(self, proof: bytes) -> bytes:
        return encoded(
            centre_id=self.centre_id,
            station_id=self.station_id,
            signing=as_base64(self.signing.encode()),
            sealing=as_base64(self.sealing.encode()),
            issuer=as_base64(self.issuer.encode()),
            proof=as_base64(proof),
        )

    @classmethod
    def decode(cls, data: bytes) -> PairReply:
        at = opened(data, "pair reply")
        return cls(
            centre_id=at.id("centre_id"),
            station_id=at.id("station_id"),
            signing=VerifyKey.decode(_key(at, "signing", VerifyKey.decode)),
            sealing=SealingPublicKey.decode(_key(at, "sealing", SealingPublicKey.decode)),
            issuer=IssuerPublicKey.decode(_key(at, "issuer", IssuerPublicKey.decode)),
            proof=at.data("proof", bytes_max=32),
        )


def _key(at: Fields, name: str, decode: Callable[[bytes], object]) -> bytes:
    """The bytes of a key that `decode` accepts."""
    data = at.data(name, bytes_max=_KEY_BYTES_MAX)
    try:
        decode(data)
    except BadKey:
        raise BadMessage(at.at(name), "not a key") from None
    return data


def _mac(key: bytes, side: bytes, content: bytes) -> bytes:
    return hmac.digest(key, b"ektp pairing " + side + b"\x00" + content, "sha256")
