"""What happens to one card: each intent before its deed, each fact after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from station.domain.events.base import Event


@dataclass(frozen=True, slots=True)
class CardIntended(Event):
    """Intent: a blank will be fed for this authorisation. `cards_in` is the printer's own counter before it, or -1."""

    kind: ClassVar[str] = "card_intended"
    card_id: str
    authorisation_id: str
    printer: str
    template_sha256: str
    cards_in: int


@dataclass(frozen=True, slots=True)
class FeedFailed(Event):
    """No blank was used: the hopper was empty, or the printer refused before it moved a card."""

    kind: ClassVar[str] = "feed_failed"
    card_id: str
    authorisation_id: str
    printer: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChipIdentified(Event):
    """The fed blank's chip answered: from here on the blank is this card."""

    kind: ClassVar[str] = "chip_identified"
    card_id: str
    chip_id: str


@dataclass(frozen=True, slots=True)
class EncodingIntended(Event):
    kind: ClassVar[str] = "encoding_intended"
    card_id: str


@dataclass(frozen=True, slots=True)
class ChipVerified(Event):
    """Everything was read back from the chip and is what was to be written; the issuer's signature holds."""

    kind: ClassVar[str] = "chip_verified"
    card_id: str


@dataclass(frozen=True, slots=True)
class FaceMatched(Event):
    """Chip and face are of one person: the picture read from the chip against the face's, in thousandths."""

    kind: ClassVar[str] = "face_matched"
    card_id: str
    score_milli: int


@dataclass(frozen=True, slots=True)
class PrintingIntended(Event):
    kind: ClassVar[str] = "printing_intended"
    card_id: str


@dataclass(frozen=True, slots=True)
class CardPrinted(Event):
    kind: ClassVar[str] = "card_printed"
    card_id: str
    cards_in: int
    confirmed_by: str  # "counter", "job" or "person"


@dataclass(frozen=True, slots=True)
class CardDelivered(Event):
    kind: ClassVar[str] = "card_delivered"
    card_id: str
    authorisation_id: str
    printer: str


@dataclass(frozen=True, slots=True)
class RejectionIntended(Event):
    kind: ClassVar[str] = "rejection_intended"
    card_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardRejected(Event):
    kind: ClassVar[str] = "card_rejected"
    card_id: str
    authorisation_id: str
    printer: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardInDoubt(Event):
    """What became of the card cannot be known from here: a person must look at it."""

    kind: ClassVar[str] = "card_in_doubt"
    card_id: str
    authorisation_id: str
    printer: str
    since: str  # the card's state when it was lost sight of
    reason: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedGood(Event):
    """A person found the card, and its chip and face were read as this card's: it counts as delivered."""

    kind: ClassVar[str] = "doubt_resolved_good"
    card_id: str
    authorisation_id: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedSpoiled(Event):
    kind: ClassVar[str] = "doubt_resolved_spoiled"
    card_id: str
    authorisation_id: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedUnfed(Event):
    """No blank was fed: the printer's own counter still stands where it stood before. The blank is in the hopper."""

    kind: ClassVar[str] = "doubt_resolved_unfed"
    card_id: str
    authorisation_id: str
    printer: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedUnused(Event):
    """The blank was fed, found untouched, and taken out; it goes back into the store."""

    kind: ClassVar[str] = "doubt_resolved_unused"
    card_id: str
    authorisation_id: str
    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DoubtResolvedLost(Event):
    """Two people looked and found no card. It may exist, so its authorisation is withdrawn: the centre decides anew."""

    kind: ClassVar[str] = "doubt_resolved_lost"
    card_id: str
    authorisation_id: str
    operator: str
    second_person: str


@dataclass(frozen=True, slots=True)
class CardHandedOver(Event):
    kind: ClassVar[str] = "card_handed_over"
    card_id: str
    authorisation_id: str
    means: str  # "finger", "face" or "representative"
    score: int
    operator: str


@dataclass(frozen=True, slots=True)
class HandOverRefused(Event):
    kind: ClassVar[str] = "hand_over_refused"
    card_id: str
    reason: str
    score: int
    operator: str
