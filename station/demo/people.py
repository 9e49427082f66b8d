"""The people at the counter, played: the operator reads out, the citizen corrects, and both do what the play says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.contracts.capture import RetryReason
from drivers.contracts.parts import Finger, MissingReason
from station.demo.day import Citizen
from station.domain.citizen import Biodata, Finding, Nik
from station.languages import say
from station.ports import Correction, MissingPart

Told = Callable[[str, str], None]
"""(key of `step.*`, detail): one line of progress."""


@dataclass(frozen=True, slots=True)
class PlayedDesk:
    """Implements `ServiceDesk` for one citizen. `lacks`: the fingers that this person does not have."""

    citizen: Citizen
    lacks: tuple[Finger, ...]
    operator: str
    told: Told

    def enter_biodata(self, nik: Nik) -> Biodata:
        assert nik == self.citizen.truth.nik
        return self.citizen.truth

    def read_out(self, biodata: Biodata, findings: Sequence[Finding]) -> Sequence[Correction]:
        return self.citizen.corrections

    def authenticate(self, why: str) -> str:
        return "finger of the operator (played)"

    def missing_parts(self) -> Sequence[MissingPart]:
        return [MissingPart(finger, MissingReason.AMPUTATED) for finger in self.lacks]

    def advise(self, modality: str, reason: RetryReason, tries_left: int) -> None:
        self.told(
            "advice",
            say("advise.again", modality=say(f"part.{modality}"), advice=say(f"retry.{reason}"), left=tries_left),
        )

    def confirm(self, record_id: str) -> bool:
        return True

    def step(self, name: str, detail: str = "") -> None:
        self.told(name, detail)
