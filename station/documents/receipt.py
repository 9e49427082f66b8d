"""What a citizen takes home: proof of what was recorded and what is still missing, and proof that the card is his now.

NIKs are masked: papers get lost. The QR code holds the registration number and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drivers.contracts.parts import Eye, Finger, MissingReason
from station.documents.loader import receipt_texts
from station.documents.sheet import Paper, Sheet
from station.documents.texts import Texts, Words
from station.domain.citizen import Nik

_MEANS: Final = ("finger", "face", "representative")


@dataclass(frozen=True, slots=True, repr=False)
class Recording:
    """A finished recording: what was captured, and why the rest was not. A part in neither is said to be missing."""

    office: str
    registration_id: str
    recorded_at: datetime  # with a zone, whose name is printed (WIB, WITA, WIT)
    nik: Nik
    nama: str
    fingers: frozenset[Finger]
    eyes: frozenset[Eye]
    has_face: bool
    has_signature: bool
    missing: tuple[tuple[Finger | Eye, MissingReason], ...]
    contact: str  # where to ask: counter, telephone

    def __repr__(self) -> str:
        return f"Recording({self.registration_id})"


@dataclass(frozen=True, slots=True, repr=False)
class HandOver:
    """A card given out. `means` as in the log: finger, face or representative; then `representative` is his name."""

    office: str
    registration_id: str
    handed_over_at: datetime
    nik: Nik
    nama: str
    means: str
    representative: str
    officer: str

    def __repr__(self) -> str:
        return f"HandOver({self.registration_id})"


def recording_receipt(recording: Recording, *, paper: Paper = Paper.A6, texts: Texts | None = None) -> bytes:
    """A PDF; `ValueError` when the time has no zone."""
    words = texts or receipt_texts()
    sheet = Sheet(paper)
    sheet.title(recording.office, words["recorded_title"])
    sheet.code(recording.registration_id)
    sheet.value(words["registration_id"], recording.registration_id)
    sheet.value(words["recorded_at"], _moment(recording.recorded_at))
    sheet.value(words["nama"], recording.nama)
    sheet.value(words["nik"], recording.nik.masked)
    sheet.heading(words["captured"])
    for item in _captured(recording, words):
        sheet.item(item)
    if lacking := _not_captured(recording, words):
        sheet.heading(words["not_captured"])
        for item in lacking:
            sheet.item(item)
    sheet.note(words["next"])
    sheet.note(words["follow_up"].filled(contact=recording.contact))
    sheet.note(words["free"])
    return sheet.pdf(title=words["recorded_title"].id)


def hand_over_receipt(hand_over: HandOver, *, paper: Paper = Paper.A6, texts: Texts | None = None) -> bytes:
    """A PDF with room to sign; `ValueError` when the time has no zone, or the means are unknown or do not add up."""
    if hand_over.means not in _MEANS or (hand_over.means == "representative") != bool(hand_over.representative.strip()):
        raise ValueError("hand-over: means and representative do not go together")
    words = texts or receipt_texts()
    sheet = Sheet(paper)
    sheet.title(hand_over.office, words["handed_over_title"])
    sheet.value(words["registration_id"], hand_over.registration_id)
    sheet.value(words["handed_over_at"], _moment(hand_over.handed_over_at))
    sheet.value(words["nama"], hand_over.nama)
    sheet.value(words["nik"], hand_over.nik.masked)
    sheet.value(words["received_by"], hand_over.representative or _both(words["holder"]))
    sheet.value(words["checked_by"], _both(words[f"means_{hand_over.means}"]))
    sheet.value(words["officer"], hand_over.officer)
    sheet.note(words["look_after"])
    sheet.note(words["free"])
    sheet.note(words["signed"])
    sheet.rule(42)
    return sheet.pdf(title=words["handed_over_title"].id)


def _captured(recording: Recording, words: Texts) -> list[Words]:
    items = [words["biodata"]]
    if recording.has_face:
        items.append(words["face"])
    items.append(words["fingers"].filled(captured=len(recording.fingers), wanted=len(Finger)))
    items.append(words["eyes"].filled(captured=len(recording.eyes), wanted=len(Eye)))
    if recording.has_signature:
        items.append(words["signature"])
    return items


def _not_captured(recording: Recording, words: Texts) -> list[Words]:
    # Finger 1 equals eye 1 as numbers: each kind has its own table.
    fingers = {part: reason for part, reason in recording.missing if isinstance(part, Finger)}
    eyes = {part: reason for part, reason in recording.missing if isinstance(part, Eye)}
    lacking = [(f"finger_{f.value}", fingers.get(f)) for f in Finger if f not in recording.fingers]
    lacking += [(f"eye_{e.value}", eyes.get(e)) for e in Eye if e not in recording.eyes]
    lacking += [("part_face", None)] if not recording.has_face else []
    lacking += [("part_signature", None)] if not recording.has_signature else []
    return [
        _with_reason(words[part], words[f"reason_{reason.value if reason else 'none'}"]) for part, reason in lacking
    ]


def _with_reason(part: Words, reason: Words) -> Words:
    return Words(f"{part.id}: {reason.id}", f"{part.en}: {reason.en}")


def _both(words: Words) -> str:
    return f"{words.id} / {words.en}"


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("receipt: the time has no zone")
    return f"{at:%d-%m-%Y %H:%M} {at.tzname()}"
