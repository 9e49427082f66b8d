"""What every chip profile promises, checked on each of them through `drivers.contracts.chip_profile` alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.chips.ktp_el.layout import load_layout
from drivers.chips.ktp_el.protocol import KtpElProfile
from drivers.chips.ktp_el.simulator import KtpElChip
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.chip_profile import ChipFiles, ChipLife, ChipProfile, converse
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, TransportError
from drivers.contracts.secure_access_module import SecureAccessModule
from drivers.modules.memory.driver import MemoryModule

FILES = ChipFiles(b"photo" * 90, b"biodata" * 50, b"signature" * 30, (b"one" * 60, b"two" * 60), b"proof" * 14)


@dataclass(frozen=True, slots=True)
class Subject:
    """One profile, a module for it, and blank chips: each is what a reader's `transmit` does with the chip in it."""

    profile: ChipProfile
    module: SecureAccessModule
    blank: Callable[[], Callable[[bytes], bytes]]


def _ktp_el() -> Subject:
    def blank() -> Callable[[bytes], bytes]:
        chip = KtpElChip(bytes.fromhex("8004000000000001"))
        chip.power_on()
        return chip.process

    layout = load_layout(Path(__file__).parents[2] / "templates" / "chip" / "ktp-el.toml")
    return Subject(KtpElProfile(layout), MemoryModule(PUBLISHED_TEST_MASTER_KEY), blank)


@pytest.fixture(params=[_ktp_el], ids=["ktp-el"])
def subject(request: pytest.FixtureRequest) -> Subject:
    made: Subject = request.param()
    return made


def test_a_profile_has_a_name(subject: Subject) -> None:
    assert subject.profile.name


def test_a_blank_is_seen_written_and_read_back(subject: Subject) -> None:
    transmit = subject.blank()
    before = converse(subject.profile.identify(), transmit)
    assert before.life is ChipLife.BLANK
    converse(subject.profile.write(FILES, subject.module), transmit)
    assert converse(subject.profile.read(subject.module), transmit) == FILES
    assert converse(subject.profile.read_photo(), transmit) == FILES.photo
    after = converse(subject.profile.identify(), transmit)
    assert (after.identifier, after.life) == (before.identifier, ChipLife.PERSONALISED)


def test_a_written_chip_is_not_written_again(subject: Subject) -> None:
    transmit = subject.blank()
    converse(subject.profile.write(FILES, subject.module), transmit)
    with pytest.raises(DeviceFault) as refusal:
        converse(subject.profile.write(FILES, subject.module), transmit)
    assert refusal.value.code is FaultCode.CHIP_ALREADY_WRITTEN


def test_files_that_fit_are_passed_and_larger_ones_are_listed(subject: Subject) -> None:
    subject.profile.check_fits(FILES)
    huge = ChipFiles(bytes(40_000), FILES.biodata, FILES.signature, FILES.minutiae, FILES.issuer_signature)
    with pytest.raises(DeviceFault, match="40000") as refusal:
        subject.profile.check_fits(huge)
    assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_TOO_SMALL, CardFate.UNTOUCHED)


def test_a_silent_stranger_is_foreign_or_refused_but_never_blank(subject: Subject) -> None:
    assert converse(subject.profile.identify(), lambda _: b"\x6a\x82").life is ChipLife.FOREIGN
    with pytest.raises(DeviceFault, match="chip_refused"):
        converse(subject.profile.identify(), lambda _: b"\x6f\x00")


def test_a_line_that_fails_ends_the_conversation_with_its_own_error(subject: Subject) -> None:
    def broken(_: bytes) -> bytes:
        raise TransportError("reader", "unplugged")

    for conversation in (subject.profile.identify(), subject.profile.write(FILES, subject.module)):
        with pytest.raises(TransportError, match="unplugged"):
            converse(conversation, broken)
