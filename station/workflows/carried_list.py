"""The carried list: the citizens this office may expect, under the station's key: a NIK is known without the line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from station.domain.canonical import canonical
from station.domain.citizen import Biodata, Nik
from station.ports import BodyMissing, Vault

_RECORD, _BODY = "carried-list", "citizens"


@dataclass(frozen=True, slots=True)
class CarriedList:
    vault: Vault

    def replace(self, citizens: Iterable[Biodata]) -> int:
        """The new list stands whole or not at all; returns how many it holds."""
        rows = {biodata.nik.digits: biodata.to_json() for biodata in citizens}
        self.vault.put(_RECORD, _BODY, canonical(rows))
        return len(rows)

    def find(self, nik: Nik) -> Biodata | None:
        try:
            rows = json.loads(self.vault.get(_RECORD, _BODY))
        except BodyMissing:
            return None
        row = rows.get(nik.digits)
        return Biodata.from_json(row) if row else None
