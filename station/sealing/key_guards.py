"""A guard keeps the key ring's file unreadable to whoever takes the disk; the plain one does not, and says so."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SALT_BYTES = 16
_NONCE_BYTES = 12
_LOG2_N = 15  # 32 MiB and about 0.1 s: RFC 7914's interactive cost, doubled
_LOG2_N_MAX = 20  # 1 GiB: a changed file must not make the start eat all memory
_BLOCK = 8
PASSPHRASE_CHARACTERS_MIN = 12


class GuardRefused(Exception):
    """The key ring cannot be wrapped or unwrapped: no good passphrase, a wrong one, or a changed file."""


class FilesExposed(Exception):
    """A file or folder that holds secrets can be read by others; names it and the command that mends it."""


class KeyGuard(Protocol):
    """Wraps the key ring's bytes for the disk. A TPM or a token is another guard."""

    @property
    def name(self) -> str:
        """Stands in the file and in the log's `station_opened`."""
        ...

    @property
    def is_safe_when_stolen(self) -> bool: ...

    def wrap(self, plain: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """The inverse; `GuardRefused`."""
        ...


class PlainFileGuard:
    """No protection beyond the file's mode: for the demo only. Whoever takes the disk has the keys."""

    name = "plain-file"
    is_safe_when_stolen = False

    def wrap(self, plain: bytes) -> bytes:
        return plain

    def unwrap(self, wrapped: bytes) -> bytes:
        return wrapped


class PassphraseGuard:
    """AES-256-GCM under a key that scrypt makes from a passphrase, asked for at each start.

    A passphrase under `PASSPHRASE_CHARACTERS_MIN` is `GuardRefused`: it would not keep the keys from a thief.
    Wrapped: log2 of scrypt's N (1 byte, authenticated), salt (16), nonce (12), ciphertext and tag.
    """

    name = "passphrase"
    is_safe_when_stolen = True

    def __init__(self, passphrase: Callable[[], str], *, log2_n: int = _LOG2_N) -> None:
        self._passphrase = passphrase
        self._log2_n = log2_n

    def wrap(self, plain: bytes) -> bytes:
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
        cost = bytes([self._log2_n])
        return cost + salt + nonce + AESGCM(self._key(salt, self._log2_n)).encrypt(nonce, plain, cost)

    def unwrap(self, wrapped: bytes) -> bytes:
        cost, rest = wrapped[:1], wrapped[1:]
        if len(rest) < _SALT_BYTES + _NONCE_BYTES or not 1 <= cost[0] <= _LOG2_N_MAX:
            raise GuardRefused("the key ring's file is damaged: restore it from its copy")
        salt, nonce = rest[:_SALT_BYTES], rest[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
        try:
            return AESGCM(self._key(salt, cost[0])).decrypt(nonce, rest[_SALT_BYTES + _NONCE_BYTES :], cost)
        except InvalidTag:
            raise GuardRefused("wrong passphrase, or the key ring's file is damaged") from None

    def _key(self, salt: bytes, log2_n: int) -> bytes:
        memory = 2 * 128 * _BLOCK * 2**log2_n
        passphrase = self._passphrase()
        if len(passphrase.strip()) < PASSPHRASE_CHARACTERS_MIN:
            raise GuardRefused(
                f"the passphrase is empty or has less than {PASSPHRASE_CHARACTERS_MIN} characters: choose a longer one"
            )
        return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**log2_n, r=_BLOCK, p=1, maxmem=memory, dklen=32)

    def __repr__(self) -> str:
        return "PassphraseGuard()"


def passphrase_file(path: Path) -> Callable[[], str]:
    """Reads the passphrase from a file that only its owner may read, without the line's end."""

    def read() -> str:
        check_tight(path)
        return path.read_text(encoding="utf-8").rstrip("\r\n")

    return read


def check_tight(path: Path) -> None:
    """`FilesExposed` when group or others have any right to the file or folder."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        wanted = "700" if path.is_dir() else "600"
        raise FilesExposed(f"{path}: mode {mode:03o} lets others in; run: chmod {wanted} {path}")
