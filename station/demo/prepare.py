"""Before the first citizen: the chip keys, the pairing, and blanks in the hopper."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.modules.memory.key_file import write_key_file
from station.assembly.station import Station
from station.assembly.uplinks import meet_centre
from station.demo.office import PRINTER, STATION_ID, Office, key_file
from station.domain.events import BlanksLoaded, BlanksReceived
from station.store.folder import make_private_folder

CODE_TIMEOUT_S = 30.0


class FingerprintsDiffer(Exception):
    """Somebody stood between station and centre at pairing."""


def write_module_key(data: Path) -> None:
    """The published test key, for the memory module; kept if it is there."""
    path = key_file(data)
    make_private_folder(path.parent)
    if not path.exists():
        write_key_file(path, PUBLISHED_TEST_MASTER_KEY)


def prepare_station(station: Station, office: Office, *, blanks: int) -> str:
    """In an office just opened: pairs at the first run, receives and loads blanks. The centre's fingerprint."""
    if not station.is_paired:
        _pair(station, office)
    operator = station.config.office.operator
    # The hopper of a new office is empty; what an earlier run left loaded is put back before anything is added.
    office.hands("printer", f"load-blanks {station.log.in_printer(PRINTER)}")
    station.log.append(BlanksReceived(blanks, "SJ-PERAGAAN", operator))
    station.log.append(BlanksLoaded(PRINTER, blanks, operator))
    office.hands("printer", f"load-blanks {blanks}")
    return station.pairing.fingerprint


def _pair(station: Station, office: Office) -> None:
    """A person carries the code from the centre to the station, and both read their fingerprints aloud."""
    folder = str(office.centre_folder)
    pairing = asyncio.run(meet_centre(station, _said("central", "code", STATION_ID, "--data", folder)))
    if not pairing.is_shown_as(_said("central", "fingerprint", "--data", folder)):
        raise FingerprintsDiffer("who answered has another fingerprint than the centre; nothing was pinned")
    station.keep_pairing(pairing)


def _said(*arguments: str) -> str:
    """What `ektp` prints, run as its own process: at the centre's machine, not here."""
    done = subprocess.run(
        [sys.executable, "-m", "station", *arguments], capture_output=True, timeout=CODE_TIMEOUT_S, check=True
    )
    return done.stdout.decode().strip()
