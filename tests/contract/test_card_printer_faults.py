"""Whatever goes wrong in a card printer, over real TCP, the station learns what became of the card."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from drivers.contracts.card_printer import Bitmap, CardPlace, CardPrinter, Panel
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.printers.evolis.driver import EvolisPrinter
from drivers.transports.tcp import TcpTransport
from tests.contract.printer_office import Office, face, office

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


def test_a_feeder_that_picks_nothing_keeps_its_blanks_until_they_are_reseated(
    printer: CardPrinter, printer_office: Office
) -> None:
    held = printer_office.hands("status")["blanks"]
    printer_office.hands("fault hopper-empty@card=1")
    for _ in range(2):
        assert fault_of(printer.load_blank) == (FaultCode.HOPPER_EMPTY, CardFate.UNTOUCHED)
    assert printer_office.hands("status")["blanks"] == held
    printer_office.hands("reseat-blanks")
    assert printer.status().faults == ()
    printer.load_blank()
    assert (printer.status().cards_in, printer_office.hands("status")["blanks"]) == (1, held - 1)


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
