"""A master key in a file: 48 hexadecimal digits, for the owner alone; errors name the file, never its content."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from drivers.iso7816.key_diversification import BadKey, check_master_key

_FILE_MAX_BYTES = 256


class KeyFileError(ValueError):
    """The key file is missing, open to others, or holds no key."""


def read_key_file(path: Path) -> bytes:
    try:
        # Rights are asked of the open file, so that it cannot be exchanged in between.
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_FILE_MAX_BYTES)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o177:
        raise KeyFileError(f"{path}: mode {stat.S_IMODE(mode):04o}, 0600 or less is demanded")
    try:
        key = bytes.fromhex(text.decode("ascii"))
        check_master_key(key)
    except BadKey as error:
        raise KeyFileError(f"{path}: {error}") from error
    except ValueError:
        raise KeyFileError(f"{path}: not hexadecimal digits") from None
    return key


def write_key_file(path: Path, key: bytes) -> None:
    """A new file, mode 0600; one that is there is never overwritten (`FileExistsError`)."""
    check_master_key(key)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
