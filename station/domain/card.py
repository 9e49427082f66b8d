"""A card's life, from the intent to feed a blank to the hand-over: a card is good, spoiled, or visibly in doubt.

A restart finds every card that is not at an end and puts it in doubt: what a crash leaves open is never guessed.
"""

from __future__ import annotations

from enum import StrEnum

from station.domain.events import (
    CardDelivered,
    CardHandedOver,
    CardInDoubt,
    CardIntended,
    CardPrinted,
    CardRejected,
    ChipIdentified,
    ChipVerified,
    DoubtResolvedGood,
    DoubtResolvedLost,
    DoubtResolvedSpoiled,
    DoubtResolvedUnfed,
    DoubtResolvedUnused,
    EncodingIntended,
    Event,
    FaceMatched,
    FeedFailed,
    HandOverRefused,
    PrintingIntended,
    RejectionIntended,
)
from station.domain.life import Life


class CardState(StrEnum):
    INTENDED = "intended"  # a blank may have been fed
    BOUND = "bound"  # the fed blank's chip is known
    ENCODING = "encoding"
    ENCODED = "encoded"
    MATCHED = "matched"  # chip and face are of one person
    PRINTING = "printing"
    PRINTED = "printed"
    REJECTING = "rejecting"
    DELIVERED = "delivered"  # good, waits for its citizen
    HANDED_OVER = "handed_over"
    SPOILED = "spoiled"
    UNUSED = "unused"  # the blank was not used after all
    LOST = "lost"  # two people found no card
    IN_DOUBT = "in_doubt"


_S = CardState
_LOST: dict[type[Event], str] = {CardInDoubt: _S.IN_DOUBT, RejectionIntended: _S.REJECTING}

CARD = Life(
    name="card",
    id_field="card_id",
    table={
        None: {CardIntended: _S.INTENDED},
        _S.INTENDED: {FeedFailed: _S.UNUSED, ChipIdentified: _S.BOUND, **_LOST},
        _S.BOUND: {EncodingIntended: _S.ENCODING, **_LOST},
        _S.ENCODING: {ChipVerified: _S.ENCODED, **_LOST},
        _S.ENCODED: {FaceMatched: _S.MATCHED, **_LOST},
        _S.MATCHED: {PrintingIntended: _S.PRINTING, **_LOST},
        _S.PRINTING: {CardPrinted: _S.PRINTED, **_LOST},
        _S.PRINTED: {FaceMatched: _S.PRINTED, CardDelivered: _S.DELIVERED, **_LOST},
        _S.REJECTING: {CardRejected: _S.SPOILED, CardInDoubt: _S.IN_DOUBT},
        _S.IN_DOUBT: {
            DoubtResolvedGood: _S.DELIVERED,
            DoubtResolvedSpoiled: _S.SPOILED,
            DoubtResolvedUnused: _S.UNUSED,
            DoubtResolvedUnfed: _S.UNUSED,
            DoubtResolvedLost: _S.LOST,
        },
        _S.DELIVERED: {CardHandedOver: _S.HANDED_OVER, HandOverRefused: _S.DELIVERED},
    },
    ends=frozenset({_S.DELIVERED, _S.HANDED_OVER, _S.SPOILED, _S.UNUSED, _S.LOST, _S.IN_DOUBT}),
)
