"""The centre's secrets: made once, before the first station is paired, and never made anew when they are lost."""

from __future__ import annotations

import os
from pathlib import Path

from station.central.bodies import sync_folder
from station.ports import Random, StoreError
from station.sealing.key_guards import check_tight
from station.sealing.key_ring import CentreKeyRing, KeyGuard, load_centre, save

_RING_FILE = "keys.json"
_PERSON_KEY_FILE = "person.key"
_SECRET_BYTES = 32


def centre_keys(folder: Path, guard: KeyGuard, *, makes_keys: bool, has_stations: bool) -> CentreKeyRing:
    path = folder / _RING_FILE
    try:
        return load_centre(path, guard)
    except FileNotFoundError:
        _check_new(path, makes_keys, has_stations)
    save(CentreKeyRing.generate(), path, guard)
    return load_centre(path, guard)


def person_secret(folder: Path, random: Random, *, makes_keys: bool, has_stations: bool) -> bytes:
    """Keys the hashes of persons; without it, who is recorded twice can no longer be told."""
    path = folder / _PERSON_KEY_FILE
    if not path.exists():
        _check_new(path, makes_keys, has_stations)
        _write(path, random(_SECRET_BYTES))
    check_tight(path)
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise StoreError(f"{path}: not {_SECRET_BYTES} bytes; restore it from its copy")
    return secret


def _check_new(path: Path, makes_keys: bool, has_stations: bool) -> None:
    """`StoreError` unless this is the first start."""
    if has_stations:
        raise StoreError(f"{path}: is gone, and stations are paired with this centre; restore it from its copy")
    if not makes_keys:
        raise StoreError(f"{path}: not made yet; start the centre first: ektp central run --data {path.parent}")


def _write(path: Path, secret: bytes) -> None:
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)
