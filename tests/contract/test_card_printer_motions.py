"""What a station may rely on from any card printer on a good day, over real TCP: where cards go and what is on them."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drivers.contracts.card_printer import CardPlace, CardPrinter, Panel
from tests.contract.printer_office import HEIGHT, WIDTH, Office, face, office

# -- the good day -----------------------------------------------------------------------------------------------


def test_ready_printer_has_no_faults_and_no_card(printer: CardPrinter) -> None:
    status = printer.status()
    assert (status.faults, status.card) == ((), CardPlace.NONE)
    assert (status.cards_in, status.panels_printed, status.ribbon_cards_left) == (0, 0, 200)


def test_facts_tell_what_the_printer_is(printer: CardPrinter) -> None:
    facts = printer.facts()
    assert (facts.model, facts.serial, facts.dpi) == ("evolis", "SIM-7", 300)
    assert (facts.width_px, facts.height_px) == (WIDTH, HEIGHT)
    assert facts.encodes_inside
    assert facts.counts_cards
    assert not facts.holds_card_after_print


def test_loaded_blank_is_at_the_encoder_and_loading_again_takes_no_other(printer: CardPrinter) -> None:
    printer.load_blank()
    printer.load_blank()
    printer.present_to_encoder()
    status = printer.status()
    assert (status.card, status.cards_in) == (CardPlace.AT_ENCODER, 1)


def test_printed_card_is_delivered_with_the_face_that_was_sent(
    printer: CardPrinter, printer_office: Office, tmp_path: Path
) -> None:
    printer.load_blank()
    printer.print_front(face())
    assert printer.status().card is CardPlace.NONE
    assert [card["printed"] for card in printer_office.hands("status")["tray"]] == [True]
    picture = np.asarray(Image.open(tmp_path / "pictures/card-0001-front.png")).astype(int)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture[60, 300].tolist() == [0, 0, 0]
    ramp = np.linspace(0, 255, WIDTH)
    for column in (0, 700, 1015):
        red, green, blue = picture[500, column]
        assert red == 255
        assert abs(green - (255 - ramp[1015 - column])) <= 3
        assert abs(blue - (255 - ramp[column])) <= 3
    assert (tmp_path / "pictures/card-0001-back.png").exists()


def test_counters_rise_by_one_card_and_five_panels(printer: CardPrinter) -> None:
    for number in (1, 2):
        printer.load_blank()
        printer.print_front(face())
        status = printer.status()
        assert (status.cards_in, status.panels_printed, status.ribbon_cards_left) == (number, number * 5, 200 - number)


def test_rejected_card_lies_in_the_reject_box(printer: CardPrinter, printer_office: Office) -> None:
    printer.load_blank()
    printer.reject()
    printer.reject()
    room = printer_office.hands("status")
    assert (len(room["reject_box"]), len(room["tray"])) == (1, 0)


def test_deliver_and_reject_do_nothing_when_no_card_is_inside(printer: CardPrinter, printer_office: Office) -> None:
    printer.deliver()
    printer.reject()
    assert printer_office.hands("status")["cards_in"] == 0


def test_delivering_twice_delivers_one_card(printer: CardPrinter, printer_office: Office) -> None:
    printer.load_blank()
    printer.deliver()
    printer.deliver()
    assert len(printer_office.hands("status")["tray"]) == 1


def test_panel_left_out_is_blank_and_not_that_of_the_card_before(printer_office: Office, tmp_path: Path) -> None:
    printer = printer_office.driver()
    for panels in (face(), {Panel.OVERLAY: face()[Panel.OVERLAY]}):
        printer.load_blank()
        printer.print_front(panels)
    assert np.asarray(Image.open(tmp_path / "pictures/card-0002-front.png")).min() == 255


@pytest.mark.parametrize("levels", [32, 64, 128])
def test_other_colour_depths_print_the_same_picture(printer_office: Office, tmp_path: Path, levels: int) -> None:
    printer = printer_office.driver(levels=levels)
    printer.load_blank()
    printer.print_front(face())
    picture = np.asarray(Image.open(tmp_path / "pictures/card-0001-front.png")).astype(int)
    wanted = 255 - np.linspace(0, 255, WIDTH)
    assert np.abs(picture[500, :, 2] - wanted).max() <= 255 / (levels - 1) + 1


def test_printer_that_holds_its_cards_lets_the_chip_be_read_once_more(printer_office: Office) -> None:
    printer = printer_office.driver(after_print="hold")
    assert printer.facts().holds_card_after_print
    printer.load_blank()
    printer.print_front(face())
    assert printer.status().card is CardPlace.INSIDE
    printer.present_to_encoder()
    assert printer.status().card is CardPlace.AT_ENCODER
    printer.reject()
    assert len(printer_office.hands("status")["reject_box"]) == 1


def test_delivering_driver_gets_the_card_out_of_a_printer_left_holding(printer_office: Office) -> None:
    holding = printer_office.driver(after_print="hold")
    holding.load_blank()
    holding.print_front(face())
    holding.deliver()
    printer = printer_office.driver()
    printer.load_blank()
    printer.print_front(face())
    assert len(printer_office.hands("status")["tray"]) == 2


def test_new_driver_finds_the_card_that_an_earlier_one_left_inside(printer_office: Office) -> None:
    printer_office.driver().load_blank()
    later = printer_office.driver()
    assert later.status().card is CardPlace.AT_ENCODER
    later.reject()
    assert later.status().cards_in == 1


# -- the chip comes into the field ------------------------------------------------------------------------------


def read_exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = line.recv(count - len(data))
        assert piece
        data += piece
    return data


def chip_answer(line: socket.socket, message: bytes) -> bytes:
    """vpcd's wire: a length of two bytes, then as many."""
    line.sendall(len(message).to_bytes(2, "big") + message)
    return read_exactly(line, int.from_bytes(read_exactly(line, 2), "big"))


def vpcd_port(reader: socket.socket) -> str:
    reader.settimeout(10)
    return f"127.0.0.1:{reader.getsockname()[1]}"


def test_chip_is_in_the_field_only_while_its_card_is_at_the_encoder_or_laid_on_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reader, office("--vpcd", vpcd_port(reader)) as running:
        printer = running.driver()
        printer.load_blank()
        inside = running.hands("status")["inside"]
        with reader.accept()[0] as line:
            line.settimeout(10)
            assert chip_answer(line, b"\x04")[:1] == b"\x3b"  # the ATR
            printer.print_front(face())
            assert line.recv(1) == b""
        assert running.hands("status")["tray"][0]["chip"] == inside["chip"]
        running.hands("present 0")
        with reader.accept()[0] as line:
            line.settimeout(10)
            assert chip_answer(line, b"\x04")[:1] == b"\x3b"
            running.hands("withdraw")
            assert line.recv(1) == b""


def test_laying_a_card_on_a_reader_that_is_busy_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reader, office("--vpcd", vpcd_port(reader)) as running:
        running.driver().load_blank()
        with pytest.raises(ValueError, match="contactless station"):
            running.hands("present 0")


def test_seed_decides_the_chips() -> None:
    chips = []
    for seed in ("7", "7", "8"):
        with office("--seed", seed) as running:
            running.driver().load_blank()
            chips.append(running.hands("status")["inside"]["chip"])
    assert chips[0] == chips[1] != chips[2]
    assert len(bytes.fromhex(chips[0])) == 8
