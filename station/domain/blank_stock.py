"""Blank stock: every blank received is issued, spoiled, in doubt, passed on, missing, or still counted here.

Double entry: each event moves blanks between accounts by one row of `MOVES`, so the blank equation
`received = in store + in printers + issued + spoiled + in doubt + transferred out + returned + missing`
holds by construction as long as no account goes below zero, which is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from station.domain.events import (
    BlanksLoaded,
    BlanksMissing,
    BlanksReceived,
    BlanksReturned,
    BlanksSpoiled,
    BlanksTransferredOut,
    BlanksUnloaded,
    CardDelivered,
    CardInDoubt,
    CardIntended,
    CardRejected,
    DoubtResolvedGood,
    DoubtResolvedLost,
    DoubtResolvedSpoiled,
    DoubtResolvedUnfed,
    DoubtResolvedUnused,
    Event,
    FeedFailed,
)
from station.domain.life import Refused


class Account(StrEnum):
    RECEIVED = "received"  # the left side: only rises
    IN_STORE = "in_store"
    IN_PRINTERS = "in_printers"  # in the hopper, kept by printer
    AT_WORK = "at_work"  # becoming a card, kept by printer; the equation counts it with those in printers
    ISSUED = "issued"
    SPOILED = "spoiled"
    IN_DOUBT = "in_doubt"
    TRANSFERRED_OUT = "transferred_out"
    RETURNED = "returned"
    MISSING = "missing"


_A = Account

MOVES: Mapping[type[Event], tuple[Account, Account]] = {
    BlanksReceived: (_A.RECEIVED, _A.IN_STORE),
    BlanksLoaded: (_A.IN_STORE, _A.IN_PRINTERS),
    BlanksUnloaded: (_A.IN_PRINTERS, _A.IN_STORE),
    BlanksSpoiled: (_A.IN_STORE, _A.SPOILED),
    BlanksTransferredOut: (_A.IN_STORE, _A.TRANSFERRED_OUT),
    BlanksReturned: (_A.IN_STORE, _A.RETURNED),
    BlanksMissing: (_A.IN_STORE, _A.MISSING),
    CardIntended: (_A.IN_PRINTERS, _A.AT_WORK),
    FeedFailed: (_A.AT_WORK, _A.IN_PRINTERS),
    CardDelivered: (_A.AT_WORK, _A.ISSUED),
    CardRejected: (_A.AT_WORK, _A.SPOILED),
    CardInDoubt: (_A.AT_WORK, _A.IN_DOUBT),
    DoubtResolvedGood: (_A.IN_DOUBT, _A.ISSUED),
    DoubtResolvedSpoiled: (_A.IN_DOUBT, _A.SPOILED),
    DoubtResolvedUnused: (_A.IN_DOUBT, _A.IN_STORE),
    DoubtResolvedUnfed: (_A.IN_DOUBT, _A.IN_PRINTERS),
    DoubtResolvedLost: (_A.IN_DOUBT, _A.MISSING),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One account gains `change` blanks; `place` is the printer for `IN_PRINTERS` and `AT_WORK`, else empty."""

    account: Account
    place: str
    change: int


def entries(event: Event) -> tuple[Entry, ...]:
    """What the event does to the accounts: nothing, or two entries. `Refused` for a count below one."""
    move = MOVES.get(type(event))
    if move is None:
        return ()
    count = getattr(event, "count", 1)
    if count < 1:
        raise Refused("blanks", f"{event.kind}: a count of {count}")
    if isinstance(event, BlanksMissing | DoubtResolvedLost) and len(_people(event)) < 2:
        raise Refused("blanks", "missing blanks are written off by two people")
    source, target = move
    # The left side of the equation rises when blanks come in; every other source falls.
    taken = count if source is _A.RECEIVED else -count
    return (Entry(source, _place(source, event), taken), Entry(target, _place(target, event), count))


def _people(event: BlanksMissing | DoubtResolvedLost) -> set[str]:
    """Nobody is not a person, and a name in other letters is not another one."""
    return {name.strip().casefold() for name in (event.operator, event.second_person)} - {""}


def _place(account: Account, event: Event) -> str:
    return str(getattr(event, "printer", "")) if account in (_A.IN_PRINTERS, _A.AT_WORK) else ""


@dataclass(frozen=True, slots=True)
class BlankEquation:
    """The counts of one moment."""

    received: int = 0
    in_store: int = 0
    in_printers: int = 0
    issued: int = 0
    spoiled: int = 0
    in_doubt: int = 0
    transferred_out: int = 0
    returned: int = 0
    missing: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> BlankEquation:
        """From the accounts' counts: a blank that is becoming a card is still in its printer."""
        named = {f.name: counts.get(f.name, 0) for f in fields(cls)}
        return cls(**{**named, _A.IN_PRINTERS: counts.get(_A.IN_PRINTERS, 0) + counts.get(_A.AT_WORK, 0)})

    @property
    def holds(self) -> bool:
        rest = [getattr(self, f.name) for f in fields(self) if f.name != "received"]
        return bool(self.received == sum(rest) and min(rest) >= 0)

    def to_json(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self)}
