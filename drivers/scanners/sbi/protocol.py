"""The Secure Biometric Interface 0.9.5 of MOSIP as bytes: what is asked by which verb, and what answers say.

Answers are read here and not yet believed: `evidence.py` does that. Field names and values follow the specification
and the schemas of MOSIP's compliance toolkit, in which all numbers are strings.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from drivers.scanners.sbi.names import REGISTRATION, SUCCESS, BioType
from drivers.scanners.sbi.signed_token import BadToken

SPEC_VERSIONS = ("0.9.5", "1.0.0")
FIRST_HASH = hashlib.sha256(b"").hexdigest().upper()
ENTRIES_MAX = 16
_TRANSACTION = re.compile(r"[A-Za-z0-9-]{4,50}")
_HASH = re.compile(r"[0-9A-Fa-f]{64}")


class Verb(StrEnum):
    DISCOVER = "MOSIPDISC"
    INFO = "MOSIPDINFO"
    CAPTURE = "RCAPTURE"

    @property
    def path(self) -> str:
        return {"MOSIPDISC": "/device", "MOSIPDINFO": "/info", "RCAPTURE": "/capture"}[self]


class BadReply(BadToken):
    """An answer that is not of the specified form. The message names the field and holds nothing of its contents."""


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """One RCAPTURE. `parts` and `exceptions` are bioSubType names; `timeout_ms` is the device's own limit."""

    kind: BioType
    environment: str
    transaction: str
    device_id: str
    sub_id: str
    parts: tuple[str, ...]
    exceptions: tuple[str, ...]
    timeout_ms: int
    requested_score: int
    previous_hash: str
    spec_version: str = SPEC_VERSIONS[0]

    @property
    def count(self) -> int:
        return len(self.parts) or 1


@dataclass(frozen=True, slots=True)
class ReplyEntry:
    """One element of an answer: a token (in `deviceInfo` or `data`), or an error. `chained_hash` only for captures."""

    error_code: str
    error_text: str
    token: str
    chained_hash: str = ""
    spec_version: str = ""

    @property
    def is_success(self) -> bool:
        return self.error_code == SUCCESS

    def __repr__(self) -> str:  # the token holds the biometric
        return f"ReplyEntry({self.error_code!r})"


@dataclass(frozen=True, slots=True)
class Discovered:
    """A device that answered MOSIPDISC; nothing of it is signed."""

    device_id: str
    status: str
    callback: str
    digital_id: str


def timestamp(moment: datetime) -> str:
    """ISO 8601 to the second, in universal time, as the specification wants it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_transaction(text: object) -> bool:
    return isinstance(text, str) and _TRANSACTION.fullmatch(text) is not None


def next_hash(previous: str, record: bytes) -> str:
    """SHA-256 over the bytes of the previous hash and the SHA-256 of the record, as MOSIP's `HashUtil` computes it.

    The prose of the specification could also mean the hexadecimal characters; its code means the bytes.
    """
    if not _HASH.fullmatch(previous):
        raise BadReply("previous hash: not 64 hexadecimal digits")
    return hashlib.sha256(bytes.fromhex(previous) + hashlib.sha256(record).digest()).hexdigest().upper()


def discovery_request(kind: BioType | None) -> bytes:
    """`None` asks for any biometric device."""
    return json.dumps({"type": kind or "Biometric Device"}).encode()


def capture_request(order: CaptureOrder, moment: datetime) -> bytes:
    biometric = {
        "type": order.kind,
        "count": str(order.count),
        "bioSubType": list(order.parts),
        "exception": list(order.exceptions),
        "requestedScore": str(order.requested_score),
        "deviceId": order.device_id,
        "deviceSubId": order.sub_id,
        "previousHash": order.previous_hash,
    }
    return json.dumps({
        "env": order.environment,
        "purpose": REGISTRATION,
        "specVersion": order.spec_version,
        "timeout": str(order.timeout_ms),
        "captureTime": timestamp(moment),
        "transactionId": order.transaction,
        "bio": [biometric],
        "customOpts": None,
    }).encode()  # fmt: skip


def read_discovery(body: bytes) -> tuple[Discovered, ...]:
    return tuple(
        Discovered(
            text_of(entry, "deviceId"),
            text_of(entry, "deviceStatus"),
            text_of(entry, "callbackId"),
            text_of(entry, "digitalId", size_max=4096),
        )
        for entry in _entries(_value(body), "discovery")
        if _error(entry)[0] == SUCCESS
    )


def read_info(body: bytes) -> tuple[ReplyEntry, ...]:
    return tuple(_entry(each, "deviceInfo") for each in _entries(_value(body), "device info"))


def read_capture(body: bytes) -> tuple[ReplyEntry, ...]:
    value = _value(body)
    if not isinstance(value, dict):
        raise BadReply("capture: no JSON object")
    if "biometrics" not in value and "error" in value:  # some services answer an error without the array
        return (_entry(value, "data"),)
    return tuple(_entry(each, "data") for each in _entries(value.get("biometrics"), "biometrics"))


def _value(body: bytes) -> object:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        raise BadReply("answer: no JSON") from None
    return value


def _entries(value: object, field: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not 1 <= len(value) <= ENTRIES_MAX:
        raise BadReply(f"{field}: not an array of 1 to {ENTRIES_MAX}")
    if not all(isinstance(each, dict) for each in value):
        raise BadReply(f"{field}: an element is no object")
    return value


def _entry(entry: Mapping[str, Any], token_field: str) -> ReplyEntry:
    code, info = _error(entry)
    token = entry.get(token_field)
    if code == SUCCESS and (not isinstance(token, str) or not token):
        raise BadReply(f"{token_field}: missing in a success")
    chained = entry.get("hash")
    return ReplyEntry(
        error_code=code,
        error_text=info,
        token=token if isinstance(token, str) else "",
        chained_hash=chained if isinstance(chained, str) else "",
        spec_version=str(entry.get("specVersion") or ""),
    )


def _error(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Code and text; an answer without an error object is a success."""
    error = entry.get("error")
    if error is None:
        return SUCCESS, ""
    if not isinstance(error, dict):
        raise BadReply("error: no object")
    code = error.get("errorCode")
    if not re.fullmatch(r"[0-9]{1,4}", str(code), re.ASCII):
        raise BadReply("errorCode: no number")
    text = error.get("errorInfo")
    printable = "".join(each for each in text if each.isprintable()) if isinstance(text, str) else ""
    return str(int(str(code))), printable[:120]


def text_of(value: Mapping[str, Any], field: str, *, size_max: int = 256) -> str:
    """A field that must be there, as text; numbers are taken as text too."""
    found = value.get(field)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found or len(found) > size_max:
        raise BadReply(f"{field}: missing, no text or too long")
    return found


def texts_of(value: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = value.get(field)
    if not isinstance(found, list) or len(found) > ENTRIES_MAX:
        raise BadReply(f"{field}: no array")
    return tuple(str(each)[:64] for each in found)
