"""3DES as ICAO Doc 9303-11 uses it: CBC with a zero start, retail MAC, padding method 2, and the derivation of keys."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

BLOCK_BYTES = 8
KEY_BYTES = 16  # two keys; the third is the first again
MAC_BYTES = 8
_COUNTER_ENCRYPTION, _COUNTER_MAC = 1, 2


class BadPadding(ValueError):
    """No padding of ISO/IEC 9797-1 method 2."""


def pad(data: bytes) -> bytes:
    """ISO/IEC 9797-1 padding method 2: 80, then zeros to the block; always adds at least one byte."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK_BYTES)


def unpad(data: bytes) -> bytes:
    body = data.rstrip(b"\x00")
    if not body.endswith(b"\x80") or len(data) - len(body) >= BLOCK_BYTES:
        raise BadPadding("padding method 2: no 80 in the last block")
    return body[:-1]


def encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = _cipher(key, modes.CBC(bytes(BLOCK_BYTES))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = _cipher(key, modes.CBC(bytes(BLOCK_BYTES))).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def retail_mac(key: bytes, padded: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES over whole blocks: DES-CBC, and 3DES on the last block alone."""
    chain = bytes(BLOCK_BYTES)
    if head := padded[:-BLOCK_BYTES]:
        single = _cipher(key[:8], modes.CBC(chain)).encryptor()
        chain = (single.update(head) + single.finalize())[-BLOCK_BYTES:]
    last = bytes(a ^ b for a, b in zip(chain, padded[-BLOCK_BYTES:], strict=True))
    return encrypt(key, last)


def mac_is_right(key: bytes, padded: bytes, mac: bytes) -> bool:
    return hmac.compare_digest(retail_mac(key, padded), mac)


def derive_keys(seed: bytes) -> tuple[bytes, bytes]:
    """The keys for encryption and for the MAC: Doc 9303-11 clause 9.7.1 with SHA-1, DES parity adjusted."""
    return _derive(seed, _COUNTER_ENCRYPTION), _derive(seed, _COUNTER_MAC)


def _derive(seed: bytes, counter: int) -> bytes:
    digest = hashlib.sha1(seed + counter.to_bytes(4, "big"), usedforsecurity=False).digest()
    return bytes(_odd_parity(byte) for byte in digest[:KEY_BYTES])


def _odd_parity(byte: int) -> int:
    return (byte & 0xFE) | (1 - (byte >> 1).bit_count() % 2)


def _cipher(key: bytes, mode: modes.CBC) -> Cipher[modes.CBC]:
    # One, two or three DES keys; always given as three, so that no library has to guess.
    whole = {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
    return Cipher(TripleDES(whole), mode)
