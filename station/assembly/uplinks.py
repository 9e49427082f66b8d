"""The station's end of the line, joined: log, vault, pinned keys, cursors in the data folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from station.assembly.station import NotPaired, Station
from station.ports import StoreError
from station.sealing.key_guards import FilesExposed
from station.uplink.cursors import FileCursors
from station.uplink.identity import Pairing, StationIdentity
from station.uplink.pairing import pair
from station.uplink.report import TurnReport
from station.uplink.uplink import Uplink, UplinkParts

_CURSORS_FILE = "uplink.json"


def open_uplink(station: Station) -> Uplink:
    """`NotPaired` when no centre's keys are pinned yet."""
    pairing = station.pairing
    return Uplink(
        UplinkParts(
            log=station.log,
            vault=station.vault,
            identity=StationIdentity(pairing.station_id, station.keys.signing, (station.keys.sealing,)),
            centre=pairing,
            endpoint=station.config.centre.endpoint,
            cursors=FileCursors(station.folder / _CURSORS_FILE),
            clock=station.clock,
            random=station.random,
            turns=station.turns,
        )
    )


class LiveUplink:
    """The line of a running station: it begins as soon as there is a centre, and anew when another is pinned.

    All but the constructor on the loop's thread."""

    def __init__(self, station: Station, heard: Callable[[TurnReport], None]) -> None:
        self._station, self._heard = station, heard
        self._changed = asyncio.Event()
        self._uplink: Uplink | None = None
        self._stopped = False

    def begin_anew(self) -> None:
        """The pairing is another one now."""
        self._changed.set()

    def wake(self) -> None:
        """Something happened that the centre is to hear."""
        if self._uplink is not None:
            self._uplink.wake()

    def stop(self) -> None:
        self._stopped = True
        self._changed.set()

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopped:
            self._changed.clear()
            self._uplink = self._opened()
            if self._uplink is None:
                await self._changed.wait()
            else:
                await self._uplink.run(self._changed, self._heard)

    def _opened(self) -> Uplink | None:
        if not self._station.config.centre.endpoint:
            return None
        try:
            return open_uplink(self._station)
        except NotPaired:
            return None
        except (StoreError, FilesExposed) as wrong:
            self._heard(TurnReport(problems=(str(wrong),), broken=str(wrong)))
            return None


async def meet_centre(station: Station, code: str) -> Pairing:
    """Who answers to a one-time code; `PairingFailed`. Nothing is pinned: compare its fingerprint with the one that the
    centre shows, then `keep_pairing`. The same code may be used again meanwhile, by this station only."""
    keys = station.keys
    endpoint = station.config.centre.endpoint
    return await pair(endpoint, code, keys.signing.public, keys.sealing.public, random=station.random)
