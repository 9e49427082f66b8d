"""The citizen's proof of recording, on "paper": a PDF beside the cards' pictures; a real station keeps none."""

from __future__ import annotations

from pathlib import Path

from drivers.contracts.parts import Eye, Finger, MissingReason
from station.assembly.station import Station
from station.documents.receipt import Recording, recording_receipt
from station.package import EnrolmentPackage, Modality


def write_receipt(package: EnrolmentPackage, station: Station, folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{package.record_id}.pdf"
    office = station.config.office.name
    path.write_bytes(
        recording_receipt(
            Recording(
                office=office,
                registration_id=package.record_id,
                recorded_at=package.confirmation.at.astimezone(),
                nik=package.biodata.nik,
                nama=package.biodata.nama,
                fingers=frozenset(Finger[part.part.upper()] for part in package.of(Modality.FINGER)),
                eyes=frozenset(Eye[part.part.upper()] for part in package.of(Modality.IRIS)),
                has_face=bool(package.of(Modality.FACE)),
                has_signature=bool(package.strokes),
                missing=tuple((_part(each.part), MissingReason(each.reason)) for each in package.missing),
                contact=office,
            )
        )
    )
    return path


def _part(name: str) -> Finger | Eye:
    upper = name.upper()
    return Finger[upper] if upper in Finger.__members__ else Eye[upper]
