"""A seal is bytes that only the holder of one private key can open; its header names the suite and the key.

Layout: `EKS1`, suite (1 byte), key id (8 bytes), HPKE output (RFC 9180, base mode: encapsulated key, ciphertext, tag).
Header and context go into HPKE's `info`, so neither can be exchanged. A seal does not say who made it: sign beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from station.domain.canonical import canonical

MAGIC = b"EKS1"
KEY_ID_BYTES = 8
HEADER_BYTES = len(MAGIC) + 1 + KEY_ID_BYTES
_X25519_BYTES = 32
_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1184

HpkePrivate = MLKEM768X25519PrivateKey | X25519PrivateKey
HpkePublic = MLKEM768X25519PublicKey | X25519PublicKey


class BadSeal(ValueError):
    """The seal cannot be opened: no seal, unknown suite or key, wrong context, or changed since."""


class BadKey(ValueError):
    """Bytes that are no key; the message never holds them."""


@dataclass(frozen=True, slots=True)
class SealingSuite:
    """One way to seal. Key bytes have fixed lengths; `generate`, `private` and `public` turn them into keys."""

    id: int
    name: str
    hpke: Suite
    secret_bytes: int
    public_bytes: int
    generate: Callable[[], bytes]
    public_of: Callable[[bytes], bytes]
    private: Callable[[bytes], HpkePrivate]
    public: Callable[[bytes], HpkePublic]


def _hybrid_generate() -> bytes:
    return MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw()


def _hybrid_halves(secret: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    seed, scalar = secret[:_MLKEM_SEED_BYTES], secret[_MLKEM_SEED_BYTES:]
    return MLKEM768PrivateKey.from_seed_bytes(seed), X25519PrivateKey.from_private_bytes(scalar)


def _hybrid_public_of(secret: bytes) -> bytes:
    lattice, curve = _hybrid_halves(secret)
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def _hybrid_private(secret: bytes) -> HpkePrivate:
    return MLKEM768X25519PrivateKey(*_hybrid_halves(secret))


def _hybrid_public(public: bytes) -> HpkePublic:
    lattice, curve = public[:_MLKEM_PUBLIC_BYTES], public[_MLKEM_PUBLIC_BYTES:]
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(lattice), X25519PublicKey.from_public_bytes(curve)
    )


SUITES: Mapping[int, SealingSuite] = MappingProxyType(
    {
        # A citizen's biometrics stay secret for a lifetime: the hybrid holds if either half does.
        1: SealingSuite(
            id=1,
            name="HPKE MLKEM768-X25519, HKDF-SHA256, AES-256-GCM",
            hpke=Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
            secret_bytes=_MLKEM_SEED_BYTES + _X25519_BYTES,
            public_bytes=_MLKEM_PUBLIC_BYTES + _X25519_BYTES,
            generate=_hybrid_generate,
            public_of=_hybrid_public_of,
            private=_hybrid_private,
            public=_hybrid_public,
        ),
        2: SealingSuite(
            id=2,
            name="HPKE X25519, HKDF-SHA256, AES-256-GCM",
            hpke=Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
            secret_bytes=_X25519_BYTES,
            public_bytes=_X25519_BYTES,
            generate=lambda: X25519PrivateKey.generate().private_bytes_raw(),
            public_of=lambda secret: X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw(),
            private=X25519PrivateKey.from_private_bytes,
            public=X25519PublicKey.from_public_bytes,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class SealingPublicKey:
    """What anybody may have: seals are made to it."""

    suite: int
    raw: bytes

    @property
    def key_id(self) -> str:
        """16 hexadecimal digits: the start of SHA-256 over label, suite and key."""
        return hashlib.sha256(b"ektp sealing key" + self.encode()).hexdigest()[: 2 * KEY_ID_BYTES]

    def encode(self) -> bytes:
        return bytes([self.suite]) + self.raw

    @classmethod
    def decode(cls, data: bytes) -> SealingPublicKey:
        """The inverse of `encode`; `BadKey`."""
        suite = _suite_of(data, lambda known: known.public_bytes)
        try:
            suite.public(data[1:])
        except ValueError:
            raise BadKey("public sealing key: not a key of its suite") from None
        return cls(suite.id, data[1:])

    def __repr__(self) -> str:
        return f"SealingPublicKey({self.key_id})"


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The private half: opens what was sealed to `public`."""

    suite: int
    secret: bytes
    public: SealingPublicKey

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def encode(self) -> bytes:
        """Secret: only a key ring writes it, and only wrapped by its guard."""
        return bytes([self.suite]) + self.secret

    @classmethod
    def decode(cls, data: bytes) -> SealingKey:
        """The inverse of `encode`; `BadKey`."""
        suite = _suite_of(data, lambda known: known.secret_bytes)
        secret = data[1:]
        return cls(suite.id, secret, SealingPublicKey(suite.id, suite.public_of(secret)))

    def __repr__(self) -> str:
        return f"SealingKey({self.key_id})"


def generate_sealing_key(suite: int = 1) -> SealingKey:
    """A new key of a suite in `SUITES`."""
    if suite not in SUITES:
        raise BadKey(f"sealing suite {suite} is not known here")
    return SealingKey.decode(bytes([suite]) + SUITES[suite].generate())


def seal_context(purpose: str, *ids: str) -> bytes:
    """What a seal is for: purpose (with its schema version), then station id, record id and the like, in order."""
    return canonical(["ektp-seal", purpose, *ids])


def seal(plaintext: bytes, to: SealingPublicKey, *, context: bytes) -> bytes:
    """Seals to one key. Each call gives different bytes."""
    suite = SUITES[to.suite]
    header = MAGIC + bytes([suite.id]) + bytes.fromhex(to.key_id)
    return header + suite.hpke.encrypt(plaintext, suite.public(to.raw), info=header + context)


def open_sealed(blob: bytes, key: SealingKey | Sequence[SealingKey], *, context: bytes) -> bytes:
    """The plaintext; `BadSeal`, whose message names what did not fit."""
    keys = (key,) if isinstance(key, SealingKey) else key
    suite_id, key_id = sealed_to(blob)
    suite = SUITES.get(suite_id)
    if suite is None:
        raise BadSeal(f"suite {suite_id} is not known here")
    for candidate in keys:
        if candidate.suite == suite_id and candidate.key_id == key_id:
            return _open(blob, suite, candidate, context)
    raise BadSeal(f"sealed to key {key_id}, which is not on this key ring")


def sealed_to(blob: bytes) -> tuple[int, str]:
    """(suite, key id) of a seal, from its header; `BadSeal` when it is no seal."""
    if len(blob) < HEADER_BYTES or not blob.startswith(MAGIC):
        raise BadSeal("no seal: the header is missing")
    return blob[len(MAGIC)], blob[len(MAGIC) + 1 : HEADER_BYTES].hex()


def _open(blob: bytes, suite: SealingSuite, key: SealingKey, context: bytes) -> bytes:
    header = blob[:HEADER_BYTES]
    try:
        return suite.hpke.decrypt(blob[HEADER_BYTES:], suite.private(key.secret), info=header + context)
    except (InvalidTag, ValueError):
        raise BadSeal(f"sealed to key {key.key_id}: changed since, or meant for another context") from None


def _suite_of(data: bytes, length: Callable[[SealingSuite], int]) -> SealingSuite:
    suite = SUITES.get(data[0]) if data else None
    if suite is None:
        raise BadKey("sealing key: its suite is not known here")
    if len(data) != 1 + length(suite):
        raise BadKey(f"sealing key: {len(data) - 1} bytes do not make a key of suite {suite.id}")
    return suite
