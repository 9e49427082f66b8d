"""A client to a simulated device at one fixed moment, and somebody in between who rewrites what the device answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from drivers.contracts.parts import Finger
from drivers.scanners.sbi.client import SbiClient
from drivers.scanners.sbi.signed_token import make_token, open_token
from drivers.scanners.sbi.simulator import Answer, SbiDevice
from drivers.scanners.sbi.simulator_keys import Authority, DeviceKeys

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FINGERS = (Finger.LEFT_INDEX, Finger.LEFT_MIDDLE)
MakeDevice = Callable[..., SbiDevice]
Serve = Callable[[Callable[[str, str, bytes], Answer | None]], str]
Entry = dict[str, Any]


@dataclass
class Tampering:
    """A device with somebody in between who rewrites captures and device infos, and remembers what passed."""

    device: SbiDevice
    on_capture: Callable[[list[Entry]], list[Entry]] = lambda entries: entries
    on_info: Callable[[list[Entry]], list[Entry]] = lambda entries: entries
    requests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, verb: str, path: str, body: bytes) -> Answer | None:
        answer = self.device.answer(verb, path, body)
        if answer is None or verb == "MOSIPDISC":
            return answer
        value = json.loads(answer.body)
        if verb == "MOSIPDINFO":
            return Answer(200, json.dumps(self.on_info(value)).encode())
        self.requests.append(json.loads(body))
        return Answer(200, json.dumps({"biometrics": self.on_capture(value["biometrics"])}).encode())


def client_to(endpoint: str, authority: Authority, **options: Any) -> SbiClient:
    return SbiClient(endpoint, (authority.certificate,), clock=lambda: NOW, **options)


def resigned(entry: Entry, keys: DeviceKeys, **changes: Any) -> Entry:
    """The same entry with other claims, signed well by `keys`."""
    data = {**open_token(entry["data"], "data").payload, **changes}
    return {**entry, "data": make_token(data, keys.key, keys.chain)}
