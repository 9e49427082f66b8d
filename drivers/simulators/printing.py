"""The printer's process: an Evolis printer over TCP, its blanks and their chips, its trays, and the hands at them."""

from __future__ import annotations

import argparse
import hashlib
import socketserver
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.chips.ktp_el.simulator import KtpElChip
from drivers.printers.evolis.received import Command, Pixels
from drivers.printers.evolis.simulator import Connection, EvolisSimulator
from drivers.simulators.card_pictures import save_back, save_front
from drivers.simulators.control import ControlServer, Verb
from drivers.simulators.faults import FaultPlan, parse_faults
from drivers.simulators.field import Field
from drivers.simulators.lifetime import announce, wait_for_end

IDLE_S = 120.0  # a line on which nobody speaks


@dataclass(slots=True)
class Card:
    """A blank and what becomes of it; it keeps its chip wherever it lies."""

    number: int
    chip: KtpElChip
    is_printed: bool = False

    def described(self) -> dict[str, Any]:
        return {"card": self.number, "chip": self.chip.identifier.hex(), "printed": self.is_printed}


@dataclass(slots=True)
class Places:
    """Where the cards lie that are no longer in the printer."""

    tray: list[Card] = field(default_factory=list)
    reject_box: list[Card] = field(default_factory=list)
    taken_out: list[Card] = field(default_factory=list)  # by hand, after a jam


class Room:
    """The cards of the printer and the field of its reader: the `CardPath` of the device."""

    def __init__(self, seed: str, faults: FaultPlan, contactless: Field, pictures: Path | None) -> None:
        self._seed, self._faults, self._field, self._pictures = seed, faults, contactless, pictures
        self._lock = threading.RLock()
        self._cards: dict[int, Card] = {}
        self.places = Places()
        self._presented: Card | None = None

    # -- the card path ------------------------------------------------------------------------------------------

    def at_encoder(self, number: int) -> None:
        with self._lock:
            card = self._card(number)
            if self._faults.fires("flip-bit", "card", number):
                card.chip.flip_bit_in_next_body()
            self._presented = None
            self._field.enter(card.chip)

    def left_encoder(self, number: int) -> None:  # noqa: ARG002
        self._field.leave()

    def printed(self, number: int, face: Pixels) -> None:
        with self._lock:
            self._card(number).is_printed = True
        if self._pictures is not None:
            save_front(self._pictures, number, face)
            save_back(self._pictures, number)

    def came_out(self, number: int, *, rejected: bool) -> None:
        with self._lock:
            place = self.places.reject_box if rejected else self.places.tray
            place.append(self._card(number))

    def taken_out(self, number: int) -> None:
        with self._lock:
            self.places.taken_out.append(self._card(number))

    # -- hands --------------------------------------------------------------------------------------------------

    def present(self, index: int) -> dict[str, Any]:
        """A person lays a card from the tray on the reader, as at a desk or at hand-over."""
        with self._lock:
            if self._field.is_occupied and self._presented is None:
                raise ValueError("a card is at the contactless station of the printer")
            if not 0 <= index < len(self.places.tray):
                raise ValueError(f"no card {index} in the tray, which holds {len(self.places.tray)}")
            self._presented = self.places.tray[index]
            self._field.enter(self._presented.chip)
            return self._presented.described()

    def withdraw(self) -> None:
        with self._lock:
            if self._presented is not None:
                self._presented = None
                self._field.leave()

    def described(self) -> dict[str, Any]:
        with self._lock:
            return {
                "tray": [card.described() for card in self.places.tray],
                "reject_box": [card.described() for card in self.places.reject_box],
                "taken_out": [card.described() for card in self.places.taken_out],
                "presented": self._presented.described() if self._presented else None,
            }

    def identifier_of(self, number: int) -> str:
        with self._lock:
            return self._card(number).chip.identifier.hex()

    def _card(self, number: int) -> Card:
        if number not in self._cards:
            self._cards[number] = Card(number, KtpElChip(chip_identifier(self._seed, number), faults=self._faults))
        return self._cards[number]


def chip_identifier(seed: str, number: int) -> bytes:
    """Eight bytes that the seed and the blank's number decide; 80 in front marks a type A chip."""
    return b"\x80" + hashlib.sha256(f"{seed}/{number}".encode()).digest()[:7]


class SharedPrinter:
    """The device as its lines and the hands share it: one command or one hand at a time; in a motion it is busy.

    What is only looked at (`device.stock`, `device.station`) does not wait, and neither does the cover.
    """

    def __init__(self, device: EvolisSimulator) -> None:
        self.device = device
        self._lock = threading.Lock()

    def connection(self) -> Connection:
        return Connection(self._obey)

    def _obey(self, command: Command) -> str:
        with self._lock:
            return self.device.obey(command)

    def load_blanks(self, count: int) -> None:
        with self._lock:
            self.device.load_blanks(count)

    def reseat_blanks(self) -> None:
        with self._lock:
            self.device.reseat_blanks()

    def new_ribbon(self) -> None:
        with self._lock:
            self.device.new_ribbon()

    def clear_jam(self) -> int | None:
        with self._lock:
            return self.device.clear_jam()

    def empty_reject_box(self) -> None:
        with self._lock:
            self.device.empty_reject_box()


class PrinterServer:
    """Serves the device on 127.0.0.1: one connection a command with half-close, or one that stays."""

    def __init__(self, printer: SharedPrinter, port: int) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.settimeout(IDLE_S)
                try:
                    _serve(self.request, printer)
                except OSError:
                    return  # the other side went away; a motion already begun is done all the same

        self._server = _Server(("127.0.0.1", port), Handler)
        self.endpoint = f"tcp://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="printer", daemon=True).start()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _serve(line: Any, printer: SharedPrinter) -> None:
    connection = printer.connection()
    while data := line.recv(65536):
        line.sendall(connection.receive(data))
        if connection.is_over:
            return
    if connection.is_silent:
        time.sleep(IDLE_S)  # the line stays open, in this thread only, longer than anybody waits
    line.sendall(connection.end())


def verbs(printer: SharedPrinter, room: Room, faults: FaultPlan) -> Mapping[str, Verb]:
    """What hands can do at the printer; the answers are for the office and for tests."""
    return {
        "status": lambda _: _status(printer.device, room, faults),
        "load-blanks": lambda text: _done(printer.load_blanks, _count(text)),
        "reseat-blanks": lambda _: _done(printer.reseat_blanks),
        "new-ribbon": lambda _: _done(printer.new_ribbon),
        "clear-jam": lambda _: _clear_jam(printer, room),
        "open-cover": lambda _: _set_cover(printer.device, is_open=True),
        "close-cover": lambda _: _set_cover(printer.device, is_open=False),
        "empty-reject-box": lambda _: _done(printer.empty_reject_box),
        "fault": lambda text: _done(faults.add, parse_faults(text)),
        "present": lambda text: room.present(_count(text)),
        "withdraw": lambda _: _done(room.withdraw),
    }


def _status(device: EvolisSimulator, room: Room, faults: FaultPlan) -> dict[str, Any]:
    inside = device.card
    return {
        "blanks": device.stock.blanks,
        "ribbon_cards": device.stock.ribbon_cards,
        "cards_in": device.stock.cards_in,
        "panels_printed": device.stock.panels_printed,
        "inside": None if inside is None else {"card": inside, "chip": room.identifier_of(inside)},
        "station": device.station.name.lower(),
        "jammed": device.is_jammed,
        "cover_open": device.is_cover_open,
        "faults": [f"{fault.name}@{fault.where}={fault.n}" for fault in faults.pending()],
        **room.described(),
    }


def _clear_jam(printer: SharedPrinter, room: Room) -> dict[str, Any]:
    number = printer.clear_jam()
    if number is not None:
        room.taken_out(number)
    return {"taken_out": number}


def _set_cover(device: EvolisSimulator, *, is_open: bool) -> dict[str, Any]:
    device.is_cover_open = is_open
    return {}


def _done(deed: Callable[..., None], *arguments: Any) -> dict[str, Any]:
    deed(*arguments)
    return {}


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise ValueError(f"{text!r} is not a number from 0 to 999999")
    return int(text)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="printer", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="for the printer; 0 picks one")
    parser.add_argument("--seed", default="1", help="decides the identifiers of the chips")
    parser.add_argument("--blanks", type=int, default=100, help="in the hopper at the start")
    parser.add_argument("--vpcd", type=_address, metavar="HOST:PORT", help="where the station's chip reader listens")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="gets both sides of each printed card as PNG")
    parser.add_argument("--faults", default="", help="as in faults.py, e.g. 'ribbon-out@card=2, jam@card=3'")
    parser.add_argument(
        "--pace", type=float, default=0.0, help="1: feed 3 s, move 2 s, print 20 s, eject 2 s; 0: no waits"
    )
    options = parser.parse_args(argv)
    try:
        options.faults = FaultPlan(parse_faults(options.faults))
    except ValueError as error:
        parser.error(str(error))
    return options


def main(argv: Sequence[str]) -> int:
    options = _options(argv)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    contactless = Field(options.vpcd)
    room = Room(options.seed, options.faults, contactless, options.pictures)
    printer = SharedPrinter(
        EvolisSimulator(
            room,
            fires=options.faults.fires,
            pace=lambda seconds: time.sleep(seconds * options.pace),
            blanks=options.blanks,
            serial=f"SIM-{options.seed}",
        )
    )
    server = PrinterServer(printer, options.port)
    control = ControlServer(verbs(printer, room, options.faults))
    announce(server.endpoint, control.endpoint)
    wait_for_end()
    contactless.leave()
    return 0  # the servers' threads are daemons: they end with the process
