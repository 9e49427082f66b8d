"""The station's end of the line: a cursor over the log that never blocks work and that anything may interrupt."""

from __future__ import annotations

from station.uplink.cursors import Cursors, CursorStore, FileCursors
from station.uplink.identity import Pairing, StationIdentity, station_fingerprint
from station.uplink.link import Away
from station.uplink.pairing import PairingFailed, pair
from station.uplink.receiving import PRINT_READY_RECORD
from station.uplink.report import TurnReport
from station.uplink.sending import RECEIPT
from station.uplink.uplink import Uplink, UplinkParts

__all__ = [
    "PRINT_READY_RECORD",
    "RECEIPT",
    "Away",
    "CursorStore",
    "Cursors",
    "FileCursors",
    "Pairing",
    "PairingFailed",
    "StationIdentity",
    "TurnReport",
    "Uplink",
    "UplinkParts",
    "pair",
    "station_fingerprint",
]
