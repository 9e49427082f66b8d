"""Mutual authentication of ICAO Doc 9303-11 clause 4.3: both sides prove the key, then agree on a session.

ISO/IEC 11770-2 mechanism 6. The seed is a secret of the chip; in a passport it is a hash of the printed zone, here a
key diversified by the chip's identifier. Appendix D.3's worked example judges both sides.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from drivers.iso7816 import triple_des
from drivers.iso7816.secure_messaging import SecureMessaging, SecureMessagingError

NONCE_BYTES = 8
KEYING_BYTES = 16
TOKEN_BYTES = 40
_CRYPTOGRAM_BYTES = 2 * NONCE_BYTES + KEYING_BYTES


@dataclass(frozen=True, slots=True, repr=False)
class Nonces:
    """One side's own randomness, and the other side's nonce."""

    own: bytes
    keying: bytes
    others: bytes

    def __post_init__(self) -> None:
        if (len(self.own), len(self.keying), len(self.others)) != (NONCE_BYTES, KEYING_BYTES, NONCE_BYTES):
            raise SecureMessagingError(f"nonces: {NONCE_BYTES}, {KEYING_BYTES} and {NONCE_BYTES} bytes")


def token(seed: bytes, nonces: Nonces) -> bytes:
    """E(own nonce, other's nonce, keying material) and its MAC: what either side sends."""
    encryption_key, mac_key = triple_des.derive_keys(seed)
    cryptogram = triple_des.encrypt(encryption_key, nonces.own + nonces.others + nonces.keying)
    return cryptogram + triple_des.retail_mac(mac_key, triple_des.pad(cryptogram))


def open_token(seed: bytes, received: bytes, own_nonce: bytes) -> tuple[bytes, bytes]:
    """The chip's side: the terminal's nonce and keying material, if the token is for this key and this challenge."""
    encryption_key, mac_key = triple_des.derive_keys(seed)
    cryptogram, mac = received[:_CRYPTOGRAM_BYTES], received[_CRYPTOGRAM_BYTES:]
    if len(received) != TOKEN_BYTES or not triple_des.mac_is_right(mac_key, triple_des.pad(cryptogram), mac):
        raise SecureMessagingError("token: its length or its MAC is wrong")
    plain = triple_des.decrypt(encryption_key, cryptogram)
    if not hmac.compare_digest(plain[NONCE_BYTES : 2 * NONCE_BYTES], own_nonce):
        raise SecureMessagingError("token: made for another challenge")
    return plain[:NONCE_BYTES], plain[2 * NONCE_BYTES :]


def confirm(seed: bytes, answer: bytes, nonces: Nonces) -> SecureMessaging:
    """The terminal's side: takes the chip's token and opens the session."""
    chip_nonce, chip_keying = open_token(seed, answer, nonces.own)
    if not hmac.compare_digest(chip_nonce, nonces.others):
        raise SecureMessagingError("answer: another chip nonce than the challenge")
    return session(terminal_keying=nonces.keying, chip_keying=chip_keying, terminal=nonces.own, chip=nonces.others)


def session(*, terminal_keying: bytes, chip_keying: bytes, terminal: bytes, chip: bytes) -> SecureMessaging:
    """Keys from the exclusive or of both sides' keying material; the counter from the ends of both nonces."""
    seed = bytes(a ^ b for a, b in zip(terminal_keying, chip_keying, strict=True))
    encryption_key, mac_key = triple_des.derive_keys(seed)
    return SecureMessaging(encryption_key, mac_key, chip[-4:] + terminal[-4:])
