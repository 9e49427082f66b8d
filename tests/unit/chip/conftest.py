"""What the chip tests share: a citizen's files made up from a seed, and a chip in an in-memory field."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from drivers.chips.ktp_el.layout import load_layout
from drivers.chips.ktp_el.protocol import KtpElProfile
from drivers.chips.ktp_el.simulator import KtpElChip
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.chip_profile import ChipFiles, ChipIdentity, converse
from drivers.modules.memory.driver import MemoryModule

LAYOUT_FILE = Path(__file__).parents[3] / "templates" / "chip" / "ktp-el.toml"
PROFILE = KtpElProfile(load_layout(LAYOUT_FILE))


def module(master_key: bytes = PUBLISHED_TEST_MASTER_KEY) -> MemoryModule:
    return MemoryModule(master_key, random.Random(2).randbytes)


class OneFault:
    """One fault, at one command."""

    def __init__(self) -> None:
        self.planned: tuple[str, str, int] | None = None

    def fires(self, name: str, unit: str, n: int) -> bool:
        return (name, unit, n) == self.planned


class Bench:
    """A chip in a field; each goal powers it afresh, as a reader's `connect` does. `sent` and `heard` are the wire."""

    identifier = bytes.fromhex("8004A1B2C3D4E5F6")
    type_b_identifier = bytes.fromhex("1122334455667788")

    def __init__(
        self, identifier: bytes = identifier, *, fault: tuple[str, int] | None = None, key: bytes | None = None
    ) -> None:
        self.profile = PROFILE
        self.fault = OneFault()
        if fault:
            self.plan(*fault)
        self.chip = KtpElChip(identifier, key=key, faults=self.fault, random=random.Random(1).randbytes)
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []

    def plan(self, name: str, n: int) -> None:
        """In place of what was planned: `name` at the chip's nth command."""
        self.fault.planned = (name, "apdu", n)

    @staticmethod
    def files(seed: int = 1, *, photo_bytes: int = 600, templates: int = 2) -> ChipFiles:
        noise = random.Random(seed)
        minutiae = tuple(noise.randbytes(180 + i) for i in range(templates))
        return ChipFiles(
            noise.randbytes(photo_bytes), noise.randbytes(300), noise.randbytes(400), minutiae, noise.randbytes(72)
        )

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        self.heard.append(self.chip.process(apdu))
        return self.heard[-1]

    def power(self) -> None:
        self.sent, self.heard = [], []
        self.chip.power_off()
        self.chip.power_on()

    def identify(self) -> ChipIdentity:
        self.power()
        return converse(self.profile.identify(), self.transmit)

    def write(self, content: ChipFiles, *, master_key: bytes = PUBLISHED_TEST_MASTER_KEY) -> None:
        self.power()
        converse(self.profile.write(content, module(master_key)), self.transmit)

    def read(self, *, master_key: bytes = PUBLISHED_TEST_MASTER_KEY) -> ChipFiles:
        self.power()
        return converse(self.profile.read(module(master_key)), self.transmit)

    def read_photo(self) -> bytes:
        self.power()
        return converse(self.profile.read_photo(), self.transmit)

    @classmethod
    def commands_of_a_write(cls, content: ChipFiles) -> int:
        bench = cls()
        bench.write(content)
        return bench.chip.commands


@pytest.fixture(scope="session")
def chip_bench() -> type[Bench]:
    return Bench
