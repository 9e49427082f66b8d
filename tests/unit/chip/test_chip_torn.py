"""Whichever command of a write fails, a chip never looks finished with wrong content, and can be written again."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.chips.ktp_el.simulator import ChipTorn
from drivers.contracts.chip_profile import ChipLife
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode

FAULTS = (ChipTorn, DeviceFault)


def _write_until_fault(bench: Any, content: Any) -> Exception:
    with pytest.raises(FAULTS) as interruption:
        bench.write(content)
    return interruption.value


@pytest.mark.parametrize("name", ["bad-sw", "tear"])
def test_at_every_command_a_write_that_fails_leaves_a_chip_that_can_be_written_again(
    chip_bench: Any, name: str
) -> None:
    content = chip_bench.files()
    for n in range(1, chip_bench.commands_of_a_write(content) + 1):
        bench = chip_bench(fault=(name, n))
        _write_until_fault(bench, content)
        assert bench.identify().life in (ChipLife.BLANK, ChipLife.INCOMPLETE), f"{name}@apdu={n}"
        with pytest.raises(DeviceFault, match="chip_data_wrong"):
            bench.read()
        bench.write(content)
        assert bench.read() == content, f"{name}@apdu={n}"


def _torn_before_completion(chip_bench: Any, then: tuple[str, int] | None = None) -> Any:
    """A chip with everything of files(1) but the completion flag; `then` is a fault counted from its next command."""
    torn_at = chip_bench.commands_of_a_write(chip_bench.files(1))
    bench = chip_bench(fault=("tear", torn_at))
    _write_until_fault(bench, chip_bench.files(1))
    if then is not None:
        bench.plan(then[0], torn_at + then[1])
    return bench


@pytest.mark.parametrize("name", ["bad-sw", "tear"])
def test_at_every_command_of_a_second_write_nothing_of_the_first_stays(chip_bench: Any, name: str) -> None:
    """The second write is of other files and is itself interrupted; the third completes."""
    second = chip_bench.files(2, templates=1, photo_bytes=240)
    bench = _torn_before_completion(chip_bench)
    before = bench.chip.commands
    bench.write(second)
    for n in range(1, bench.chip.commands - before + 1):
        bench = _torn_before_completion(chip_bench, (name, n))
        interruption = _write_until_fault(bench, second)
        assert isinstance(interruption, ChipTorn) or interruption.card in (CardFate.UNTOUCHED, CardFate.IN_DOUBT)
        assert bench.identify().life is ChipLife.INCOMPLETE, f"{name}@apdu={n}"
        bench.write(second)
        assert bench.read() == second, f"{name}@apdu={n}"


def test_a_chip_that_was_begun_is_in_doubt_even_before_it_is_written_again(chip_bench: Any) -> None:
    bench = _torn_before_completion(chip_bench, ("bad-sw", 5))
    refusal = _write_until_fault(bench, bench.files())
    assert isinstance(refusal, DeviceFault)
    assert refusal.card is CardFate.IN_DOUBT


def _lengths(bench: Any) -> list[int]:
    return [int.from_bytes(content[:2], "big") for content in bench.chip.eeprom.files.values()]


def test_old_lengths_are_gone_before_new_content_comes(chip_bench: Any) -> None:
    second = chip_bench.files(2)
    bench = _torn_before_completion(chip_bench)
    seen: list[tuple[bytes, list[int]]] = []
    process = bench.chip.process

    def watched(apdu: bytes) -> bytes:
        response: bytes = process(apdu)
        if b"".join(bytes(body[2:]) for body in bench.chip.eeprom.files.values()).find(second.biodata[:64]) >= 0:
            seen.append((apdu, _lengths(bench)))
        return response

    bench.chip.process = watched
    bench.write(second)
    # Card control keeps its own length; at the first chunk of new content all others are zero.
    assert seen[0][1][1:] == [0] * 6


def test_before_the_first_update_a_failure_leaves_the_blank_untouched_and_then_in_doubt(chip_bench: Any) -> None:
    content = chip_bench.files()
    fates = []
    for n in range(1, chip_bench.commands_of_a_write(content) + 1):
        interruption = _write_until_fault(chip_bench(fault=("bad-sw", n)), content)
        assert isinstance(interruption, DeviceFault)
        assert interruption.code is FaultCode.CHIP_REFUSED
        fates.append(interruption.card)
    # UID, DF, card control twice, challenge, authentication, select card control; then the first update.
    assert fates[:7] == [CardFate.UNTOUCHED] * 7
    assert set(fates[7:]) == {CardFate.IN_DOUBT}


def test_a_chip_torn_before_the_first_update_is_still_blank(chip_bench: Any) -> None:
    bench = chip_bench(fault=("tear", 8))
    _write_until_fault(bench, bench.files())
    assert bench.identify().life is ChipLife.BLANK


def test_a_flipped_bit_is_never_read_back_as_what_was_written(chip_bench: Any) -> None:
    """Prefix, body, life: wherever a stored bit flips, the write is refused or what is read back differs."""
    content = chip_bench.files()
    whole = chip_bench()
    whole.write(content)
    seen = 0
    for n in range(1, chip_bench.commands_of_a_write(content) + 1):
        bench = chip_bench(fault=("flip-bit", n))
        try:
            bench.write(content)
            read = bench.read()
        except DeviceFault:
            seen += 1
            continue
        seen += read != content
        assert (read == content) == (bench.chip.eeprom.files == whole.chip.eeprom.files), f"flip-bit@apdu={n}"
    assert seen == sum(apdu[:2] == b"\x0c\xd6" for apdu in whole.sent)


def test_a_bit_spoiled_in_the_next_body_is_read_back_differently(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.chip.flip_bit_in_next_body()
    bench.write(bench.files())
    assert bench.read() != bench.files()
