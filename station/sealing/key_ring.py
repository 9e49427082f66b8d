"""A key ring is every private key of one station or one centre, in one file that a guard wraps.

The file is JSON: format, guard and what the guard made of the keys. It is 0600 in a folder of 0700, and is not loaded
when others may read either.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from station.domain.canonical import canonical
from station.sealing.key_guards import (
    FilesExposed,
    GuardRefused,
    KeyGuard,
    PassphraseGuard,
    PlainFileGuard,
    check_tight,
)
from station.sealing.signatures import (
    IssuerKey,
    SigningKey,
    generate_issuer_key,
    generate_signing_key,
)
from station.sealing.suites import BadKey, SealingKey, generate_sealing_key

__all__ = [
    "BadKeyRing",
    "CentreKeyRing",
    "FilesExposed",
    "GuardRefused",
    "KeyGuard",
    "KeyRing",
    "PassphraseGuard",
    "PlainFileGuard",
    "StationKeyRing",
    "load",
    "load_centre",
    "load_station",
    "save",
]

_FORMAT = 1
_SYMMETRIC_BYTES = 32


class BadKeyRing(Exception):
    """The file is no key ring of this kind, or under another guard; names the file and what to do."""


@dataclass(frozen=True, slots=True)
class StationKeyRing:
    """`wrapping` wraps the vault's record keys; `secret` is for what only this station computes (cookies, look-ups)."""

    signing: SigningKey
    sealing: SealingKey
    wrapping: bytes
    secret: bytes

    @classmethod
    def generate(cls, suite: int = 1) -> StationKeyRing:
        random = os.urandom(2 * _SYMMETRIC_BYTES)
        return cls(
            generate_signing_key(), generate_sealing_key(suite), random[:_SYMMETRIC_BYTES], random[_SYMMETRIC_BYTES:]
        )

    def __repr__(self) -> str:
        return f"StationKeyRing(signing={self.signing.key_id}, sealing={self.sealing.key_id})"


@dataclass(frozen=True, slots=True)
class CentreKeyRing:
    """`sealing`: the current key first, then older ones for what stations sealed before they heard of it."""

    signing: SigningKey
    sealing: tuple[SealingKey, ...]
    issuer: IssuerKey

    @classmethod
    def generate(cls, suite: int = 1) -> CentreKeyRing:
        return cls(generate_signing_key(), (generate_sealing_key(suite),), generate_issuer_key())

    def with_new_sealing_key(self, suite: int = 1) -> CentreKeyRing:
        return CentreKeyRing(self.signing, (generate_sealing_key(suite), *self.sealing), self.issuer)

    def __repr__(self) -> str:
        sealing = ", ".join(key.key_id for key in self.sealing)
        return f"CentreKeyRing(signing={self.signing.key_id}, sealing=[{sealing}], issuer={self.issuer.key_id})"


KeyRing = StationKeyRing | CentreKeyRing
_Ring = TypeVar("_Ring", StationKeyRing, CentreKeyRing)


def save(ring: KeyRing, path: Path, guard: KeyGuard) -> None:
    """Replaces the file in one step; it is on disk when this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_tight(path.parent)
    text = {"format": _FORMAT, "guard": guard.name, "keys": _b64(guard.wrap(canonical(_to_json(ring))))}
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(canonical(text) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _sync_folder(path.parent)


def load(path: Path, guard: KeyGuard) -> KeyRing:
    """`FilesExposed`, `GuardRefused` or `BadKeyRing`; a missing file is `FileNotFoundError`."""
    check_tight(path.parent)
    check_tight(path)
    try:
        outer = json.loads(path.read_bytes())
        made_with, keys = outer["guard"], base64.b64decode(outer["keys"], validate=True)
        known = outer["format"] == _FORMAT
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise BadKeyRing(f"{path}: no key ring; restore it from its copy") from None
    if not known:
        raise BadKeyRing(f"{path}: written by a newer program; start that one")
    if made_with != guard.name:
        raise BadKeyRing(f"{path}: guarded by {made_with}, not {guard.name}; set the guard in the configuration")
    return _parsed(path, guard.unwrap(keys))


def load_station(path: Path, guard: KeyGuard) -> StationKeyRing:
    return _of(StationKeyRing, path, load(path, guard))


def load_centre(path: Path, guard: KeyGuard) -> CentreKeyRing:
    return _of(CentreKeyRing, path, load(path, guard))


def _of(kind: type[_Ring], path: Path, ring: KeyRing) -> _Ring:
    if not isinstance(ring, kind):
        raise BadKeyRing(f"{path}: a {type(ring).__name__}, not a {kind.__name__}")
    return ring


def _parsed(path: Path, plain: bytes) -> KeyRing:
    try:
        return _from_json(json.loads(plain))
    except (ValueError, KeyError, TypeError, BadKey):  # from None: the cause could hold a key
        raise BadKeyRing(f"{path}: a key is missing or damaged; restore it from its copy") from None


def _to_json(ring: KeyRing) -> dict[str, Any]:
    if isinstance(ring, StationKeyRing):
        return {
            "of": "station",
            "signing": _b64(ring.signing.encode()),
            "sealing": _b64(ring.sealing.encode()),
            "wrapping": _b64(ring.wrapping),
            "secret": _b64(ring.secret),
        }
    return {
        "of": "centre",
        "signing": _b64(ring.signing.encode()),
        "sealing": [_b64(key.encode()) for key in ring.sealing],
        "issuer": _b64(ring.issuer.encode()),
    }


def _from_json(data: Any) -> KeyRing:
    signing = SigningKey.decode(_bytes(data["signing"]))
    if data["of"] == "centre":
        sealing = tuple(SealingKey.decode(_bytes(key)) for key in data["sealing"])
        if not sealing:
            raise BadKey("sealing: no key")
        return CentreKeyRing(signing, sealing, IssuerKey.decode(_bytes(data["issuer"])))
    wrapping, secret = _bytes(data["wrapping"]), _bytes(data["secret"])
    if {len(wrapping), len(secret)} != {_SYMMETRIC_BYTES}:
        raise BadKey("wrapping, secret: wrong length")
    return StationKeyRing(signing, SealingKey.decode(_bytes(data["sealing"])), wrapping, secret)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
