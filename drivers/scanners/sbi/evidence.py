"""What a device says is believed only when its signature, its chained hash and its answer to our question all hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509

from drivers.contracts.capture import DeviceState
from drivers.scanners.sbi import protocol
from drivers.scanners.sbi.names import REGISTRATION, STATES, BioType
from drivers.scanners.sbi.protocol import BadReply, CaptureOrder, ReplyEntry, text_of, texts_of
from drivers.scanners.sbi.signed_token import WrongSignature, decode_base64url, leads_to, open_token, read_unsigned

NO_SUB_TYPE = ("", "null", "None")


class Untrusted(Exception):
    """The evidence is in good form and false: forged, replayed, of another device, or signed by nobody we know."""


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """The digital id: what stands on the device's label."""

    kind: BioType
    sub_type: str
    serial: str
    make: str
    model: str
    trusted: bool

    @property
    def label(self) -> tuple[str, str, str, str]:
        """A serial number is its maker's own: two devices of an office may share one."""
        return (self.kind, self.make, self.model, self.serial)


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as it describes itself; `trusted` when both its tokens lead to a trusted certificate."""

    identity: DeviceIdentity
    device_id: str
    sub_ids: tuple[str, ...]
    firmware: str
    environment: str
    purpose: str
    state: DeviceState
    spec_versions: tuple[str, ...]
    trusted: bool


@dataclass(frozen=True, slots=True)
class Biometric:
    """One believed biometric. `part` is its bioSubType, "" for a face; `device_time` is recorded, never relied on."""

    part: str
    record: bytes
    quality: int | None
    device_time: str
    chained_hash: str

    def __repr__(self) -> str:  # the record is a fingerprint, an iris or a face
        return f"Biometric({self.part!r}, {len(self.record)} bytes)"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe, and when. `required` False believes any key, but never a signature or hash that is wrong."""

    anchors: tuple[x509.Certificate, ...]
    at: datetime
    required: bool = True


def read_device(entry: ReplyEntry, trust: Trust) -> DeviceInfo:
    """Raises `BadReply` for a wrong form and `Untrusted` for a wrong signature; an unknown signer is no error here."""
    info, info_trusted = _open(entry.token, "deviceInfo", trust)
    identity = _identity(info, trust)
    status = text_of(info, "deviceStatus")
    if status not in STATES:
        raise BadReply("deviceStatus: not a known state")
    return DeviceInfo(
        identity=identity,
        device_id=text_of(info, "deviceId"),
        sub_ids=texts_of(info, "deviceSubId"),
        firmware=text_of(info, "firmware"),
        environment=text_of(info, "env"),
        purpose=str(info.get("purpose", "")),
        state=STATES[status],
        spec_versions=texts_of(info, "specVersion"),
        trusted=info_trusted and identity.trusted,
    )


def _open(token: object, field: str, trust: Trust) -> tuple[Mapping[str, Any], bool]:
    """The payload, and whether a trusted key signed it. Unregistered devices sign nothing (clause "Device Info")."""
    if isinstance(token, str) and "." not in token:
        return read_unsigned(token, field), False
    try:
        signed = open_token(token, field)
    except WrongSignature as error:
        raise Untrusted(str(error)) from None
    return signed.payload, leads_to(signed.chain, trust.anchors, trust.at)


def _identity(holder: Mapping[str, Any], trust: Trust) -> DeviceIdentity:
    digital_id, trusted = _open(holder.get("digitalId"), "digitalId", trust)
    kind, serial = text_of(digital_id, "type"), text_of(digital_id, "serialNo")
    if kind not in tuple(BioType):
        raise BadReply("digitalId type: not a known kind")
    if text_of(holder, "deviceCode") != serial:
        raise Untrusted("deviceCode: not the serial number of the digital id")
    return DeviceIdentity(
        kind=BioType(kind),
        sub_type=text_of(digital_id, "deviceSubType"),
        serial=serial,
        make=text_of(digital_id, "make"),
        model=text_of(digital_id, "model"),
        trusted=trusted,
    )


def read_biometrics(
    entries: Sequence[ReplyEntry], order: CaptureOrder, device: DeviceInfo, trust: Trust
) -> tuple[Biometric, ...]:
    """The successes among `entries`, each chained to the one before, the first to `order.previous_hash`."""
    found: list[Biometric] = []
    previous = order.previous_hash
    for entry in entries:
        if entry.is_success:
            found.append(_read_biometric(entry, order, device, trust, previous))
            previous = found[-1].chained_hash
    parts = [each.part for each in found]
    if len(set(parts)) != len(parts):
        raise BadReply("bioSubType: the same part twice")
    return tuple(found)


def _read_biometric(
    entry: ReplyEntry, order: CaptureOrder, device: DeviceInfo, trust: Trust, previous: str
) -> Biometric:
    try:
        signed = open_token(entry.token, "data")
    except WrongSignature as error:
        raise Untrusted(str(error)) from None
    if trust.required and not leads_to(signed.chain, trust.anchors, trust.at):
        raise Untrusted("data: signed by a key that no trusted certificate vouches for")
    identity = _identity(signed.payload, trust)
    if identity.label != device.identity.label or (trust.required and not identity.trusted):
        raise Untrusted("digitalId: not that of the device that was asked")
    _check_answer(signed.payload, order)
    record = decode_base64url(signed.payload.get("bioValue"), "bioValue")
    chained = protocol.next_hash(previous, record)
    if chained != entry.chained_hash.upper():
        raise Untrusted("hash: does not continue the chain")
    part = _part(signed.payload, order)
    when = text_of(signed.payload, "timestamp", size_max=40)
    return Biometric(part, record, _score(signed.payload.get("qualityScore")), when, chained)


def _check_answer(data: Mapping[str, Any], order: CaptureOrder) -> None:
    """An answer to another question is a replay, or a device that serves another purpose."""
    if text_of(data, "transactionId") != order.transaction:
        raise Untrusted("transactionId: an answer to another request")
    expected = {"bioType": order.kind, "purpose": REGISTRATION, "env": order.environment}
    for field, value in expected.items():
        if text_of(data, field) != value:
            raise Untrusted(f"{field}: not as asked")


def _part(data: Mapping[str, Any], order: CaptureOrder) -> str:
    part = data.get("bioSubType")
    if order.kind is BioType.FACE:
        if part is not None and part not in NO_SUB_TYPE:
            raise BadReply("bioSubType: a face has none")
        return ""
    if part not in order.parts:
        raise BadReply("bioSubType: a part that was not asked for")
    return str(part)


def _score(value: object) -> int | None:
    """The specification has a floating point number, the toolkit digits; anything else is no score."""
    try:
        score = float(str(value))
    except ValueError:
        return None
    return round(score) if 0 <= score <= 100 else None
