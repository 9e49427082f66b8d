"""A fingerprint is a public key in six groups of five that two people can compare aloud.

Crockford's alphabet: no I, L, O or U, so that nothing heard or written down is taken for something else. 150 bits.
"""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS = 6
GROUP_LENGTH = 5
_HEARD_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def fingerprint(public_bytes: bytes) -> str:
    """For example `7K2QF-0M9XA-...`: the start of SHA-256 over label and key, five bits a character."""
    number = int.from_bytes(hashlib.sha256(b"ektp fingerprint" + public_bytes).digest(), "big")
    letters = [ALPHABET[(number >> (256 - 5 * place)) & 31] for place in range(1, GROUPS * GROUP_LENGTH + 1)]
    starts = range(0, GROUPS * GROUP_LENGTH, GROUP_LENGTH)
    return "-".join("".join(letters[start : start + GROUP_LENGTH]) for start in starts)


def is_fingerprint_of(spoken: str, public_bytes: bytes) -> bool:
    """Whether what a person typed is this key's fingerprint; case, gaps, and I, L, O for 1, 1, 0 are forgiven."""
    return _bare(spoken) == _bare(fingerprint(public_bytes))


def _bare(text: str) -> str:
    return text.upper().translate(_HEARD_AS)
