"""Every chip has its own key, derived from a master key and the chip's identifier; one broken chip opens no other.

NIST SP 800-108 in counter mode with CMAC over 3-key 3DES (SP 800-38B). How the KTP-el's own keys are derived is not
public: this is the open scheme of our test chips and of the memory module.
"""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.cmac import CMAC

MASTER_KEY_BYTES = 24
IDENTIFIER_BYTES = 8
CHIP_KEY_BYTES = 16
_LABEL = b"KTP-EL CHIP KEY"
_BLOCK_BYTES = 8


class BadKey(ValueError):
    """A key of the wrong length or shape; the message never holds it."""


def check_master_key(key: bytes) -> None:
    """Three different DES keys: with two equal neighbours 3DES falls back to single DES. Parity bits do not count."""
    if len(key) != MASTER_KEY_BYTES:
        raise BadKey(f"master key: {len(key)} bytes, {MASTER_KEY_BYTES} expected")
    parts = {bytes(byte & 0xFE for byte in key[at : at + 8]) for at in (0, 8, 16)}
    if len(parts) != 3:
        raise BadKey("master key: its three DES keys are not all different")


def chip_key(master_key: bytes, identifier: bytes) -> bytes:
    """K(i) = CMAC(master, i in 4 bytes, label, 00, identifier, 128 in 4 bytes) for i = 1, 2: sixteen bytes."""
    check_master_key(master_key)
    if len(identifier) != IDENTIFIER_BYTES:
        raise BadKey(f"identifier: {len(identifier)} bytes, {IDENTIFIER_BYTES} expected")
    fixed = _LABEL + b"\x00" + identifier + (8 * CHIP_KEY_BYTES).to_bytes(4, "big")
    blocks = range(1, CHIP_KEY_BYTES // _BLOCK_BYTES + 1)
    return b"".join(_cmac(master_key, i.to_bytes(4, "big") + fixed) for i in blocks)


def _cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(TripleDES(key))
    mac.update(message)
    return mac.finalize()
