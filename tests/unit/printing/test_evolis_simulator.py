"""The simulated printer by itself: it reads any stream in any pieces, and moves cards as the guide says."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printers.evolis.received import (
    COMMAND_MAX_BYTES,
    Command,
    CommandReader,
    print_on_white,
    read_compressed_mono,
    read_panel,
)
from drivers.printers.evolis.simulator import EvolisSimulator
from drivers.simulators.faults import FaultPlan, parse_faults

BLANK_MONO = b"\x1bDbc;k;2;1016;" + bytes(1016) + b"\r"


class Diary:
    """What happened to the cards, in words."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.faces: list[np.ndarray] = []

    def at_encoder(self, number: int) -> None:
        self.lines.append(f"{number} at encoder")

    def left_encoder(self, number: int) -> None:
        self.lines.append(f"{number} left encoder")

    def printed(self, number: int, face: np.ndarray) -> None:
        self.faces.append(face)
        self.lines.append(f"{number} printed")

    def came_out(self, number: int, *, rejected: bool) -> None:
        self.lines.append(f"{number} {'rejected' if rejected else 'delivered'}")


def device(
    diary: Diary, faults: str = "", blanks: int = 3, pace: Callable[[float], None] = lambda _: None
) -> EvolisSimulator:
    return EvolisSimulator(diary, fires=FaultPlan(parse_faults(faults)).fires, pace=pace, blanks=blanks, serial="T")


def say(printer: EvolisSimulator, *commands: str) -> list[str]:
    stream = b"".join(b"\x1b" + command.encode() + b"\r" for command in commands)
    return printer.connection().receive(stream).decode().split("\r\x00")[:-1]


@settings(max_examples=60, deadline=None)
@given(
    noise=st.lists(st.one_of(st.binary(max_size=400), st.just(BLANK_MONO), st.just(b"\x1bRlr;p\r")), max_size=8),
    data=st.data(),
)
def test_any_bytes_in_any_pieces_make_the_same_commands(noise: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(noise)
    whole = CommandReader().receive(stream)
    reader, pieced, at = CommandReader(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, len(stream)))
        pieced += reader.receive(stream[at : at + step])
        at += step
    assert pieced == whole


def test_download_with_carriage_returns_in_its_data_is_one_command() -> None:
    data = b"\r\x1bSe\r" * 16_459 + b"\r"
    assert len(data) == 82_296
    commands = CommandReader().receive(b"\x1bDb;k;2;" + data + b"\r\x1bSe\r")
    assert commands == [Command(("Db", "k", "2"), data), Command(("Se",))]


def test_probe_for_another_family_and_padding_get_no_answer() -> None:
    assert CommandReader().receive(b"\x1cn\x00\x00\x00\x00\x00\x00\x1bRfv\r") == [Command(("Rfv",))]


def test_tags_round_the_commands_of_the_vendors_library_are_passed_over() -> None:
    commands = CommandReader().receive(b"<HEADER>\x1bPsmgr;1\r</HEADER><BINARY Size=9>\x1bSe\r</BINARY>")
    assert commands == [Command(("Psmgr", "1")), Command(("Se",))]


def test_endless_command_becomes_an_error_and_does_not_fill_memory() -> None:
    assert CommandReader().receive(b"A" * (COMMAND_MAX_BYTES * 3)) == [Command(())] * 3


def test_escape_is_not_compulsory() -> None:
    assert CommandReader().receive(b"Rlr;p\r") == [Command(("Rlr", "p"))]


def test_card_goes_to_the_encoder_is_printed_and_comes_out() -> None:
    diary = Diary()
    printer = device(diary)
    assert say(printer, "Pem;2", "Sic", "Rlr;p") == ["OK", "OK", "CONTACTLESS CARD"]
    printer.connection().receive(b"\x1bPr;ymcko\r\x1bSs\r" + BLANK_MONO + b"\x1bSe\r")
    assert diary.lines == ["1 at encoder", "1 left encoder", "1 printed", "1 delivered"]
    assert say(printer, "Rlr;p", "Rco;c", "Rco;p", "Rrt;count") == ["OK", "1", "5", "199"]


def test_a_second_feed_moves_the_card_that_is_inside_and_takes_no_new_one() -> None:
    diary = Diary()
    printer = device(diary)
    say(printer, "Sic", "Si", "Sic")
    assert printer.stock.cards_in == 1
    assert diary.lines == ["1 at encoder", "1 left encoder", "1 at encoder"]


@pytest.mark.parametrize("hold", ["Pneab;A;0", "Pneab;E"])
def test_end_of_sequence_holds_the_card_when_told_to(hold: str) -> None:
    printer = device(Diary())
    assert say(printer, "Sic", hold, "Ss", "Se", "Rlr;p", "Sce", "Rlr;p")[4:] == ["CARD", "OK", "OK"]


def test_job_of_the_vendors_library_prints_its_picture_and_leaves_the_card_inside() -> None:
    diary = Diary()
    printer = device(diary)
    vector = Path(__file__).parents[2] / "vectors/evolis/vendor_stream.prn.z"
    replies = printer.connection().receive(zlib.decompress(vector.read_bytes()))
    assert set(replies.split(b"\r\x00")) == {b"OK", b""}
    expected = np.full((648, 1016, 3), 255, np.uint8)
    expected[50:151, 50:301] = 0
    expected[400:601, 700:951] = (255, 0, 0)
    assert np.array_equal(diary.faces[0], expected)
    assert printer.card == 1


def test_with_pem_0_a_new_ribbon_prints_the_card_again_by_itself() -> None:
    diary = Diary()
    printer = device(diary, "ribbon-out@card=1")
    assert say(printer, "Pem;0", "Sic", "Ss", "Se")[-1] == "ERROR RIBBON"
    printer.new_ribbon()
    assert diary.lines[-3:] == ["1 printed", "1 printed", "1 delivered"]


def test_with_pem_2_a_new_ribbon_moves_nothing() -> None:
    diary = Diary()
    printer = device(diary, "ribbon-out@card=1")
    say(printer, "Pem;2", "Sic", "Ss", "Se")
    printer.new_ribbon()
    assert diary.lines[-1] == "1 printed"
    assert printer.card == 1


def test_jam_stays_until_a_person_takes_the_card_out() -> None:
    printer = device(Diary(), "jam@card=1")
    assert say(printer, "Sic", "Sce", "Ser") == ["CARD JAM"] * 3
    assert printer.clear_jam() == 1
    assert say(printer, "Rlr;p", "Sic") == ["OK", "OK"]


def test_open_cover_stops_every_motion() -> None:
    printer = device(Diary())
    printer.is_cover_open = True
    assert say(printer, "Sic", "Se", "Rse;o") == ["COVER OPEN", "COVER OPEN", "0,00 Volts"]


def test_motions_take_their_time() -> None:
    waits: list[float] = []
    printer = device(Diary(), pace=waits.append)
    say(printer, "Sic", "Ss", "Se")
    assert waits == [3.0, 20.0, 2.0]


def test_full_reject_box_refuses_until_it_is_emptied() -> None:
    printer = device(Diary(), blanks=31)
    for _ in range(30):
        assert say(printer, "Sic", "Ser") == ["OK", "OK"]
    assert say(printer, "Rlr;h", "Sic", "Ser") == ["CARD", "OK", "HOPPER FULL"]
    printer.empty_reject_box()
    assert say(printer, "Ser") == ["OK"]


def test_unknown_and_noisy_commands_are_answered_with_an_error() -> None:
    assert say(device(Diary()), "Xyz", "Pem;9", "Db;k") == ["ERROR CDE", "ERROR PARAMETRES", "ERROR PARAMETRES"]


def test_empty_connection_is_a_status_read() -> None:
    connection = device(Diary()).connection()
    assert connection.end() == b"OK\r"


@pytest.mark.parametrize("data", [b"", bytes(1015), bytes(1017), b"\x52" + bytes(1100), b"\x51" + bytes(40)])
def test_compressed_panel_of_a_wrong_size_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="compressed panel"):
        read_compressed_mono(data)


def test_picture_mixes_dyes_and_lets_resin_cover_all() -> None:
    full = read_panel(128, b"\xff" * 576_072)
    none = np.zeros_like(full)
    assert print_on_white({"y": full, "m": none})[0, 0].tolist() == [255, 255, 0]
    assert print_on_white({"c": full, "y": full})[0, 0].tolist() == [0, 255, 0]
    assert print_on_white({"c": full, "k": full})[0, 0].tolist() == [0, 0, 0]
    assert print_on_white({})[0, 0].tolist() == [255, 255, 255]
