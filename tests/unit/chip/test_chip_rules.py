"""The simulated chip keeps its own rules, whoever speaks to it and whatever they send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chips.ktp_el.eeprom import CARD_CONTROL, PHOTO, Eeprom
from drivers.chips.ktp_el.simulator import ChipTorn, KtpElChip
from drivers.contracts.chip_profile import ChipLife


def _say(bench: Any, *commands: str) -> list[str]:
    return [bench.transmit(bytes.fromhex(command)).hex().upper() for command in commands]


@pytest.mark.parametrize("file", ["6FF1", "6FF3", "6FF4", "6FF5", "6FF6"])
def test_a_secured_file_is_not_read_in_the_clear(chip_bench: Any, file: str) -> None:
    bench = chip_bench()
    bench.write(bench.files())
    bench.power()
    assert _say(bench, "00A40000027F0A", f"00A4000002{file}", "00B0000010") == ["9000", "9000", "6982"]


@pytest.mark.parametrize("file", ["6FF0", "6FF1", "6FF2", "6FF3", "6FF4", "6FF5", "6FF6"])
def test_no_file_is_updated_in_the_clear(chip_bench: Any, file: str) -> None:
    bench = chip_bench()
    bench.power()
    assert _say(bench, "00A40000027F0A", f"00A4000002{file}", "00D600000201FF")[-1] == "6982"
    bench.write(bench.files())
    bench.power()
    before = {fid: bytes(content) for fid, content in bench.chip.eeprom.files.items()}
    assert _say(bench, "00A40000027F0A", f"00A4000002{file}", "00D600000201FF")[-1] == "6985"
    assert before == bench.chip.eeprom.files


@pytest.mark.parametrize(
    ("life", "offset", "data"),
    [
        (ChipLife.BLANK, 7, "03"),  # finished without having been begun
        (ChipLife.INCOMPLETE, 7, "00"),  # back to blank
        (ChipLife.INCOMPLETE, 7, "07"),
        (ChipLife.INCOMPLETE, 7, "0300"),
        (ChipLife.INCOMPLETE, 0, "0000"),
        (ChipLife.INCOMPLETE, 6, "02"),
    ],
)
def test_even_with_the_key_a_life_goes_one_step_forwards_and_nothing_else_changes(
    life: ChipLife, offset: int, data: str
) -> None:
    eeprom = Eeprom()
    eeprom.set_life(life)
    assert eeprom.refusal_to_update(CARD_CONTROL, offset, bytes.fromhex(data), secured=True) == 0x6985


def test_a_blank_takes_no_content_before_it_is_marked_as_begun() -> None:
    eeprom = Eeprom()
    assert eeprom.refusal_to_update(PHOTO, 0, b"x", secured=True) == 0x6985
    eeprom.set_life(ChipLife.INCOMPLETE)
    assert eeprom.refusal_to_update(PHOTO, 0, b"x", secured=True) is None
    assert eeprom.refusal_to_update(PHOTO, 4863, b"xy", secured=True) == 0x6B00


def test_a_plain_command_ends_secure_messaging(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.write(bench.files())
    last = bench.sent[-1].hex()
    assert _say(bench, "00A40000026FF2", last) == ["9000", "6987"]


def test_a_reset_ends_everything_but_what_is_stored(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.write(bench.files())
    bench.chip.reset()
    assert _say(bench, "00B0000002", "00A40000026FF2") == ["6986", "6A82"]


def test_a_challenge_is_good_for_one_attempt(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.power()
    wrong = "0082000028" + "00" * 40 + "28"
    assert _say(bench, "00A40000027F0A", "0084000008", wrong, wrong)[2:] == ["6300", "6985"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00B0000010", "6986"),
        ("00A40000026FF1", "6A82"),
        ("00A40400027F0A", "6A86"),
        ("0012000000", "6D00"),
        ("8084000008", "6E00"),
        ("0084000008", "6985"),
        ("00DD000008", "6D00"),
        ("FFCA010000", "6A81"),
        ("0CB00000", "6987"),
        ("00A400", "6700"),
    ],
)
def test_a_command_that_does_not_suit_gets_its_status_word(chip_bench: Any, command: str, answer: str) -> None:
    bench = chip_bench()
    bench.power()
    assert _say(bench, command) == [answer]


def test_reading_past_the_end_of_a_file_is_said_so(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.power()
    answers = _say(bench, "00A40000027F0A", "00A40000026FF0", "00B0000000", "00B0003500", "00B00030")
    assert len(answers[2]) == 2 * 53 + 4
    assert answers[2].endswith("6282")
    assert answers[3:] == ["6B00", "6700"]


def test_a_chip_without_power_does_not_answer() -> None:
    with pytest.raises(ChipTorn):
        KtpElChip(bytes(8)).process(b"\x00\x84\x00\x00\x08")


def test_an_identifier_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="8 expected"):
        KtpElChip(bytes(7))


@given(st.lists(st.binary(max_size=270), max_size=6))
def test_no_command_from_outside_breaks_a_chip_or_changes_it(commands: list[bytes]) -> None:
    chip = KtpElChip(bytes.fromhex("8004A1B2C3D4E5F6"))
    chip.power_on()
    before = {fid: bytes(content) for fid, content in chip.eeprom.files.items()}
    chip.process(bytes.fromhex("00A40000027F0A"))
    for command in commands:
        assert len(chip.process(command)) >= 2
    assert before == chip.eeprom.files
    assert chip.life is ChipLife.BLANK
