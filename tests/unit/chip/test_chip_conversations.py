"""A chip is written, read and looked at; wrong keys, wrong chips and finished chips are refused with the right fate."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chips.ktp_el.simulator import contactless_atr
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.chip_profile import ChipFiles, ChipLife, converse
from drivers.contracts.errors import (
    CardFate,
    DeviceError,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
)
from drivers.modules.memory.driver import MemoryModule

_VECTORS = Path(__file__).parents[2] / "vectors" / "ktp_el" / "public_readers.json"
PUBLIC: dict[str, Any] = json.loads(_VECTORS.read_text())
OTHER_KEY = b"another open test key 02"


def test_what_was_written_is_read_back(chip_bench: Any) -> None:
    bench = chip_bench()
    assert bench.identify().life is ChipLife.BLANK
    bench.write(bench.files())
    assert bench.read() == bench.files()
    assert bench.read_photo() == bench.files().photo
    assert bench.identify().life is ChipLife.PERSONALISED


@pytest.mark.parametrize("templates", [0, 1, 2])
def test_a_citizen_without_fingers_gets_a_chip_too(chip_bench: Any, templates: int) -> None:
    bench = chip_bench()
    content = bench.files(templates=templates)
    bench.write(content)
    assert bench.read() == content


@pytest.mark.parametrize("photo_bytes", [0, 1, 230, 231, 232, 248, 249, 462, 4862])
def test_every_size_of_a_photo_is_read_back(chip_bench: Any, photo_bytes: int) -> None:
    bench = chip_bench()
    bench.write(bench.files(photo_bytes=photo_bytes))
    assert bench.read() == bench.files(photo_bytes=photo_bytes)


def test_a_full_chip_is_written_and_read(chip_bench: Any) -> None:
    bench = chip_bench()
    full = ChipFiles(bytes(4862), b"x" * 766, b"s" * 1022, (b"1" * 638, b"2" * 638), b"d" * 126)
    bench.write(full)
    assert bench.read() == full


def test_nothing_that_travels_is_longer_than_one_frame(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.write(bench.files(photo_bytes=4862))
    wire = bench.sent + bench.heard
    bench.read()
    # A T=CL frame of 256 bytes carries 253.
    assert max(len(message) for message in wire + bench.sent + bench.heard) <= 253


def test_the_commands_are_those_that_public_readers_send(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.write(bench.files())
    bench.read()
    plain = [apdu.hex().upper() for apdu in bench.sent if apdu[0] != 0x0C]
    assert plain[:4] == [
        PUBLIC["get_uid"],
        PUBLIC["select_directory"],
        PUBLIC["select_card_control"],
        PUBLIC["read_card_control"],
    ]
    assert plain[4] == PUBLIC["select_photo"]
    assert plain[-2] == PUBLIC["get_challenge"]
    # Public readers send no Le here; ISO/IEC 7816-4 has one, as an answer of 40 bytes is wanted.
    assert plain[-1].startswith(PUBLIC["authenticate_header"])
    assert len(bytes.fromhex(plain[-1])) == 5 + 40 + 1


def test_what_is_secured_never_travels_in_the_clear(chip_bench: Any) -> None:
    bench = chip_bench()
    content = bench.files()
    bench.write(content)
    wire = b"".join(bench.sent + bench.heard)
    bench.read()
    wire += b"".join(bench.sent + bench.heard)
    assert content.photo[:64] in wire  # read back plainly: it is free
    secret = (content.biodata, content.signature, *content.minutiae, content.issuer_signature)
    assert not any(body[at : at + 16] in wire for body in secret for at in range(len(body) - 16))


def test_a_type_b_chip_tells_its_identifier_itself(chip_bench: Any) -> None:
    bench = chip_bench(chip_bench.type_b_identifier)
    assert bench.identify().identifier == chip_bench.type_b_identifier
    assert PUBLIC["get_type_b_identifier"] in [apdu.hex().upper() for apdu in bench.sent]
    bench.write(bench.files())
    assert bench.read() == bench.files()


def test_a_type_a_identifier_is_the_uid_behind_80(chip_bench: Any) -> None:
    assert chip_bench().identify().identifier == chip_bench.identifier


def test_the_atr_is_one_that_pcscd_accepted() -> None:
    assert contactless_atr(bytes.fromhex(PUBLIC["historical_bytes"])).hex().upper() == PUBLIC["contactless_atr"]


def test_a_wrong_key_is_refused_and_leaves_the_blank_untouched(chip_bench: Any) -> None:
    bench = chip_bench()
    with pytest.raises(DeviceFault, match="6300") as refusal:
        bench.write(bench.files(), master_key=OTHER_KEY)
    assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_REFUSED, CardFate.UNTOUCHED)
    assert bench.identify().life is ChipLife.BLANK


def test_a_false_chip_without_the_key_is_refused_untouched(chip_bench: Any) -> None:
    bench = chip_bench(key=bytes(range(16)))
    with pytest.raises(DeviceFault) as refusal:
        bench.write(bench.files())
    assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_REFUSED, CardFate.UNTOUCHED)


def test_a_chip_that_only_repeats_our_token_is_refused_untouched(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.power()

    def echo(apdu: bytes) -> bytes:
        answer = bench.transmit(apdu)
        return apdu[5:45] + b"\x90\x00" if apdu[1] == 0x82 else answer

    with pytest.raises(DeviceFault) as refusal:
        converse(bench.profile.write(bench.files(), MemoryModule(PUBLISHED_TEST_MASTER_KEY)), echo)
    assert (refusal.value.code, refusal.value.card) == (FaultCode.MODULE_REFUSED, CardFate.UNTOUCHED)


def test_a_finished_chip_is_never_written_again(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.write(bench.files(1))
    with pytest.raises(DeviceFault) as refusal:
        bench.write(bench.files(2))
    assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_ALREADY_WRITTEN, CardFate.UNTOUCHED)
    assert bench.read() == bench.files(1)


def test_a_blocked_chip_is_refused_as_spent(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.chip.eeprom.set_life(ChipLife.BLOCKED)
    assert bench.identify().life is ChipLife.BLOCKED
    for act in (lambda: bench.write(bench.files()), bench.read, bench.read_photo):
        with pytest.raises(DeviceFault) as refusal:
            act()
        assert refusal.value.card is CardFate.SPENT


@pytest.mark.parametrize("status", ["6A82", "6A86", "6D00", "6E00"])
def test_a_chip_of_another_kind_is_a_value_and_cannot_be_written(chip_bench: Any, status: str) -> None:
    def stranger(apdu: bytes) -> bytes:
        return bytes.fromhex("04A1B2C3" + "9000") if apdu[0] == 0xFF else bytes.fromhex(status)

    bench = chip_bench()
    seen = converse(bench.profile.identify(), stranger)
    assert (seen.identifier, seen.life) == (bytes.fromhex("04A1B2C3"), ChipLife.FOREIGN)
    with pytest.raises(DeviceFault) as refusal:
        converse(bench.profile.write(bench.files(), object()), stranger)
    assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_FOREIGN, CardFate.UNTOUCHED)


@pytest.mark.parametrize("damage", [(0, 0xFF), (2, 0x01), (6, 0x01), (7, 0x02), (7, 0x80)])
def test_a_damaged_card_control_file_makes_the_chip_foreign(chip_bench: Any, damage: tuple[int, int]) -> None:
    bench = chip_bench()
    at, bits = damage
    bench.chip.eeprom.files[0x6FF0][at] ^= bits
    assert bench.identify().life is ChipLife.FOREIGN


def test_a_blank_has_nothing_to_read(chip_bench: Any) -> None:
    bench = chip_bench()
    for act in (bench.read, bench.read_photo):
        with pytest.raises(DeviceFault) as refusal:
            act()
        assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_DATA_WRONG, CardFate.UNTOUCHED)


def test_a_length_beyond_the_file_is_wrong_data(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.write(bench.files())
    bench.chip.eeprom.files[0x6FF1][0] = 0xFF
    with pytest.raises(DeviceFault) as refusal:
        bench.read()
    assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_DATA_WRONG, CardFate.SPENT)


@pytest.mark.parametrize("field", ["photo", "biodata", "signature", "minutiae", "issuer_signature"])
def test_files_that_do_not_fit_are_refused_before_any_command(chip_bench: Any, field: str) -> None:
    bench = chip_bench()
    small = {"photo": b"p", "biodata": b"b", "signature": b"s", "minutiae": (b"m",), "issuer_signature": b"i"}
    large = ChipFiles(**{**small, field: (bytes(6000),) if field == "minutiae" else bytes(6000)})
    for act in (lambda: bench.profile.check_fits(large), lambda: bench.write(large)):
        with pytest.raises(DeviceFault, match=r"6000 of .* of 8192 bytes") as refusal:
            act()
        assert (refusal.value.code, refusal.value.card) == (FaultCode.CHIP_TOO_SMALL, CardFate.UNTOUCHED)
    assert bench.sent == []


@pytest.mark.parametrize("minutiae", [(b"",), (b"1", b"2", b"3")])
def test_templates_that_no_chip_can_hold_are_our_bug(chip_bench: Any, minutiae: tuple[bytes, ...]) -> None:
    with pytest.raises(LocalProtocolError, match="minutiae"):
        chip_bench().profile.check_fits(ChipFiles(b"", b"", b"", minutiae, b""))


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_that_cannot_be_read_is_said_so(chip_bench: Any, raw: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as refusal:
        converse(chip_bench().profile.identify(), lambda _: raw)
    assert refusal.value.card is CardFate.UNTOUCHED


def test_an_unprotected_success_in_the_middle_of_a_write_is_refused(chip_bench: Any) -> None:
    bench = chip_bench()
    bench.power()
    module = MemoryModule(PUBLISHED_TEST_MASTER_KEY)
    with pytest.raises(DeviceFault) as refusal:
        converse(
            bench.profile.write(bench.files(), module),
            lambda apdu: b"\x90\x00" if apdu[:2] == b"\x0c\xd6" else bench.transmit(apdu),
        )
    assert (refusal.value.code, refusal.value.card) == (FaultCode.MODULE_REFUSED, CardFate.IN_DOUBT)


@given(data=st.data())
def test_no_answer_breaks_a_conversation_with_anything_but_a_device_error(data: st.DataObject, chip_bench: Any) -> None:
    bench, answered = chip_bench(), itertools.count(1)
    wrong_at = data.draw(st.integers(1, 24))
    wrong = data.draw(st.binary(max_size=60) | st.sampled_from([b"\x90\x00", b"\x61\x10", bytes(40) + b"\x90\x00"]))
    if is_reading := data.draw(st.booleans()):
        bench.write(bench.files())

    def transmit(apdu: bytes) -> bytes:
        return wrong if next(answered) == wrong_at else bench.transmit(apdu)

    module = MemoryModule(PUBLISHED_TEST_MASTER_KEY)
    bench.power()
    try:
        converse(bench.profile.read(module) if is_reading else bench.profile.write(bench.files(), module), transmit)
    except DeviceError as error:
        # Once a file was written the blank is not called untouched any more.
        assert error.card is not CardFate.UNTOUCHED or bench.chip.life is not ChipLife.INCOMPLETE  # noqa: PT017


def test_no_content_shows_in_any_error_or_repr(chip_bench: Any) -> None:
    bench = chip_bench()
    content = ChipFiles(b"PHOTO" * 2000, b"NIK3171234567890123", b"s", (), b"")
    with pytest.raises(DeviceFault) as refusal:
        bench.write(content)
    shown = f"{refusal.value!r} {refusal.value} {refusal.value.detail} {content!r}"
    assert "PHOTO" not in shown
    assert "NIK" not in shown
