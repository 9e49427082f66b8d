"""Signatures say who: Ed25519 for stations and centres, ECDSA P-256 for the issuer whose word stands in the chip.

Every Ed25519 signature is made for one purpose and holds for no other. An issuer's signature fills the chip's file
6FF6 (0x50 = 80 bytes): 16 bytes of key id, then r and s of ECDSA P-256 with SHA-256, 32 bytes each, big-endian.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.sealing.suites import BadKey

SIGNATURE_BYTES = 64
ISSUER_KEY_ID_BYTES = 16
ISSUER_SIGNATURE_BYTES = 80
_SCALAR_BYTES = 32


class BadSignature(ValueError):
    """Not this key's signature over this message for this purpose."""


def _framed(purpose: str, message: bytes) -> bytes:
    # The length stands before the purpose, so no other purpose and message can give the same bytes.
    label = purpose.encode()
    return b"ektp signature" + len(label).to_bytes(2, "big") + label + message


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """The public half of a signing key."""

    raw: bytes

    @property
    def key_id(self) -> str:
        """16 hexadecimal digits."""
        return hashlib.sha256(b"ektp signing key" + self.raw).hexdigest()[:16]

    def encode(self) -> bytes:
        return self.raw

    @classmethod
    def decode(cls, data: bytes) -> VerifyKey:
        """The inverse of `encode`; `BadKey`."""
        try:
            Ed25519PublicKey.from_public_bytes(data)
        except ValueError:
            raise BadKey("verify key: not an Ed25519 public key") from None
        return cls(bytes(data))

    def verify(self, signature: bytes, message: bytes, *, purpose: str) -> None:
        """Nothing, or `BadSignature`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, _framed(purpose, message))
        except InvalidSignature:
            raise BadSignature(f"not signed by key {self.key_id} for {purpose}, or changed since") from None

    def __repr__(self) -> str:
        return f"VerifyKey({self.key_id})"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Ed25519, private."""

    secret: bytes
    public: VerifyKey

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def sign(self, message: bytes, *, purpose: str) -> bytes:
        """64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(_framed(purpose, message))

    def encode(self) -> bytes:
        """Secret: only a key ring writes it, and only wrapped by its guard."""
        return self.secret

    @classmethod
    def decode(cls, data: bytes) -> SigningKey:
        """The inverse of `encode`; `BadKey`."""
        try:
            key = Ed25519PrivateKey.from_private_bytes(data)
        except ValueError:
            raise BadKey("signing key: not an Ed25519 private key") from None
        return cls(bytes(data), VerifyKey(key.public_key().public_bytes_raw()))

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


def generate_signing_key() -> SigningKey:
    return SigningKey.decode(Ed25519PrivateKey.generate().private_bytes_raw())


@dataclass(frozen=True, slots=True)
class IssuerPublicKey:
    """What a reader needs to know that a chip's contents are the issuer's."""

    raw: bytes  # compressed point, 33 bytes

    @property
    def key_id(self) -> str:
        """32 hexadecimal digits: as it stands before each signature."""
        return hashlib.sha256(b"ektp issuer key" + self.raw).hexdigest()[: 2 * ISSUER_KEY_ID_BYTES]

    def encode(self) -> bytes:
        return self.raw

    @classmethod
    def decode(cls, data: bytes) -> IssuerPublicKey:
        """The inverse of `encode`; `BadKey`."""
        try:
            return cls(_compressed(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)))
        except ValueError:
            raise BadKey("issuer key: not a point of P-256") from None

    def verify(self, signature: bytes, content: bytes) -> None:
        """Nothing, or `BadSignature`. `signature` is the 80 bytes of the chip's file."""
        if len(signature) != ISSUER_SIGNATURE_BYTES:
            raise BadSignature(f"issuer signature: {len(signature)} bytes, not {ISSUER_SIGNATURE_BYTES}")
        made_by, numbers = signature[:ISSUER_KEY_ID_BYTES], signature[ISSUER_KEY_ID_BYTES:]
        if made_by.hex() != self.key_id:
            raise BadSignature(f"issuer signature: made by key {made_by.hex()}, not {self.key_id}")
        r, s = (int.from_bytes(half, "big") for half in (numbers[:_SCALAR_BYTES], numbers[_SCALAR_BYTES:]))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.raw)
        try:
            key.verify(encode_dss_signature(r, s), content, ec.ECDSA(SHA256()))
        except InvalidSignature:
            raise BadSignature(f"issuer signature: not over this content by key {self.key_id}") from None

    def __repr__(self) -> str:
        return f"IssuerPublicKey({self.key_id})"


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """ECDSA P-256, private: signs what a chip holds."""

    secret: bytes  # the scalar, 32 bytes, big-endian
    public: IssuerPublicKey

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def sign(self, content: bytes) -> bytes:
        """80 bytes: key id, r, s."""
        key = ec.derive_private_key(int.from_bytes(self.secret, "big"), ec.SECP256R1())
        r, s = decode_dss_signature(key.sign(content, ec.ECDSA(SHA256())))
        numbers = r.to_bytes(_SCALAR_BYTES, "big") + s.to_bytes(_SCALAR_BYTES, "big")
        return bytes.fromhex(self.key_id) + numbers

    def encode(self) -> bytes:
        """Secret: only a key ring writes it, and only wrapped by its guard."""
        return self.secret

    @classmethod
    def decode(cls, data: bytes) -> IssuerKey:
        """The inverse of `encode`; `BadKey`."""
        if len(data) != _SCALAR_BYTES:
            raise BadKey(f"issuer key: {len(data)} bytes, not {_SCALAR_BYTES}")
        try:
            key = ec.derive_private_key(int.from_bytes(data, "big"), ec.SECP256R1())
        except ValueError:
            raise BadKey("issuer key: not a scalar of P-256") from None
        return cls(bytes(data), IssuerPublicKey(_compressed(key.public_key())))

    def __repr__(self) -> str:
        return f"IssuerKey({self.key_id})"


def generate_issuer_key() -> IssuerKey:
    scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return IssuerKey.decode(scalar.to_bytes(_SCALAR_BYTES, "big"))


def _compressed(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
