"""What a station may rely on from any card printer, over real TCP against the simulated one in its own process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from drivers.contracts.card_printer import Bitmap, CardPlace, CardPrinter, Panel
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.printers.evolis.driver import AfterPrint, EvolisPrinter, Habit
from drivers.simulators.control import ask
from drivers.transports.tcp import TcpTransport

WIDTH, HEIGHT = 1016, 648


@dataclass
class Office:
    """The printer's process, its hands, and a driver to it."""

    endpoint: str
    control: str
    process: subprocess.Popen[str]

    def hands(self, line: str) -> dict[str, Any]:
        return ask(self.control, line)

    def driver(
        self, habit: Habit = "per_command", after_print: AfterPrint = "deliver", levels: int = 256
    ) -> CardPrinter:
        return EvolisPrinter(TcpTransport(self.endpoint), habit=habit, after_print=after_print, colour_levels=levels)


@contextmanager
def office(*options: str) -> Iterator[Office]:
    command = [sys.executable, "-m", "drivers.simulators", "printer", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            ready = json.loads(process.stdout.readline())
            yield Office(ready["endpoint"], ready["control"], process)
        finally:
            process.stdin.close()
            assert process.wait(20) == 0


@pytest.fixture
def printer_office(tmp_path: Path) -> Iterator[Office]:
    with office("--blanks", "5", "--seed", "7", "--pictures", str(tmp_path / "pictures")) as running:
        yield running


@pytest.fixture(params=["per_command", "long_lived"])
def printer(printer_office: Office, request: pytest.FixtureRequest) -> Iterator[CardPrinter]:
    device = printer_office.driver(request.param)
    yield device
    device.close()


def bitmap(pixels: np.ndarray) -> Bitmap:
    return Bitmap(WIDTH, HEIGHT, pixels.astype(np.uint8).tobytes())


def face() -> dict[Panel, Bitmap]:
    ramp = np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1))
    text = np.zeros((HEIGHT, WIDTH))
    text[40:90, 60:500] = 255
    return {
        Panel.YELLOW: bitmap(ramp),
        Panel.MAGENTA: bitmap(ramp[:, ::-1]),
        Panel.CYAN: bitmap(np.zeros((HEIGHT, WIDTH))),
        Panel.BLACK: bitmap(text),
        Panel.OVERLAY: bitmap(np.full((HEIGHT, WIDTH), 255)),
    }


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


# -- our own mistakes -------------------------------------------------------------------------------------------


def test_printing_without_a_card_is_our_mistake_and_moves_nothing(printer: CardPrinter) -> None:
    with pytest.raises(LocalProtocolError):
        printer.print_front(face())
    assert printer.status().cards_in == 0


def test_bitmap_of_another_size_is_our_mistake_and_prints_nothing(printer: CardPrinter) -> None:
    printer.load_blank()
    with pytest.raises(LocalProtocolError):
        printer.print_front({Panel.BLACK: Bitmap(10, 10, bytes(100))})
    assert printer.status().panels_printed == 0


# -- faults -----------------------------------------------------------------------------------------------------


def fault_of(deed: Callable[[], object]) -> tuple[FaultCode, CardFate]:
    with pytest.raises(DeviceFault) as caught:
        deed()
    return caught.value.code, caught.value.card


def test_empty_hopper_touches_no_blank_and_ends_when_blanks_are_loaded(
    printer: CardPrinter, printer_office: Office
) -> None:
    printer_office.hands("fault hopper-empty@card=1")
    assert fault_of(printer.load_blank) == (FaultCode.HOPPER_EMPTY, CardFate.UNTOUCHED)
    assert printer.status().faults == (FaultCode.HOPPER_EMPTY,)
    printer_office.hands("load-blanks 10")
    printer.load_blank()
    assert printer.status().cards_in == 1


def test_jam_while_feeding_leaves_the_blank_untouched(printer: CardPrinter, printer_office: Office) -> None:
    printer_office.hands("fault jam@card=1")
    assert fault_of(printer.load_blank) == (FaultCode.CARD_JAM, CardFate.UNTOUCHED)
    assert FaultCode.CARD_JAM in printer.status().faults
    printer_office.hands("clear-jam")
    assert printer.status().faults == ()
    printer.load_blank()
    assert printer.status().cards_in == 2


def test_jam_while_printing_spends_the_card(printer: CardPrinter, printer_office: Office) -> None:
    printer_office.hands("fault jam-printing@card=1")
    printer.load_blank()
    assert fault_of(lambda: printer.print_front(face())) == (FaultCode.CARD_JAM, CardFate.SPENT)
    assert fault_of(printer.reject) == (FaultCode.CARD_JAM, CardFate.SPENT)
    printer_office.hands("clear-jam")
    printer.reject()
    assert printer_office.hands("status")["taken_out"][0]["printed"]


def test_ribbon_runs_out_while_printing_spends_the_card(printer: CardPrinter, printer_office: Office) -> None:
    printer_office.hands("fault ribbon-out@card=1")
    printer.load_blank()
    assert fault_of(lambda: printer.print_front(face())) == (FaultCode.RIBBON_OUT, CardFate.SPENT)
    assert printer.status().faults == (FaultCode.RIBBON_OUT,)
    printer_office.hands("new-ribbon")
    assert printer_office.hands("status")["tray"] == []  # it did not run the card again by itself
    printer.reject()
    printer.load_blank()
    printer.print_front(face())
    room = printer_office.hands("status")
    assert ([card["card"] for card in room["reject_box"]], [card["card"] for card in room["tray"]]) == ([1], [2])


def test_cover_opened_before_printing_leaves_the_card_in_doubt(printer: CardPrinter, printer_office: Office) -> None:
    printer.load_blank()
    printer_office.hands("open-cover")
    assert fault_of(lambda: printer.print_front(face())) == (FaultCode.COVER_OPEN, CardFate.IN_DOUBT)
    assert printer.status().faults == (FaultCode.COVER_OPEN,)
    printer_office.hands("close-cover")
    printer.print_front(face())
    assert printer.status().faults == ()


def test_presenting_a_card_that_is_not_there_is_a_fault(printer: CardPrinter) -> None:
    assert fault_of(printer.present_to_encoder) == (FaultCode.NO_CARD, CardFate.IN_DOUBT)


def test_reply_lost_after_feeding_leaves_the_card_in_doubt_and_inside(
    printer: CardPrinter, printer_office: Office
) -> None:
    printer_office.hands("fault lost-reply@card=1")
    with pytest.raises(TransportError) as caught:
        printer.load_blank()
    assert caught.value.card is CardFate.IN_DOUBT
    printer.load_blank()
    status = printer.status()
    assert (status.card, status.cards_in) == (CardPlace.AT_ENCODER, 1)


def test_reply_lost_after_printing_leaves_the_card_in_doubt_and_the_counter_tells(
    printer: CardPrinter, printer_office: Office
) -> None:
    printer_office.hands("fault lost-print-reply@card=1")
    printer.load_blank()
    with pytest.raises(TransportError) as caught:
        printer.print_front(face())
    assert caught.value.card is CardFate.IN_DOUBT
    status = printer.status()
    assert (status.card, status.panels_printed) == (CardPlace.NONE, 5)


def test_silent_printer_is_given_up_at_the_deadline(printer: CardPrinter, printer_office: Office) -> None:
    printer_office.hands("fault silent@card=1")
    with pytest.raises(TransportError, match="deadline") as caught:
        printer.load_blank(timeout_s=0.5)
    assert caught.value.card is CardFate.IN_DOUBT
    assert printer.status().card is CardPlace.AT_ENCODER


def test_noise_instead_of_a_reply_is_kept_and_leaves_the_card_in_doubt(
    printer: CardPrinter, printer_office: Office
) -> None:
    printer_office.hands("fault garbage-reply@card=1")
    with pytest.raises(RemoteProtocolError) as caught:
        printer.load_blank()
    assert caught.value.card is CardFate.IN_DOUBT
    assert b"\xfe\x07\x81" in caught.value.raw
    assert printer.status().card is CardPlace.AT_ENCODER


def test_refused_connection_touches_no_card() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        endpoint = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
    printer = EvolisPrinter(TcpTransport(endpoint))
    with pytest.raises(TransportError) as caught:
        printer.load_blank()
    assert caught.value.card is CardFate.UNTOUCHED


def test_printer_that_dies_after_the_print_command_leaves_the_card_in_doubt() -> None:
    with office("--blanks", "1", "--pace", "0.2") as running:
        printer = running.driver()
        printer.load_blank()
        caught: list[TransportError] = []

        def prints() -> None:
            with pytest.raises(TransportError) as error:
                printer.print_front(face())
            caught.append(error.value)

        thread = threading.Thread(target=prints)
        thread.start()
        assert running.process.stdin
        while running.hands("status")["station"] != "print":
            pass
        running.process.stdin.close()
        thread.join(20)
    assert [error.card for error in caught] == [CardFate.IN_DOUBT]


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
