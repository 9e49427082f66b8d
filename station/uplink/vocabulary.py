"""The centre's status words, spelt as it spells them. They are inputs: unknown ones are kept, moves may go backwards.

Sources: the regions' published lists of statuses, and OpenSID's (reference in `station/README.md`). What is shown for
each is `status.<word>` in the language files; what we may conclude stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CentralStatus(StrEnum):
    UNREGISTERED = "UNREGISTERED"
    BIO_CAPTURED = "BIO_CAPTURED"
    PROCESSING = "PROCESSING"
    SENT_FOR_ENROLLMENT = "SENT_FOR_ENROLLMENT"
    RECEIVED_AT_CENTRAL = "RECEIVED_AT_CENTRAL"
    ENROLL_FAILURE_AT_CENTRAL = "ENROLL_FAILURE_AT_CENTRAL"
    ENROLL_FAILURE_AT_REGIONAL = "ENROLL_FAILURE_AT_REGIONAL"
    SEARCH_FAILURE_AT_CENTRAL = "SEARCH_FAILURE_AT_CENTRAL"
    ADJUDICATE_RECORD = "ADJUDICATE_RECORD"
    ADJUDICATE_IN_PROCESS = "ADJUDICATE_IN_PROCESS"
    REQUEST_VALIDATION = "REQUEST_VALIDATION"
    DUPLICATE_RECORD = "DUPLICATE_RECORD"
    PACKET_RETRY = "PACKET_RETRY"
    PRINT_READY_RECORD = "PRINT_READY_RECORD"
    SENT_FOR_CARD_PRINTING = "SENT_FOR_CARD_PRINTING"
    CARD_PRINTED = "CARD_PRINTED"
    CARD_SHIPPED = "CARD_SHIPPED"
    CARD_ISSUED = "CARD_ISSUED"


class Phase(StrEnum):
    """The six phases in which the regions count, and one for words that are not known here."""

    REGISTERED = "registered"
    LOCAL = "local"
    UNDER_WAY = "under_way"
    CENTRAL_CHECK = "central_check"
    PRINT_READY = "print_ready"
    CARD = "card"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`asks_us`: someone at the station must do something, e.g. record again."""

    phase: Phase
    asks_us: bool


_S, _P = CentralStatus, Phase

_MEANINGS = {
    _S.UNREGISTERED: Meaning(_P.REGISTERED, asks_us=False),
    _S.BIO_CAPTURED: Meaning(_P.LOCAL, asks_us=False),
    _S.PROCESSING: Meaning(_P.LOCAL, asks_us=False),
    _S.SENT_FOR_ENROLLMENT: Meaning(_P.UNDER_WAY, asks_us=False),
    _S.RECEIVED_AT_CENTRAL: Meaning(_P.UNDER_WAY, asks_us=False),
    _S.ENROLL_FAILURE_AT_CENTRAL: Meaning(_P.CENTRAL_CHECK, asks_us=True),
    _S.ENROLL_FAILURE_AT_REGIONAL: Meaning(_P.CENTRAL_CHECK, asks_us=True),
    _S.SEARCH_FAILURE_AT_CENTRAL: Meaning(_P.CENTRAL_CHECK, asks_us=False),
    _S.ADJUDICATE_RECORD: Meaning(_P.CENTRAL_CHECK, asks_us=False),
    _S.ADJUDICATE_IN_PROCESS: Meaning(_P.CENTRAL_CHECK, asks_us=False),
    _S.REQUEST_VALIDATION: Meaning(_P.CENTRAL_CHECK, asks_us=True),
    _S.DUPLICATE_RECORD: Meaning(_P.CENTRAL_CHECK, asks_us=True),
    _S.PACKET_RETRY: Meaning(_P.CENTRAL_CHECK, asks_us=True),
    _S.PRINT_READY_RECORD: Meaning(_P.PRINT_READY, asks_us=False),
    _S.SENT_FOR_CARD_PRINTING: Meaning(_P.CARD, asks_us=False),
    _S.CARD_PRINTED: Meaning(_P.CARD, asks_us=False),
    _S.CARD_SHIPPED: Meaning(_P.CARD, asks_us=False),
    _S.CARD_ISSUED: Meaning(_P.CARD, asks_us=False),
}


def meaning(status: str) -> Meaning:
    """Of the centre's word; a word not known here asks nothing and is shown as it came."""
    known = {str(word): said for word, said in _MEANINGS.items()}
    return known.get(status, Meaning(Phase.UNKNOWN, asks_us=False))
