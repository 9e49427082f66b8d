"""One SBI endpoint: asks, believes or refuses the answers, and turns the device's errors into the station's."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509

from drivers.contracts.capture import CaptureFacts, DeviceState, Retry, RetryReason
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, LocalProtocolError, RemoteProtocolError
from drivers.scanners.sbi import protocol
from drivers.scanners.sbi.evidence import Biometric, DeviceInfo, Trust, Untrusted, read_biometrics, read_device
from drivers.scanners.sbi.names import ENVIRONMENTS, BioType
from drivers.scanners.sbi.protocol import CaptureOrder, Discovered, ReplyEntry, Verb
from drivers.scanners.sbi.signed_token import BadToken
from drivers.transports.http import HttpTransport

T = TypeVar("T")
MODEL = "sbi"
INFO_TIMEOUT_S = 5.0  # MOSIP's registration client waits as long
# The device is told to answer a little sooner than we stop waiting, so that its best frame still arrives.
ANSWER_MARGIN_S = 2.0
REQUESTED_SCORE = 40  # at which a device captures by itself; whether a frame is good enough is decided elsewhere


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one capture is of: names of parts, those of the same slap that are left out, the module of the device."""

    kind: BioType
    parts: tuple[str, ...]
    left_out: tuple[str, ...]
    sub_id: str


def utc_now() -> datetime:
    return datetime.now(UTC)


class SbiClient:
    """Used from one thread. `trust` holds the certificates that vouch for devices (and for their identity chips).

    Each capture is chained to the last good one of this client. With `allow_untrusted` an unknown device may be used;
    a wrong signature or hash is refused all the same.
    """

    def __init__(
        self,
        endpoint: str,
        trust: tuple[x509.Certificate, ...],
        *,
        environment: str = "Developer",
        allow_untrusted: bool = False,
        requested_score: int = REQUESTED_SCORE,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if environment not in ENVIRONMENTS:
            raise ValueError(f"environment {environment!r} is none of {', '.join(ENVIRONMENTS)}")
        self._line = HttpTransport(endpoint)
        self._trust, self._environment, self._allow_untrusted = trust, environment, allow_untrusted
        self._score, self._random, self._clock = requested_score, random, clock
        self._last_hash = protocol.FIRST_HASH

    @property
    def endpoint(self) -> str:
        return self._line.endpoint

    def discover(self, kind: BioType | None = None, *, timeout_s: float = INFO_TIMEOUT_S) -> tuple[Discovered, ...]:
        """What answers at this endpoint. Unsigned: for finding devices, never for trusting them."""
        body = self._ask(Verb.DISCOVER, protocol.discovery_request(kind), timeout_s)
        return self._read(lambda: protocol.read_discovery(body))

    def device(self, kind: BioType, *, timeout_s: float = INFO_TIMEOUT_S) -> DeviceInfo:
        """The device of this kind as it is now. `DeviceFault(NOT_READY)` when the endpoint has none."""
        body = self._ask(Verb.INFO, b"", timeout_s)
        devices, errors = self._read(lambda: self._read_devices(body))
        for device in devices:
            if device.identity.kind is kind:
                return device
        if errors:
            outcome_of(kind, errors[0])  # raises, unless it speaks of a finger or face, which makes no sense here
        raise DeviceFault(FaultCode.NOT_READY, CardFate.UNTOUCHED, f"no {kind} device at {self.endpoint}")

    def facts(self, kind: BioType) -> CaptureFacts:
        return facts_of(self.device(kind))

    def capture(self, wanted: Wanted, *, timeout_s: float) -> tuple[tuple[Biometric, ...], CaptureFacts] | Retry:
        """All the wanted parts, believed, in the order asked; or why the citizen should try again."""
        device = self.device(wanted.kind, timeout_s=min(INFO_TIMEOUT_S, timeout_s))
        self._check_usable(device)
        order = self._order(wanted, device, timeout_s)
        body = self._ask(Verb.CAPTURE, protocol.capture_request(order, self._clock()), timeout_s)
        entries = self._read(lambda: protocol.read_capture(body))
        found = self._read(lambda: read_biometrics(entries, order, device, self._trust_now()))
        if (retry := _shortfall(wanted, entries, len(found))) is not None:
            return retry
        self._last_hash = found[-1].chained_hash
        by_part = {each.part: each for each in found}
        return tuple(by_part[part] for part in wanted.parts or ("",)), facts_of(device)

    def close(self) -> None:
        """Nothing stays open between requests."""

    def _order(self, wanted: Wanted, device: DeviceInfo, timeout_s: float) -> CaptureOrder:
        transaction = self._random(12).hex()
        device_s = max(timeout_s - ANSWER_MARGIN_S, timeout_s / 2)
        return CaptureOrder(
            kind=wanted.kind,
            environment=self._environment,
            transaction=transaction,
            device_id=device.device_id,
            sub_id=wanted.sub_id,
            parts=wanted.parts,
            exceptions=wanted.left_out,
            timeout_ms=max(1, int(device_s * 1000)),
            requested_score=self._score,
            previous_hash=self._last_hash,
        )

    def _check_usable(self, device: DeviceInfo) -> None:
        if device.state is DeviceState.BUSY:
            raise _fault(FaultCode.BUSY, "deviceStatus Busy")
        if device.state is DeviceState.NOT_READY:
            raise _fault(FaultCode.NOT_READY, "deviceStatus Not Ready")
        if device.trusted or self._allow_untrusted:
            return
        raise _fault(FaultCode.NOT_TRUSTED, f"{device.identity.make} {device.identity.serial}: no trusted certificate")

    def _ask(self, verb: Verb, body: bytes, timeout_s: float) -> bytes:
        headers = {"Content-Type": "application/json"} if body else {}
        reply = self._line.request(verb, verb.path, body, headers, timeout_s=timeout_s)
        if reply.status != 200:
            raise RemoteProtocolError(f"{self.endpoint}: {verb} answered with HTTP {reply.status}")
        return reply.body

    def _read_devices(self, body: bytes) -> tuple[list[DeviceInfo], list[ReplyEntry]]:
        """A device in trouble describes itself beside its error; its `deviceStatus` then says the same."""
        entries = protocol.read_info(body)
        devices = [read_device(entry, self._trust_now()) for entry in entries if entry.token]
        return devices, [entry for entry in entries if not entry.is_success]

    def _read(self, reading: Callable[[], T]) -> T:
        """The bytes of a bad answer are not kept with the error: they are somebody's finger or face."""
        try:
            return reading()
        except Untrusted as error:
            raise _fault(FaultCode.NOT_TRUSTED, str(error)) from error
        except BadToken as error:
            raise RemoteProtocolError(f"{self.endpoint}: {error}", card=CardFate.UNTOUCHED) from error

    def _trust_now(self) -> Trust:
        return Trust(self._trust, self._clock(), required=not self._allow_untrusted)


def facts_of(device: DeviceInfo) -> CaptureFacts:
    identity = device.identity
    return CaptureFacts(MODEL, identity.make, identity.model, identity.serial, device.firmware, device.trusted)


def _shortfall(wanted: Wanted, entries: tuple[ReplyEntry, ...], found: int) -> Retry | None:
    expected = len(wanted.parts) or 1
    if found == expected:
        return None
    error = next((entry for entry in entries if not entry.is_success), None)
    if error is not None and (error.error_code != UNDETECTED or not found):
        return outcome_of(wanted.kind, error)
    reason = RetryReason.TOO_FEW_FINGERS if wanted.kind is BioType.FINGER else RetryReason.NO_EYE
    return Retry(reason, f"{found} of {expected}")


UNDETECTED = "101"
_NOTHING_THERE = {
    BioType.FINGER: RetryReason.EMPTY,
    BioType.IRIS: RetryReason.NO_EYE,
    BioType.FACE: RetryReason.NO_FACE,
}
_RETRIES = {"102": RetryReason.POOR_QUALITY, "105": RetryReason.MOVED}
_FAULTS = {
    "100": FaultCode.NOT_TRUSTED,  # not registered: it has no certificate
    "103": FaultCode.NOT_TRUSTED,  # tampered with
    "104": FaultCode.NOT_READY,  # its management server is away
    "106": FaultCode.NOT_READY,  # not plugged in
    "107": FaultCode.NOT_TRUSTED,  # its key has expired
    "108": FaultCode.REFUSED,
    "109": FaultCode.UNSUPPORTED,
    "110": FaultCode.NOT_READY,
    "111": FaultCode.BUSY,
}
BAD_TRANSACTION = "112"


def outcome_of(kind: BioType, error: ReplyEntry) -> Retry:
    """The specification's error codes, sorted by who must act; 2xx is about the device, the rest is the maker's own."""
    code = error.error_code
    if code == UNDETECTED:
        return Retry(_NOTHING_THERE[kind], error.error_text)
    if code in _RETRIES:
        return Retry(_RETRIES[code], error.error_text)
    if code == BAD_TRANSACTION:
        raise LocalProtocolError(f"SBI {code}: the device refused our transaction id")
    fallback = FaultCode.NOT_READY if len(code) == 3 and code.startswith("2") else FaultCode.REFUSED
    raise _fault(_FAULTS.get(code, fallback), f"SBI {code}: {error.error_text}")


def _fault(code: FaultCode, detail: str) -> DeviceFault:
    return DeviceFault(code, CardFate.UNTOUCHED, detail)
