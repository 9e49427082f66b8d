"""Which stations there are: keys learnt once, by a one-time code, and requests that count once."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from station.central.database import Database
from station.sealing.signatures import VerifyKey
from station.sealing.suites import SealingPublicKey
from station.wire.fields import as_base64, as_text


@dataclass(frozen=True, slots=True)
class Station:
    station_id: str
    signing: VerifyKey
    sealing: SealingPublicKey


@dataclass(frozen=True, slots=True)
class PairingCode:
    """`used_by`: the SHA-256 of the keys that used it, or empty. The same keys may ask again: the answer was lost."""

    proof_key: bytes
    station_id: str
    used_by: str


class Stations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, station_id: str) -> Station | None:
        sql = "SELECT signing_key, sealing_key FROM stations WHERE station_id = ?"
        for signing, sealing in self._database.rows(sql, station_id):
            return Station(
                station_id,
                VerifyKey.decode(base64.b64decode(str(signing))),
                SealingPublicKey.decode(base64.b64decode(str(sealing))),
            )
        return None

    def count(self) -> int:
        return int(self._database.rows("SELECT count(*) FROM stations")[0][0])

    def put(self, station: Station, at: datetime) -> None:
        """A station that pairs again has new keys: whoever holds the code decides."""
        self._database.run(
            """INSERT INTO stations (station_id, signing_key, sealing_key, paired_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (station_id) DO UPDATE SET signing_key = excluded.signing_key,
            sealing_key = excluded.sealing_key, paired_at = excluded.paired_at""",
            station.station_id,
            as_base64(station.signing.encode()),
            as_base64(station.sealing.encode()),
            as_text(at),
        )

    def add_code(self, proof_key: bytes, station_id: str, expires_at: datetime) -> None:
        """An earlier code for the station no longer holds.

        Wrong tries are not counted (`tries` stays 0): 80 bits need no counter, and with one any stranger ends a code.
        """
        self._database.run("DELETE FROM pairing_codes WHERE station_id = ?", station_id)
        self._database.run(
            "INSERT INTO pairing_codes (proof_key, station_id, expires_at, tries, used_by) VALUES (?, ?, ?, 0, '')",
            proof_key.hex(),
            station_id,
            as_text(expires_at),
        )

    def codes(self, now: datetime) -> list[PairingCode]:
        """Those that still hold; a used one too, since its reply may have been lost."""
        self._database.run("DELETE FROM pairing_codes WHERE expires_at <= ?", as_text(now))
        found = self._database.rows(
            "SELECT proof_key, station_id, used_by FROM pairing_codes ORDER BY proof_key"
        )
        return [PairingCode(bytes.fromhex(str(key)), str(station), str(used)) for key, station, used in found]

    def use_code(self, code: PairingCode, used_by: str) -> None:
        self._database.run(
            "UPDATE pairing_codes SET used_by = ? WHERE proof_key = ?", used_by, code.proof_key.hex()
        )

    def is_first_use(self, station_id: str, nonce: str, now: datetime, kept: timedelta) -> bool:
        """Remembers the nonce; False when it was used before. Older ones than `kept` are outside the time window."""
        self._database.run("DELETE FROM nonces WHERE at < ?", as_text(now - kept))
        used = self._database.rows(
            "SELECT nonce FROM nonces WHERE station_id = ? AND nonce = ?", station_id, nonce
        )
        if used:
            return False
        self._database.run(
            "INSERT INTO nonces (station_id, nonce, at) VALUES (?, ?, ?)", station_id, nonce, as_text(now)
        )
        return True
