"""The station's end of the line, joined: log, vault, pinned keys, cursors in the data folder."""

from __future__ import annotations

from station.assembly.station import Station
from station.uplink.cursors import FileCursors
from station.uplink.identity import StationIdentity
from station.uplink.pairing import pair
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
        )
    )


async def pair_station(station: Station, code: str) -> None:
    """Pins the centre's keys with a one-time code; `PairingFailed` says why not."""
    keys = station.keys
    station.keep_pairing(
        await pair(
            station.config.centre.endpoint, code, keys.signing.public, keys.sealing.public, random=station.random
        )
    )
