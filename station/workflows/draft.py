"""A record in the making: every step is in the vault before the log says so, and is found again after a power cut."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from station.domain.canonical import canonical
from station.domain.citizen import Biodata
from station.domain.enrolment import RECORD, RecordState
from station.domain.events import (
    BiodataCorrected,
    Event,
    FingersVerified,
    ModalityCaptured,
    PartMissing,
    VerificationWaived,
)
from station.package import CapturedPart, Correction, MissingPart, Modality, Verification
from station.ports import Entry, EventLog, Vault

DRAFT = "draft."
"""How the vault's names of drafts begin."""

_BIODATA, _CORRECTIONS = "draft.biodata", "draft.corrections"
SIGNATURE, CONFIRMATION = "draft.signature", "draft.confirmation"
_UNFINISHED = (RecordState.OPEN, RecordState.READ_OUT, RecordState.VERIFIED, RecordState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Draft:
    """One record's drafts in the vault, and what the log says is done."""

    log: EventLog
    vault: Vault
    record_id: str

    # --- biodata ---

    def put_biodata(self, biodata: Biodata) -> None:
        self.vault.put(self.record_id, _BIODATA, canonical(biodata.to_json()))

    def biodata(self) -> Biodata:
        return Biodata.from_json(json.loads(self.vault.get(self.record_id, _BIODATA)))

    def keep_correction(self, made: Correction, value: str) -> None:
        """The new value is kept beside it: until it is in the biodata, nothing else knows it."""
        row = [made.field, made.before, made.document, made.operator, made.authentication, value]
        self.vault.put(self.record_id, _CORRECTIONS, canonical([*self._correction_rows(), row]))

    def corrections(self) -> tuple[Correction, ...]:
        return tuple(Correction(*row[:-1]) for row in self._correction_rows())

    def corrections_to_log(self) -> tuple[tuple[Correction, str], ...]:
        """(correction, its value): kept, and not in the log. They are logged in the order in which they are kept."""
        logged = sum(isinstance(event, BiodataCorrected) for event in self.events())
        return tuple((Correction(*row[:-1]), row[-1]) for row in self._correction_rows()[logged:])

    def _correction_rows(self) -> list[list[str]]:
        if _CORRECTIONS not in {body.name for body in self.vault.names(self.record_id)}:
            return []
        rows: list[list[str]] = json.loads(self.vault.get(self.record_id, _CORRECTIONS))
        return rows

    # --- captures ---

    def put_parts(self, go: str, parts: Sequence[CapturedPart]) -> str:
        """Keeps one go's parts; returns the SHA-256 of the body."""
        return self.vault.put(self.record_id, f"draft.{go}", canonical([_part_row(part) for part in parts])).sha256

    def parts(self, go: str) -> tuple[CapturedPart, ...]:
        return tuple(_part(row) for row in json.loads(self.vault.get(self.record_id, f"draft.{go}")))

    def put_strokes(self, name: str, strokes: bytes) -> str:
        return self.vault.put(self.record_id, name, strokes).sha256

    def strokes(self, name: str) -> bytes:
        return self.vault.get(self.record_id, name)

    # --- what is done ---

    @property
    def is_unfinished(self) -> bool:
        """A recording can go on from the drafts; not when it is sealed, given up, or was never opened."""
        subject = self.log.subject(RECORD.name, self.record_id)
        return subject is not None and subject.state in _UNFINISHED

    def history(self) -> Sequence[Entry]:
        return self.log.history("record", self.record_id)

    def events(self) -> tuple[Event, ...]:
        return tuple(entry.event for entry in self.history())

    def goes_done(self) -> frozenset[str]:
        """A go taken again whose body is not the one that the log names is not done: a stop came between the two."""
        kept = {body.name: body.sha256 for body in self.vault.names(self.record_id)}
        named = {event.modality: event.body_sha256 for event in self.events() if isinstance(event, ModalityCaptured)}
        return frozenset(go for go, sha256 in named.items() if kept.get(DRAFT + go) == sha256)

    def missing(self) -> tuple[MissingPart, ...]:
        found = (event for event in self.events() if isinstance(event, PartMissing))
        return tuple(MissingPart(event.part, event.reason, event.operator) for event in found)

    def absent(self) -> frozenset[str]:
        return frozenset(part.part for part in self.missing())

    def verifications(self) -> tuple[Verification, ...]:
        found = [event for event in self.events() if isinstance(event, FingersVerified)]
        return tuple(Verification(*pair) for event in found for pair in zip(event.fingers, event.scores, strict=True))

    def waiver(self) -> str:
        return "".join(event.reason for event in self.events() if isinstance(event, VerificationWaived))

    def clear(self) -> None:
        """Drops the drafts: the sealed package is in the vault and says all that they did."""
        for body in list(self.vault.names(self.record_id)):
            if body.name.startswith(DRAFT):
                self.vault.drop(self.record_id, body.name)


def _part_row(part: CapturedPart) -> list[Any]:
    record = base64.b64encode(part.record).decode("ascii")
    return [str(part.modality), part.part, record, part.image_format, part.quality, part.device, part.tries]


def _part(row: list[Any]) -> CapturedPart:
    modality, part, record, image_format, quality, device, tries = row
    return CapturedPart(Modality(modality), part, base64.b64decode(record), image_format, quality, device, tries)
