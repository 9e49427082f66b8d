"""A simulated SBI 0.9.5 device, sans-IO: a verb, a path and a body in, an answer out, signed with its own key.

It refuses what a real device refuses, and obeys the faults `poor-finger`, `bad-signature`, `corrupt-image`, `busy`
and `device-gone`, each at the nth capture.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from drivers.contracts.parts import Eye, Finger
from drivers.scanners.sbi import protocol
from drivers.scanners.sbi import simulated_pictures as pictures
from drivers.scanners.sbi.names import EYES, FINGERS, REGISTRATION, SUCCESS, BioType
from drivers.scanners.sbi.protocol import Verb
from drivers.scanners.sbi.signed_token import encode_base64url, make_token
from drivers.scanners.sbi.simulated_pictures import Pixels
from drivers.scanners.sbi.simulator_keys import DeviceKeys

SUB_TYPES = {BioType.FINGER: "Slap", BioType.IRIS: "Double", BioType.FACE: "Full face"}
SUB_IDS = {BioType.FINGER: ("1", "2", "3"), BioType.IRIS: ("1", "2", "3"), BioType.FACE: ("0",)}
COUNT_MAX = {BioType.FINGER: 4, BioType.IRIS: 2, BioType.FACE: 1}
SHARP = {
    BioType.FINGER: pictures.SHARP_FINGER,
    BioType.IRIS: pictures.SHARP_IRIS,
    BioType.FACE: pictures.SHARP_FACE,
}
FIRMWARE = "1.0.0"
PICTURE_FAULTS = ("poor-finger", "corrupt-image", "bad-signature")


class Sensed(Protocol):
    """The person at the device, as far as a device can sense one; `impression` and `shot` count from 0."""

    def has_finger(self, position: Finger) -> bool: ...
    def finger(self, position: Finger, impression: int) -> Pixels: ...
    def iris(self, eye: Eye, shot: int) -> Pixels: ...
    def face(self, shot: int) -> Pixels: ...


class Faults(Protocol):
    def fires(self, name: str, unit: str, n: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Spoilt:
    """What is wrong with this capture."""

    poor: bool
    cut: bool
    forged: bool


class _Refusal(Exception):
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class SbiDevice:
    """Not for several threads. `stand(name, person)` puts somebody before it; `leave()` leaves it empty."""

    def __init__(
        self,
        kind: BioType,
        keys: DeviceKeys,
        *,
        clock: Callable[[], datetime],
        faults: Faults,
        serial: str = "",
        environment: str = "Developer",
        callback: str = "http://127.0.0.1:4501/",
    ) -> None:
        self.kind, self.callback = kind, callback
        self.serial = serial or f"SIMULATED-{kind.upper()}-01"
        self.captures = 0
        self._keys, self._clock, self._faults, self._environment = keys, clock, faults, environment
        self._name = ""
        self._person: Sensed | None = None
        self._taken: Counter[tuple[str, str]] = Counter()

    @property
    def standing(self) -> str:
        """The name under which the present person was put here; "" when nobody is."""
        return self._name if self._person else ""

    def stand(self, name: str, person: Sensed) -> None:
        self._name, self._person = name, person

    def leave(self) -> None:
        self._name, self._person = "", None

    def answer(self, verb: str, path: str, body: bytes) -> Answer | None:
        """None: the device is gone, and the line with it."""
        if verb not in tuple(Verb) or path != Verb(verb).path:
            return Answer(404, b"")
        if verb == Verb.DISCOVER:
            return self._discover(body)
        if verb == Verb.INFO:
            return _answer([{"deviceInfo": self._sign(self._info()), "error": _error(SUCCESS, "Success")}])
        return self._capture(body)

    def _discover(self, body: bytes) -> Answer:
        wanted = _object(body).get("type")
        if wanted not in (self.kind, "Biometric Device"):
            return _answer([])
        digital_id = encode_base64url(json.dumps(self._digital_id()).encode())
        info = {name: value for name, value in self._info().items() if name not in ("firmware", "env")}
        return _answer([{**info, "digitalId": digital_id, "error": _error(SUCCESS, "Success")}])

    def _digital_id(self) -> dict[str, str]:
        return {
            "serialNo": self.serial,
            "make": "Simulated",
            "model": f"{self.kind} 1",
            "type": self.kind,
            "deviceSubType": SUB_TYPES[self.kind],
            "deviceProvider": "Simulated Device Provider",
            "deviceProviderId": "SIMULATED",
            "dateTime": protocol.timestamp(self._clock()),
        }

    def _info(self) -> dict[str, Any]:
        return {
            "deviceStatus": "Ready",
            "deviceId": "1",
            "firmware": FIRMWARE,
            "certification": "L0",
            "serviceVersion": protocol.SPEC_VERSIONS[0],
            "deviceSubId": list(SUB_IDS[self.kind]),
            "callbackId": self.callback,
            "digitalId": self._sign(self._digital_id()),
            "deviceCode": self.serial,
            "env": self._environment,
            "purpose": REGISTRATION,
            "specVersion": [protocol.SPEC_VERSIONS[0]],
        }

    def _capture(self, body: bytes) -> Answer | None:
        self.captures += 1
        try:
            request = _object(body)
            bio = self._checked(request)
            if self._fires("device-gone"):
                return None
            if self._fires("busy"):
                raise _Refusal("111", "Device is Busy")
            if self._person is None:
                raise _Refusal("101", "Unable to detect a biometric object")
            return _answer({"biometrics": self._biometrics(request, bio, self._person)})
        except _Refusal as refusal:
            return _answer({"biometrics": [_failure(refusal.code, refusal.text)]})

    def _checked(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if not protocol.is_transaction(request.get("transactionId")):
            raise _Refusal("112", "Invalid Transaction ID")
        bios = request.get("bio")
        if not isinstance(bios, list) or len(bios) != 1 or not isinstance(bios[0], dict):
            raise _Refusal("500", "bio: one element expected")
        bio: Mapping[str, Any] = bios[0]
        expected = {"env": self._environment, "purpose": REGISTRATION, "specVersion": protocol.SPEC_VERSIONS[0]}
        wrong = [field for field, value in expected.items() if request.get(field) != value]
        if wrong or bio.get("type") != self.kind or bio.get("deviceSubId") not in SUB_IDS[self.kind]:
            raise _Refusal("500", f"not for this device: {', '.join(wrong) or 'type or deviceSubId'}")
        names = {BioType.FINGER: tuple(FINGERS), BioType.IRIS: tuple(EYES), BioType.FACE: ()}[self.kind]
        parts = bio.get("bioSubType")
        if not isinstance(parts, list) or any(part not in names for part in parts):
            raise _Refusal("500", "bioSubType: not of this device")
        if bio.get("count") != str(len(parts) or 1) or not (parts or self.kind is BioType.FACE):
            raise _Refusal("109", "Requested number of biometric (Finger/IRIS) not supported")
        if len(parts) > COUNT_MAX[self.kind]:
            raise _Refusal("109", "Requested number of biometric (Finger/IRIS) not supported")
        return bio

    def _fires(self, fault: str) -> bool:
        return self._faults.fires(fault, "capture", self.captures)

    def _biometrics(self, request: Mapping[str, Any], bio: Mapping[str, Any], person: Sensed) -> list[dict[str, Any]]:
        spoilt = _Spoilt(*(self._fires(fault) for fault in PICTURE_FAULTS))
        previous = str(bio.get("previousHash"))
        entries: list[dict[str, Any]] = []
        for part in bio["bioSubType"] or [""]:
            if part in FINGERS and not person.has_finger(FINGERS[part]):
                entries.append(_failure("101", "Unable to detect a biometric object"))
                continue
            pixels = self._sense(person, part)
            shown = pictures.smudged(pixels) if spoilt.poor else pixels
            record = self._record(part, shown, is_cut=spoilt.cut)
            try:
                previous = protocol.next_hash(previous, record)
            except protocol.BadReply:
                raise _Refusal("500", "previousHash: not a SHA-256") from None
            data = self._data(request, bio, part, record, pictures.score(shown, SHARP[self.kind]))
            token = self._sign(data)
            entries.append(_success(_forged(token) if spoilt.forged else token, previous))
        return entries

    def _sense(self, person: Sensed, part: str) -> Pixels:
        """A new image each time: the impressions of each person's part are counted here."""
        n = self._taken[self._name, part]
        self._taken[self._name, part] += 1
        if self.kind is BioType.FINGER:
            return person.finger(FINGERS[part], n)
        return person.iris(EYES[part], n) if self.kind is BioType.IRIS else person.face(n)

    def _record(self, part: str, pixels: Pixels, *, is_cut: bool) -> bytes:
        at = self._clock()
        if self.kind is BioType.FINGER:
            return pictures.finger_record(FINGERS[part], pixels, at, is_cut=is_cut)
        if self.kind is BioType.IRIS:
            return pictures.iris_record(EYES[part], pixels, at, is_cut=is_cut)
        return pictures.face_record(pixels, at, is_cut=is_cut)

    def _data(
        self, request: Mapping[str, Any], bio: Mapping[str, Any], part: str, record: bytes, score: int
    ) -> dict[str, Any]:
        data = {
            "digitalId": self._sign(self._digital_id()),
            "deviceCode": self.serial,
            "deviceServiceVersion": protocol.SPEC_VERSIONS[0],
            "bioType": self.kind,
            "bioSubType": part,
            "purpose": REGISTRATION,
            "env": self._environment,
            "bioValue": encode_base64url(record),
            "transactionId": request["transactionId"],
            "timestamp": protocol.timestamp(self._clock()),
            "requestedScore": str(bio.get("requestedScore", "0")),
            "qualityScore": str(score),
        }
        return {name: value for name, value in data.items() if value}  # a face has no bioSubType

    def _sign(self, payload: Mapping[str, Any]) -> str:
        return make_token(payload, self._keys.key, self._keys.chain)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _answer(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _error(code: str, text: str) -> dict[str, str]:
    return {"errorCode": code, "errorInfo": text}


def _failure(code: str, text: str) -> dict[str, Any]:
    return {"specVersion": protocol.SPEC_VERSIONS[0], "data": None, "hash": None, "error": _error(code, text)}


def _success(token: str, chained_hash: str) -> dict[str, Any]:
    version = protocol.SPEC_VERSIONS[0]
    return {"specVersion": version, "data": token, "hash": chained_hash, "error": _error(SUCCESS, "Success")}


def _forged(token: str) -> str:
    """The same claims under another signature."""
    claims, _, signature = token.rpartition(".")
    return f"{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
