"""Each record has its own random key, kept wrapped in one small file: without it the record's bodies are noise.

Erasing a key overwrites it in the file and empties the write-ahead log. What a disk's own electronics keep of old
blocks is out of reach, but it is wrapped by the station's key.
"""

from __future__ import annotations

from pathlib import Path

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from station.domain.canonical import canonical
from station.ports import BodyDamaged, Random
from station.store.database import value

KEY_BYTES = 32
NONCE_BYTES = 12

TABLE = """
CREATE TABLE IF NOT EXISTS record_keys (record_id TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""


class Cipher:
    """AES-256-GCM; what it makes is nonce, ciphertext and tag. `about` is authenticated with it."""

    def __init__(self, key: bytes, random: Random) -> None:
        self._gcm, self._random = AESGCM(key), random

    def encrypt(self, plain: bytes, *about: str) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return nonce + self._gcm.encrypt(nonce, plain, canonical(about))

    def decrypt(self, sealed: bytes, *about: str) -> bytes:
        """`InvalidTag` when any byte of it, or what it is about, is not as it was."""
        if len(sealed) < NONCE_BYTES:
            raise InvalidTag
        return self._gcm.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], canonical(about))


class RecordKeys:
    """The table of wrapped keys in one connection; the caller holds lock and transaction."""

    def __init__(self, path: Path, connection: apsw.Connection, wrapping_key: bytes, random: Random) -> None:
        self._path, self._connection, self._random = path, connection, random
        self._wrapping = Cipher(wrapping_key, random)

    def find(self, record_id: str) -> Cipher | None:
        """`BodyDamaged` when the key is damaged or wrapped by another station: this record's bodies are noise."""
        wrapped = value(self._connection, "SELECT wrapped FROM record_keys WHERE record_id = ?", record_id)
        if not isinstance(wrapped, bytes):
            return None
        try:
            return Cipher(self._wrapping.decrypt(wrapped, "record key", record_id), self._random)
        except InvalidTag:
            reason = "is damaged, or another station's; restore keys.db from the mirror"
            raise BodyDamaged(f"{self._path}: the key of record {record_id} {reason}") from None

    def find_or_make(self, record_id: str) -> Cipher:
        found = self.find(record_id)
        if found is not None:
            return found
        key = self._random(KEY_BYTES)
        wrapped = self._wrapping.encrypt(key, "record key", record_id)
        self._connection.execute("INSERT INTO record_keys VALUES (?, ?)", (record_id, wrapped))
        return Cipher(key, self._random)

    def erase(self, record_id: str) -> None:
        self._connection.execute("DELETE FROM record_keys WHERE record_id = ?", (record_id,))
