"""A test authority, a simulated device of each kind and a drawn person, without a process or a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest

from drivers.contracts.parts import Eye, Finger
from drivers.scanners.sbi.driver import SbiFingerprintScanner
from drivers.scanners.sbi.names import BioType
from drivers.scanners.sbi.simulator import Answer, SbiDevice
from drivers.scanners.sbi.simulator_keys import Authority, DeviceKeys, make_authority, make_keys
from drivers.simulators.capturing import CaptureServer
from drivers.simulators.faults import FaultPlan, parse_faults

from .tampering import NOW, MakeDevice, Serve, Tampering, client_to

Pixels = npt.NDArray[np.uint8]


class DrawnPerson:
    """Stripes whose width depends on the part and the impression; `missing` names the fingers that are not there."""

    def __init__(self, missing: tuple[Finger, ...] = ()) -> None:
        self._missing = missing

    def has_finger(self, position: Finger) -> bool:
        return position not in self._missing

    def finger(self, position: Finger, impression: int) -> Pixels:
        return _stripes(120, 96, 5 + position, impression)

    def iris(self, eye: Eye, shot: int) -> Pixels:
        return _stripes(120, 160, 20 + eye, shot)

    def face(self, shot: int) -> Pixels:
        return np.dstack([_stripes(160, 120, width, shot) for width in (9, 11, 13)])


def _stripes(rows: int, columns: int, width: int, shift: int) -> Pixels:
    across = (np.arange(columns) + 3 * shift) // width % 2 * 200 + 20
    return np.tile(across, (rows, 1)).astype(np.uint8)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority(NOW)


@pytest.fixture(scope="session")
def keys(authority: Authority) -> DeviceKeys:
    return make_keys(authority, NOW, "SIMULATED")


@pytest.fixture(scope="session")
def strange_keys() -> DeviceKeys:
    """A device of the same make, by another authority of the same name."""
    return make_keys(make_authority(NOW), NOW, "SIMULATED")


@pytest.fixture
def draw_person() -> Callable[..., DrawnPerson]:
    return DrawnPerson


@pytest.fixture
def make_device(keys: DeviceKeys) -> Callable[..., SbiDevice]:
    def make(
        kind: BioType, faults: str = "", signed_with: DeviceKeys = keys, missing: tuple[Finger, ...] = ()
    ) -> SbiDevice:
        device = SbiDevice(kind, signed_with, clock=lambda: NOW, faults=FaultPlan(parse_faults(faults)))
        device.stand("1", DrawnPerson(missing))
        return device

    return make


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str, str, bytes], Answer | None]], str]]:
    """Puts an answering function behind real HTTP and gives its endpoint."""
    servers: list[CaptureServer] = []

    def start(answer: Callable[[str, str, bytes], Answer | None]) -> str:
        server = CaptureServer(0)
        server.answer = answer
        server.start()
        servers.append(server)
        return server.endpoint

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def tampering(make_device: MakeDevice) -> Tampering:
    return Tampering(make_device(BioType.FINGER))


@pytest.fixture
def scanner(tampering: Tampering, serve: Serve, authority: Authority) -> SbiFingerprintScanner:
    return SbiFingerprintScanner(client_to(serve(tampering.answer), authority))
