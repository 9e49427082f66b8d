"""After admission: the single person's print-ready record, signed by the issuer and sealed to the one station.

Whoever is recorded twice gets no card (`DUPLICATE_RECORD`); whose pictures cannot be used goes back to the region.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import TypeVar

from drivers.contracts.parts import Finger
from station.chip_data import BadBiodataText, chip_files, signed
from station.domain.canonical import canonical
from station.domain.print_ready_record import PrintReadyRecord
from station.package import CapturedPart, EnrolmentPackage, Modality
from station.sealing.signatures import IssuerKey
from station.sealing.suites import SealingPublicKey, seal
from station.wire.seals import print_ready_record_context

T = TypeVar("T")
CHIP_FINGERS = 2


@dataclass(frozen=True, slots=True)
class IssuerTools:
    """The image work, handed in: each raises whatever it likes when a picture cannot be used."""

    portrait: Callable[[bytes], tuple[bytes, bytes]]
    """A face record -> (the card's portrait, the chip's photo), both JPEG."""
    signature_bitmap: Callable[[bytes], bytes]
    """The package's strokes -> 168 x 44 pixels of one bit."""
    templates: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
    """Finger records -> a minutiae template for each, in the same order; empty where none can be made."""


@dataclass(frozen=True, slots=True)
class CannotIssue:
    """`reason` is a code and a part; never a value."""

    reason: str


@dataclass(frozen=True, slots=True)
class Grant:
    """For whom and until when one card may be made."""

    authorisation_id: str
    station_id: str
    valid_until: datetime


def make_print_ready_record(
    package: EnrolmentPackage, grant: Grant, tools: IssuerTools, issuer: IssuerKey
) -> PrintReadyRecord | CannotIssue:
    """Everything that card and chip need."""
    faces = package.of(Modality.FACE)
    if not faces:
        return CannotIssue("face: missing")
    pictures = _tried("face", lambda: tools.portrait(faces[-1].record))
    if isinstance(pictures, CannotIssue):
        return pictures
    bitmap = _tried("signature", lambda: tools.signature_bitmap(package.strokes)) if package.strokes else b""
    if isinstance(bitmap, CannotIssue):
        return bitmap
    templates = chip_templates(package, tools)
    try:
        files = chip_files(
            package.biodata, pictures[1], bitmap, tuple(t for _, t in templates), [finger for finger, _ in templates]
        )
    except BadBiodataText as bad:
        return CannotIssue(str(bad))
    return PrintReadyRecord(
        authorisation_id=grant.authorisation_id,
        record_id=package.record_id,
        station_id=grant.station_id,
        valid_until=grant.valid_until,
        biodata=package.biodata,
        photo=pictures[0],
        signature=bitmap,
        chip=signed(files, issuer),
        issuer_key=issuer.key_id,
    )


def sealed_record(record: PrintReadyRecord, to: SealingPublicKey) -> bytes:
    """As it travels: only the station that may print it can open it."""
    context = print_ready_record_context(record.station_id, record.authorisation_id)
    return seal(canonical(record.to_json()), to, context=context)


def chip_templates(package: EnrolmentPackage, tools: IssuerTools) -> list[tuple[Finger, bytes]]:
    """Up to two, best candidates first; a finger that gives no template makes room for the next. None is no failure:
    people without usable fingers get a card too."""
    found: list[tuple[Finger, bytes]] = []
    for finger, part in _candidates(package):
        templates = _tried("finger", partial(tools.templates, (part.record,)))
        if not isinstance(templates, CannotIssue) and templates and templates[0]:
            found.append((finger, templates[0]))
        if len(found) == CHIP_FINGERS:
            break
    return sorted(found, key=itemgetter(0))


def _candidates(package: EnrolmentPackage) -> list[tuple[Finger, CapturedPart]]:
    """The fingers that were verified with the citizen, then the two index fingers, then the best."""
    verified = {v.finger for v in package.verifications}
    indexes = {Finger.RIGHT_INDEX, Finger.LEFT_INDEX}
    fingers = {Finger[part.part.upper()]: part for part in package.of(Modality.FINGER) if _is_finger(part.part)}
    return sorted(
        fingers.items(),
        key=lambda item: (item[1].part not in verified, item[0] not in indexes, -(item[1].quality or 0), item[0]),
    )


def _is_finger(part: str) -> bool:
    return part.upper() in Finger.__members__


def _tried(what: str, make: Callable[[], T]) -> T | CannotIssue:
    try:
        return make()
    # Whatever the image work raises for one person's picture must not hold up the others' cards.
    except Exception as wrong:
        return CannotIssue(f"{what}: {type(wrong).__name__}")
