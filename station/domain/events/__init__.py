"""What can happen in an office: every fact that is ever appended to the log, one frozen class a kind.

Facts name records, authorisations and cards by identifiers; they hold no name, NIK, image or template. They live for
ever: a kind is never edited, a new version is a new class with an upcaster from the old one (`UPCASTERS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from station.domain.events.authorisations import (
    PrintReadyRecordExpired,
    PrintReadyRecordReserved,
    PrintReadyRecordRevoked,
)
from station.domain.events.base import Data, Event, plain, untraced
from station.domain.events.cards import (
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
    FaceMatched,
    FeedFailed,
    HandOverRefused,
    PrintingIntended,
    RejectionIntended,
)
from station.domain.events.records import (
    BiodataCorrected,
    BiodataReadOut,
    CentralStatusNoted,
    CitizenConfirmed,
    EnrolmentAbandoned,
    EnrolmentOpened,
    FingersVerified,
    ModalityCaptured,
    PartMissing,
    RecordReceivedAtCentre,
    RecordSealed,
    RecordSetAside,
    VerificationWaived,
)
from station.domain.events.station import (
    RegionTableApplied,
    StationOpened,
    StationPaired,
)
from station.domain.events.stock import (
    BlanksLoaded,
    BlanksMissing,
    BlanksReceived,
    BlanksReturned,
    BlanksSpoiled,
    BlanksTransferredOut,
    BlanksUnloaded,
)

__all__ = [
    "BadEvent",
    "BiodataCorrected",
    "BiodataReadOut",
    "BlanksLoaded",
    "BlanksMissing",
    "BlanksReceived",
    "BlanksReturned",
    "BlanksSpoiled",
    "BlanksTransferredOut",
    "BlanksUnloaded",
    "CardDelivered",
    "CardHandedOver",
    "CardInDoubt",
    "CardIntended",
    "CardPrinted",
    "CardRejected",
    "CentralStatusNoted",
    "ChipIdentified",
    "ChipVerified",
    "CitizenConfirmed",
    "Data",
    "DoubtResolvedGood",
    "DoubtResolvedLost",
    "DoubtResolvedSpoiled",
    "DoubtResolvedUnfed",
    "DoubtResolvedUnused",
    "EncodingIntended",
    "EnrolmentAbandoned",
    "EnrolmentOpened",
    "Event",
    "FaceMatched",
    "FeedFailed",
    "FingersVerified",
    "HandOverRefused",
    "KINDS",
    "ModalityCaptured",
    "PartMissing",
    "PrintReadyRecordExpired",
    "PrintReadyRecordReserved",
    "PrintReadyRecordRevoked",
    "PrintingIntended",
    "RecordReceivedAtCentre",
    "RecordSealed",
    "RecordSetAside",
    "RegionTableApplied",
    "RejectionIntended",
    "StationOpened",
    "StationPaired",
    "UPCASTERS",
    "UnknownEvent",
    "VerificationWaived",
    "event_from",
    "traced",
    "untraced",
]


class UnknownEvent(ValueError):
    """The log holds a kind or version that this program does not know: it is older than the log, and must not write."""


class BadEvent(ValueError):
    """An event's data is missing a field, has one too many, or one of the wrong type; names it."""


KINDS: Mapping[str, type[Event]] = {cls.kind: cls for cls in Event.__subclasses__()}
UPCASTERS: Mapping[tuple[str, int], Callable[[Data], Data]] = {}
"""(kind, old version) -> the data one version on."""


def event_from(kind: str, version: int, data: Data) -> Event:
    """Reads a logged event, upcast to today's version. `UnknownEvent` or `BadEvent`, which name kind and field."""
    cls = KINDS.get(kind)
    if cls is None or not 1 <= version <= cls.version:
        raise UnknownEvent(f"{kind} version {version}")
    for old in range(version, cls.version):
        data = UPCASTERS[kind, old](data)
    names = {f.name: f for f in fields(cls)}
    if odd := set(names) ^ set(data):
        raise BadEvent(f"{kind}: {sorted(odd)[0]} is missing or unknown")
    return cls(**{name: _typed(kind, name, str(names[name].type), value) for name, value in data.items()})


_TYPES: Mapping[str, tuple[type, type | None]] = {
    "str": (str, None),
    "int": (int, None),
    "tuple[str, ...]": (list, str),
    "tuple[int, ...]": (list, int),
}


def _typed(kind: str, name: str, annotation: str, value: Any) -> Any:
    outer, inner = _TYPES[annotation]
    exact: type = type(value)  # a bool is no int here
    if exact is not outer:
        raise BadEvent(f"{kind}: {name} is not {annotation}")
    if inner is None:
        return value
    items: tuple[Any, ...] = tuple(value)
    if any(type(item) is not inner for item in items):
        raise BadEvent(f"{kind}: {name} is not {annotation}")
    return items


def traced(event: Event) -> Data:
    """The event's data without what two runs with one seed may differ in."""
    return {f.name: plain(getattr(event, f.name)) for f in fields(event) if f.metadata.get("trace", True)}
