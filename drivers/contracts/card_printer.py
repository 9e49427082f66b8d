"""A card printer: it feeds a blank, holds it at an encoder, prints it, and delivers or rejects it.

Every call states a goal and is safe to repeat: `deliver()` does nothing when the card is already out. A printer never
runs a card again on its own: drivers switch that off where the model has it. Models differ by their `PrinterFacts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from drivers.contracts.errors import FaultCode


class Panel(StrEnum):
    """A ribbon's panels in printing order."""

    YELLOW = "y"
    MAGENTA = "m"
    CYAN = "c"
    BLACK = "k"
    OVERLAY = "o"


class CardPlace(StrEnum):
    NONE = "none"  # no card in the transport
    AT_ENCODER = "at_encoder"  # held at the contactless station
    INSIDE = "inside"  # in the transport, elsewhere
    UNKNOWN = "unknown"  # the printer cannot tell


@dataclass(frozen=True, slots=True)
class PrinterFacts:
    """What this printer is and can do. Sizes are of the printable bitmap, landscape, in pixels."""

    model: str  # catalogue key, e.g. "evolis"
    device_model: str
    serial: str
    firmware: str
    dpi: int
    width_px: int
    height_px: int
    panels: tuple[Panel, ...]
    colour_levels: int  # per YMC panel: 32, 64, 128 or 256
    encodes_inside: bool  # a contactless station is in its card path
    counts_cards: bool  # its counters can confirm that a card went through
    holds_card_after_print: bool  # the card can still be read and rejected after `print_front`


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """Read fresh at each call. `faults` is empty when it can take a card. Counters only ever rise; None: not known."""

    faults: tuple[FaultCode, ...]
    card: CardPlace
    cards_in: int | None  # cards ever inserted
    panels_printed: int | None
    ribbon_cards_left: int | None


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Rows top to bottom, left to right, landscape; one byte a pixel.

    For Y, M and C a pixel is the amount of dye, 0 (none) to 255 (full); for K and O it is 0 or 255.
    """

    width_px: int
    height_px: int
    pixels: bytes


Face = Mapping[Panel, Bitmap]


class CardPrinter(Protocol):
    """Every call may raise `DeviceFault` (its `card` says what became of the blank), `TransportError` or
    `RemoteProtocolError`."""

    def facts(self) -> PrinterFacts: ...

    def status(self, *, timeout_s: float = 5.0) -> PrinterStatus: ...

    def load_blank(self, *, timeout_s: float = 30.0) -> None:
        """A blank is at the contactless station when this returns (at once if one is there)."""
        ...

    def print_front(self, face: Face, *, timeout_s: float = 120.0) -> None:
        """Prints the loaded card. Afterwards it is inside if `holds_card_after_print`, otherwise delivered.

        Raises `LocalProtocolError` when no card is loaded or a bitmap is of the wrong size: nothing was sent.
        """
        ...

    def present_to_encoder(self, *, timeout_s: float = 30.0) -> None:
        """The card that is inside is at the contactless station (again). `DeviceFault(NO_CARD)` if none is inside."""
        ...

    def deliver(self, *, timeout_s: float = 30.0) -> None:
        """The card is in the output tray, or there was none."""
        ...

    def reject(self, *, timeout_s: float = 30.0) -> None:
        """The card is in the reject box, or there was none."""
        ...

    def close(self) -> None: ...
