"""Handing a card over: the citizen's finger against the chip's own templates, then the card is in his hand.

Who has no template is handed over by face or to a representative, with the operator's name. A wrong person is kept as
a refusal with its score, and nothing of the finger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.contracts.capture import Capture, Frame, Retry
from drivers.contracts.chip_profile import ChipFiles
from drivers.contracts.fingerprint_scanner import FingerprintScanner
from drivers.contracts.parts import Finger
from station.domain.events import CardHandedOver, HandOverRefused
from station.ports import EventLog, OnLane, Subject
from station.workflows.read_card import CardReading

FINGER_TRIES_MAX = 3


@dataclass(frozen=True, slots=True)
class FingerMatcher:
    """Joined by the assembly: which fingers the chip's templates are of, and how a fresh frame scores against one."""

    fingers_of: Callable[[ChipFiles], Sequence[Finger]]
    score: Callable[[Frame, bytes], int]
    """(fresh frame, template) -> 1:1 score."""
    threshold: int


@dataclass(frozen=True, slots=True)
class HandOverResult:
    handed_over: bool
    card_id: str
    score: int
    reason: str = ""


class NotForHandOver(Exception):
    """The card is not one that waits for its citizen here; `code` is a key of the language files."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def waiting_card(log: EventLog, reading: CardReading) -> Subject:
    """The delivered card whose chip this is. `NotForHandOver` if there is none, or its data is not the issuer's."""
    if not reading.genuine:
        raise NotForHandOver("issuer_signature_wrong")
    card = log.card_of_chip(reading.chip_id)
    if card is None:
        raise NotForHandOver("card_not_of_this_office")
    if card.state != "delivered":
        raise NotForHandOver("already_handed_over" if card.state == "handed_over" else "card_not_delivered")
    return card


def hand_over(
    log: EventLog,
    reading: CardReading,
    scanner: OnLane[FingerprintScanner],
    matcher: FingerMatcher,
    operator: str,
    *,
    timeout_s: float,
) -> HandOverResult:
    """Up to three tries of the fingers on the chip; the best score decides."""
    card = waiting_card(log, reading)
    templates = list(zip(matcher.fingers_of(reading.files), reading.files.minutiae, strict=False))
    if not templates:
        raise NotForHandOver("no_template_on_chip")
    best = 0
    for attempt in range(FINGER_TRIES_MAX):
        finger, template = templates[attempt % len(templates)]
        best = max(best, _one_try(scanner, matcher, finger, template, timeout_s=timeout_s))
        if best >= matcher.threshold:
            log.append(CardHandedOver(card.id, card.facts["authorisation_id"], "finger", best, operator))
            return HandOverResult(True, card.id, best)
    log.append(HandOverRefused(card.id, "finger_does_not_match", best, operator))
    return HandOverResult(False, card.id, best, "finger_does_not_match")


def hand_over_without_finger(
    log: EventLog,
    reading: CardReading,
    means: str,
    operator: str,
    *,
    allowed: Sequence[str] = ("face", "representative"),
) -> HandOverResult:
    """For a chip without templates: the operator looked at the face, or a registered representative signed."""
    card = waiting_card(log, reading)
    if means not in allowed:
        raise NotForHandOver("means_not_allowed")
    if reading.files.minutiae:
        raise NotForHandOver("finger_first")
    log.append(CardHandedOver(card.id, card.facts["authorisation_id"], means, 0, operator))
    return HandOverResult(True, card.id, 0)


def _one_try(
    scanner: OnLane[FingerprintScanner], matcher: FingerMatcher, finger: Finger, template: bytes, *, timeout_s: float
) -> int:
    got = scanner.run(lambda device: device.capture_fingers((finger,), timeout_s=timeout_s))
    match got:
        case Retry():
            return 0
        case Capture(frames=(frame, *_)):
            return matcher.score(frame, template)
    return 0
