"""Every exit code of `ektp`, documented here once; `ektp --help` prints this table."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    NOT_HELD = 1
    USAGE = 2
    CONFIG = 3
    STORE = 4
    DEVICE = 5
    CENTRE = 6
    DOUBT = 7


MEANINGS = {
    Exit.DONE: "selesai / done, and everything that was checked held",
    Exit.NOT_HELD: "dikerjakan, ada yang tidak benar / done or refused: something that was checked did not hold",
    Exit.USAGE: "perintah salah / the command line is wrong",
    Exit.CONFIG: "station.toml salah / station.toml cannot be used; every problem is listed",
    Exit.STORE: "penyimpanan / the data folder: in use, full, damaged or open to others",
    Exit.DEVICE: "alat / a device is away or refused",
    Exit.CENTRE: "pusat / the centre is away, refused, or not paired yet",
    Exit.DOUBT: "ragu / something is in doubt and needs a person's look",
}

EPILOG = "Exit codes:\n\n" + "\n\n".join(f"  {code.value}  {text}" for code, text in MEANINGS.items())
"""For `ektp --help`."""
