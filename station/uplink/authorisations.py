"""A print-ready record is believed only if everything that names it agrees and the pinned issuer signed the chip."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from station.chip_data import FIELDS, BadBiodataText, biodata_text, parse_biodata_text
from station.domain.canonical import canonical
from station.domain.citizen import BadBiodata, BadNik
from station.domain.print_ready_record import BadPrintReadyRecord, PrintReadyRecord
from station.sealing.signatures import BadSignature, IssuerPublicKey
from station.sealing.suites import BadSeal, open_sealed
from station.uplink.identity import StationIdentity
from station.wire.downlink import DownlinkItem
from station.wire.seals import print_ready_record_context

_ONLY_ON_CHIP = ("finger_1", "finger_2", "reserved")


class BadAuthorisation(ValueError):
    """Refused for good; the text is a reason and never a person's data."""


def checked_record(
    body: bytes, item: DownlinkItem, identity: StationIdentity, issuer: IssuerPublicKey, now: datetime
) -> tuple[PrintReadyRecord, bytes]:
    """The record and its canonical JSON, from the sealed body; `BadAuthorisation`."""
    context = print_ready_record_context(identity.station_id, item.text("authorisation_id"))
    try:
        record = parsed_record(open_sealed(body, identity.sealing, context=context))
    except BadSeal:
        raise BadAuthorisation("it is not sealed to this station") from None
    named = (item.text("authorisation_id"), item.record_id, identity.station_id)
    if (record.authorisation_id, record.record_id, record.station_id) != named:
        raise BadAuthorisation("it names another authorisation, record or station")
    if record.valid_until <= now:
        raise BadAuthorisation("it has expired")
    # The item tells times to a millisecond.
    if abs(record.valid_until - _valid_until(item)) > timedelta(seconds=1):
        raise BadAuthorisation("it has another end than its item says")
    try:
        issuer.verify(record.chip.issuer_signature, record.chip.signed_content())
    except BadSignature:
        raise BadAuthorisation("the issuer did not sign its chip's files") from None
    _check_one_person(record)
    return record, canonical(record.to_json())


def parsed_record(plain: bytes) -> PrintReadyRecord:
    """From its JSON; `BadAuthorisation`."""
    try:
        return PrintReadyRecord.from_json(json.loads(plain))
    except (BadPrintReadyRecord, BadBiodata, BadNik, ValueError, AttributeError, RecursionError):
        raise BadAuthorisation("it cannot be read") from None


def _check_one_person(record: PrintReadyRecord) -> None:
    """Only the chip is signed by the issuer: whatever is printed and is on the chip too must be the same there."""
    try:
        on_chip = parse_biodata_text(record.chip.biodata)
        printed = parse_biodata_text(biodata_text(record.biodata))
    except BadBiodataText:
        raise BadAuthorisation("its chip's biodata cannot be read") from None
    for name, there, here in zip(FIELDS, on_chip, printed, strict=True):
        if there != here and name not in _ONLY_ON_CHIP:
            raise BadAuthorisation(f"its chip is of another person than its face: {name}")
    if record.signature != record.chip.signature:
        raise BadAuthorisation("its chip is of another person than its face: signature")


def _valid_until(item: DownlinkItem) -> datetime:
    try:
        moment = datetime.fromisoformat(item.text("valid_until"))
    except ValueError:
        raise BadAuthorisation("its item says no end") from None
    if moment.tzinfo is None:
        raise BadAuthorisation("its item says no end")
    return moment
