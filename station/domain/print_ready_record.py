"""A print-ready record: the centre's authorisation to make one card, reserved to one station until it expires.

Its life allows at most one good card: while a card is at work, in doubt or printed, no other can be begun.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from drivers.contracts.chip_profile import ChipFiles
from station.domain.citizen import Biodata
from station.domain.events import (
    CardDelivered,
    CardHandedOver,
    CardInDoubt,
    CardIntended,
    CardRejected,
    DoubtResolvedGood,
    DoubtResolvedLost,
    DoubtResolvedSpoiled,
    DoubtResolvedUnfed,
    DoubtResolvedUnused,
    FeedFailed,
    PrintReadyRecordExpired,
    PrintReadyRecordReserved,
    PrintReadyRecordRevoked,
)
from station.domain.life import Life


class AuthorisationState(StrEnum):
    RESERVED = "reserved"  # may be printed here
    AT_WORK = "at_work"  # a card is being made
    IN_DOUBT = "in_doubt"  # a card may exist: a person must look before anything else
    PRINTED = "printed"  # one good card exists
    FULFILLED = "fulfilled"  # and its citizen has it
    EXPIRED = "expired"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"  # its card is lost: the centre decides anew


_S = AuthorisationState

AUTHORISATION = Life(
    name="authorisation",
    id_field="authorisation_id",
    table={
        None: {PrintReadyRecordReserved: _S.RESERVED},
        _S.RESERVED: {
            CardIntended: _S.AT_WORK,
            PrintReadyRecordExpired: _S.EXPIRED,
            PrintReadyRecordRevoked: _S.REVOKED,
        },
        _S.AT_WORK: {
            FeedFailed: _S.RESERVED,
            CardRejected: _S.RESERVED,
            CardDelivered: _S.PRINTED,
            CardInDoubt: _S.IN_DOUBT,
        },
        _S.IN_DOUBT: {
            DoubtResolvedGood: _S.PRINTED,
            DoubtResolvedSpoiled: _S.RESERVED,
            DoubtResolvedUnused: _S.RESERVED,
            DoubtResolvedUnfed: _S.RESERVED,
            DoubtResolvedLost: _S.WITHDRAWN,
        },
        _S.PRINTED: {CardHandedOver: _S.FULFILLED},
    },
    ends=frozenset({_S.PRINTED, _S.FULFILLED, _S.EXPIRED, _S.REVOKED, _S.WITHDRAWN}),
)


class BadPrintReadyRecord(ValueError):
    """A print-ready record that cannot be read; names the field, never its value."""


@dataclass(frozen=True, slots=True, repr=False)
class PrintReadyRecord:
    """What the centre sends, sealed to the station: all that card and chip need, and the issuer's signature.

    `photo` is the card's portrait as JPEG; `chip` the chip's files, `chip.issuer_signature` over
    `chip.signed_content()` by the issuer's key named `issuer_key`. `signature` is 168 x 44 pixels of one bit.
    """

    authorisation_id: str
    record_id: str
    station_id: str
    valid_until: datetime
    biodata: Biodata
    photo: bytes
    signature: bytes
    chip: ChipFiles
    issuer_key: str

    def __repr__(self) -> str:
        return f"PrintReadyRecord({self.authorisation_id})"

    def to_json(self) -> dict[str, Any]:
        chip = self.chip
        return {
            "authorisation_id": self.authorisation_id,
            "record_id": self.record_id,
            "station_id": self.station_id,
            "valid_until": self.valid_until.isoformat(),
            "biodata": self.biodata.to_json(),
            "photo": _b64(self.photo),
            "signature": _b64(self.signature),
            "chip": {
                "photo": _b64(chip.photo),
                "biodata": _b64(chip.biodata),
                "signature": _b64(chip.signature),
                "minutiae": [_b64(template) for template in chip.minutiae],
                "issuer_signature": _b64(chip.issuer_signature),
            },
            "issuer_key": self.issuer_key,
        }

    @classmethod
    def from_json(cls, data: Any) -> PrintReadyRecord:
        """The inverse; `BadPrintReadyRecord`, `BadBiodata` or `BadNik`."""
        try:
            record = _object({"print-ready record": data}, "print-ready record")
            chip = _object(record, "chip")
            return cls(
                authorisation_id=_text(record, "authorisation_id"),
                record_id=_text(record, "record_id"),
                station_id=_text(record, "station_id"),
                valid_until=_moment(_text(record, "valid_until")),
                biodata=Biodata.from_json(_object(record, "biodata")),
                photo=_bytes(record, "photo"),
                signature=_bytes(record, "signature"),
                chip=ChipFiles(
                    photo=_bytes(chip, "photo"),
                    biodata=_bytes(chip, "biodata"),
                    signature=_bytes(chip, "signature"),
                    minutiae=tuple(_bytes({"minutiae": item}, "minutiae") for item in _list(chip, "minutiae")),
                    issuer_signature=_bytes(chip, "issuer_signature"),
                ),
                issuer_key=_text(record, "issuer_key"),
            )
        except KeyError as missing:
            raise BadPrintReadyRecord(f"{missing.args[0]}: missing") from None


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _text(data: dict[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise BadPrintReadyRecord(f"{name}: not text")
    return value


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data[name]
    if not isinstance(value, dict):
        raise BadPrintReadyRecord(f"{name}: not an object")
    return value


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data[name]
    if not isinstance(value, list):
        raise BadPrintReadyRecord(f"{name}: not a list")
    return value


def _bytes(data: dict[str, Any], name: str) -> bytes:
    text = _text(data, name)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one; letters beyond ASCII raise the plain one
        raise BadPrintReadyRecord(f"{name}: not base64") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadPrintReadyRecord("valid_until: not a time") from None
    if moment.tzinfo is None:
        raise BadPrintReadyRecord("valid_until: no time zone")
    return moment
