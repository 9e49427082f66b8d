"""An Evolis printer without hardware: hopper, card path, ribbon, counters and faults, behind bytes in and bytes out.

Each blank has a number, from 1 in feeding order. Where it goes is told to `CardPath`, so that its chip can come into
the field. A motion takes its time through `pace`, which may block. The device does one thing at a time: whoever hosts
it lets in one command or one hand at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np

from drivers.printers.evolis.received import (
    Command,
    CommandReader,
    Pixels,
    print_on_white,
    read_compressed_mono,
    read_panel,
)

FEED_S, MOVE_S, PRINT_S, EJECT_S = 3.0, 2.0, 20.0, 2.0  # assumptions; vendors give no such split
RIBBON_CARDS = 200
PANELS_A_CARD = 5
REJECT_BOX_CARDS = 30

Fires = Callable[[str, str, int], bool]


class CardPath(Protocol):
    """What the room sees of a card."""

    def at_encoder(self, number: int) -> None: ...
    def left_encoder(self, number: int) -> None: ...
    def printed(self, number: int, face: Pixels) -> None:
        """`face` is what is now on the card, 648 x 1,016 RGB; of a print that broke off, what it got to."""
        ...

    def came_out(self, number: int, *, rejected: bool) -> None: ...


class Station(StrEnum):
    """Where a card is, in the words of the reply to `Rlr;p`."""

    NOWHERE = "OK"
    PRINT = "CARD"
    CONTACT = "SMART CARD"
    CONTACTLESS = "CONTACTLESS CARD"


class Refusal(Exception):
    """The text that is answered instead of OK."""


class LostReply(Exception):
    """The deed is done; the line carries `noise` instead of a reply, and then ends or falls silent."""

    def __init__(self, noise: bytes = b"", *, silent: bool = False) -> None:
        super().__init__("lost reply")
        self.noise, self.silent = noise, silent


@dataclass(slots=True)
class Stock:
    """What a person fills up, and what only rises."""

    blanks: int
    ribbon_cards: int = RIBBON_CARDS
    cards_in: int = 0
    panels_printed: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Job:
    """The five bitmaps, which outlive the card, and the sequence that is open."""

    bitmaps: dict[str, Pixels] = field(default_factory=dict)
    ribbon: str = "ymcko"
    is_open: bool = False


class EvolisSimulator:
    """One device; `connection()` for each line to it, when nobody else is at it."""

    def __init__(
        self, path: CardPath, *, fires: Fires, pace: Callable[[float], None], blanks: int, serial: str
    ) -> None:
        self._path, self._fires, self._pace, self.serial = path, fires, pace, serial
        self.stock = Stock(blanks)
        self.card: int | None = None
        self.station = Station.NOWHERE
        self.is_jammed = self.is_cover_open = False
        self._error_mode, self._holds = 0, False
        self._job = Job()
        self._is_misfed = False  # the blanks lie askew: none is picked, and the sensor sees none
        self._unfinished = False  # a print that the printer would take up again by itself, were Pem 0

    def connection(self) -> Connection:
        return Connection(self.obey)

    # -- hands --------------------------------------------------------------------------------------------------

    def load_blanks(self, count: int) -> None:
        self.stock.blanks += count
        self._is_misfed = False

    def reseat_blanks(self) -> None:
        """The hopper is opened and its blanks are put straight; none is added."""
        self._is_misfed = False

    def new_ribbon(self) -> None:
        """With `Pem;0` the printer now prints the unfinished card again by itself: the trap that `Pem;2` avoids."""
        self.stock.ribbon_cards = RIBBON_CARDS
        if self._unfinished and self._error_mode == 0 and self.card is not None:
            self._print_card(self.card)
            self._take_out(rejected=False)

    def clear_jam(self) -> int | None:
        """The card that is taken out by hand, if one was jammed."""
        if not self.is_jammed:
            return None
        self.is_jammed, card = False, self.card
        self._go(Station.NOWHERE)
        self.card = None
        return card

    def empty_reject_box(self) -> None:
        self.stock.rejected = 0

    # -- commands -----------------------------------------------------------------------------------------------

    def obey(self, command: Command) -> str:
        """The text of the reply."""
        name, *parameters = command.fields or ("",)
        deed = _DEEDS.get(name)
        if deed is None:
            return "OK" if name in _SETTINGS else "ERROR CDE"
        try:
            return deed(self, parameters, command.data) or "OK"
        except Refusal as refusal:
            return str(refusal)

    def _set_error_mode(self, parameters: list[str], _: bytes) -> None:
        if parameters not in (["0"], ["1"], ["2"]):
            raise Refusal("ERROR PARAMETRES")
        self._error_mode = int(parameters[0])

    def _set_hold(self, parameters: list[str], _: bytes) -> None:
        self._holds = parameters in (["A", "0"], ["E"])

    def _insert(self, station: Station) -> None:
        self._refuse_to_move()
        if self.card is None:
            self._feed()
        else:
            self._pace(MOVE_S)
        self._go(station)
        self._lose_reply_of_feeding()

    def _feed(self) -> None:
        number = self.stock.cards_in + 1
        if self._fires("hopper-empty", "card", number):
            self._is_misfed = True
        if self._is_misfed or not self.stock.blanks:
            raise Refusal("FEEDER EMPTY")
        self._pace(FEED_S)
        self.stock.blanks -= 1
        self.stock.cards_in = self.card = number
        if self._fires("jam", "card", number):
            self._jam()

    def _lose_reply_of_feeding(self) -> None:
        number = self.card or 0
        if self._fires("lost-reply", "card", number):
            raise LostReply
        if self._fires("silent", "card", number):
            raise LostReply(silent=True)
        if self._fires("garbage-reply", "card", number):
            raise LostReply(b"\xfe\x07\x81\x00\x1b?\r\x00")

    def _start(self, *_: object) -> None:
        self._job.is_open = True

    def _download(self, parameters: list[str], data: bytes) -> None:
        try:
            panel, levels = parameters[0], int(parameters[1])
            compressed = len(parameters) == 3
            dots = read_compressed_mono(data) if compressed else read_panel(levels, data)
        except (ValueError, IndexError) as error:
            raise Refusal("ERROR PARAMETRES") from error
        if panel not in self._job.ribbon:
            raise Refusal("ERROR PARAMETRES")
        self._job.bitmaps[panel] = dots

    def _set_ribbon(self, parameters: list[str], _: bytes) -> None:
        if parameters[:1] not in (["ymcko"], ["0"]):  # 0: as its tag says, in the vendor's library
            raise Refusal("ERROR RIBBON")

    def _end(self, *_: object) -> None:
        """End of sequence: prints if one is open, then puts the card out unless told to hold it."""
        self._refuse_to_move()
        if self.card is None:
            self._insert(Station.PRINT)
        number = self.card or 0
        if self._job.is_open:
            self._print_card(number)
        if not self._holds:
            self._take_out(rejected=False)
        if self._fires("lost-print-reply", "card", number):
            raise LostReply

    def _print_card(self, number: int) -> None:
        self._go(Station.PRINT)
        is_ribbon_out = self._fires("ribbon-out", "card", number) or not self.stock.ribbon_cards
        is_jam = self._fires("jam-printing", "card", number)
        self._pace(PRINT_S / PANELS_A_CARD if is_ribbon_out or is_jam else PRINT_S)
        if is_ribbon_out or is_jam:
            self._unfinished = is_ribbon_out
            self._ink(number, {name: dots for name, dots in self._job.bitmaps.items() if name == "y"})
            if is_jam:
                self._jam()
            self.stock.ribbon_cards = 0
            raise Refusal("ERROR RIBBON")
        self._unfinished = self._job.is_open = False
        self.stock.ribbon_cards -= 1
        self._ink(number, self._job.bitmaps)

    def _ink(self, number: int, panels: Mapping[str, Pixels]) -> None:
        is_partial = set(panels) <= {"y"}
        self.stock.panels_printed += 1 if is_partial else PANELS_A_CARD
        self._path.printed(number, print_on_white(panels))

    def _eject(self, *_: object) -> None:
        self._leave(rejected=False)

    def _reject(self, *_: object) -> None:
        if self.stock.rejected >= REJECT_BOX_CARDS:
            raise Refusal("HOPPER FULL")
        self._leave(rejected=True)

    def _leave(self, *, rejected: bool) -> None:
        self._refuse_to_move()
        if self.card is not None:
            self._take_out(rejected=rejected)

    def _take_out(self, *, rejected: bool) -> None:
        self._go(Station.NOWHERE)
        self._pace(EJECT_S)
        number, self.card = self.card, None
        self._unfinished = self._job.is_open = False
        self.stock.rejected += rejected
        if number is not None:
            self._path.came_out(number, rejected=rejected)

    # -- the card path ------------------------------------------------------------------------------------------

    def _go(self, station: Station) -> None:
        was, self.station = self.station, station
        if self.card is None or was is station:
            return
        if was is Station.CONTACTLESS:
            self._path.left_encoder(self.card)
        if station is Station.CONTACTLESS:
            self._path.at_encoder(self.card)

    def _jam(self) -> None:
        self._go(Station.PRINT)
        self.is_jammed = True
        raise Refusal("CARD JAM")

    def _refuse_to_move(self) -> None:
        if self.is_cover_open:
            raise Refusal("COVER OPEN")
        if self.is_jammed:
            raise Refusal("CARD JAM")

    # -- looks --------------------------------------------------------------------------------------------------

    def _sensor(self, parameters: list[str], _: bytes) -> str:
        sees_blanks = self.stock.blanks > 0 and not self._is_misfed
        levels = {"f": sees_blanks, "o": not self.is_cover_open, "p": self.card is not None}
        return "5,00 Volts" if levels.get(parameters[0] if parameters else "") else "0,00 Volts"

    def _level(self, parameters: list[str], _: bytes) -> str:
        if parameters == ["p"]:
            return str(self.station)
        if parameters == ["h"]:
            return "CARD" if self.stock.rejected >= REJECT_BOX_CARDS else "NO CARD"
        return "OK"  # c: no cleaning is due

    def _counter(self, parameters: list[str], _: bytes) -> str:
        counters = {
            "p": self.stock.panels_printed,
            "c": self.stock.cards_in,
            "I": self.stock.ribbon_cards,
            "n": self.stock.cards_in // 1000,
        }
        return str(counters.get(parameters[0] if parameters else "", "ERROR PARAMETRES"))

    def _ribbon(self, parameters: list[str], _: bytes) -> str:
        answers = {"count": self.stock.ribbon_cards, "qty": RIBBON_CARDS}
        return str(answers.get(parameters[0] if parameters else "", "ERROR PARAMETRES"))

    def _read_error_mode(self, *_: object) -> str:
        return str(self._error_mode)

    def _read_serial(self, *_: object) -> str:
        return self.serial


class Connection:
    """One line to the device. After each `receive` look at `is_over`: then the line ends without another byte.

    `obey` is the device's, or the host's that has others wait meanwhile.
    """

    def __init__(self, obey: Callable[[Command], str]) -> None:
        self._obey, self._reader = obey, CommandReader()
        self._heard_anything = False
        self.is_over = self._is_silent = False

    def receive(self, data: bytes) -> bytes:
        self._heard_anything = True
        replies = b""
        for command in self._reader.receive(data):
            try:
                text = self._obey(command)
            except LostReply as lost:
                self.is_over, self._is_silent = not lost.silent, lost.silent
                return replies + lost.noise
            replies += b"" if self._is_silent else text.encode("ascii") + b"\r\x00"
        return replies

    def end(self) -> bytes:
        """The other side has closed its half. An empty connection asks for the status: old models say OK."""
        return b"" if self._heard_anything else b"OK\r"

    @property
    def is_silent(self) -> bool:
        """The device will never answer; the line stays open until the other side gives up."""
        return self._is_silent


# Accepted and without effect here: trays, contrast, the lease, and what the vendor's library sets before it prints.
_SETTINGS = frozenset(
    {"Pbc", "Pc", "Pcem", "Pcim", "Pcla", "Pcrm", "Peoic", "Pida", "Piqla", "Pl", "Pmc", "Ppmode", "Ppws", "Ps", "Psid"}
    | {"Psk", "Psmgr", "Psync", "Pwres", "Mr", "Scs", "Sr"}
)

_Deed = Callable[[EvolisSimulator, list[str], bytes], str | None]


def _says(text: str) -> _Deed:
    return lambda _device, _parameters, _data: text


def _inserts_to(station: Station) -> _Deed:
    return lambda device, _parameters, _data: device._insert(station)


def _clear_bitmap(device: EvolisSimulator, parameters: list[str], _: bytes) -> None:
    if parameters:
        device._job.bitmaps[parameters[0]] = np.zeros((1016, 648), np.uint8)


_DEEDS: dict[str, _Deed] = {
    "Pem": EvolisSimulator._set_error_mode,
    "Pneab": EvolisSimulator._set_hold,
    "Pr": EvolisSimulator._set_ribbon,
    "Si": _inserts_to(Station.PRINT),
    "Sic": _inserts_to(Station.CONTACTLESS),
    "Sis": _inserts_to(Station.CONTACT),
    "Ss": EvolisSimulator._start,
    "Db": EvolisSimulator._download,
    "Dbc": EvolisSimulator._download,
    "Wcb": _clear_bitmap,
    "Se": EvolisSimulator._end,
    "Sce": EvolisSimulator._eject,
    "Ser": EvolisSimulator._reject,
    "Seb": EvolisSimulator._reject,
    "Rse": EvolisSimulator._sensor,
    "Rlr": EvolisSimulator._level,
    "Rco": EvolisSimulator._counter,
    "Rrt": EvolisSimulator._ribbon,
    "Rem": EvolisSimulator._read_error_mode,
    "Rsn": EvolisSimulator._read_serial,
    "Rfv": _says("SIMULATED 1.0"),
    "Rtp": _says("Primacy"),
    "Rkn": _says("000-000-000"),
    "Rcr": _says("OK"),
    "Rok": _says("OK"),  # asked by the vendor's library: is anybody there?
}
