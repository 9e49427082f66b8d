"""The fault language: `NAME@UNIT=N`, several with commas or spaces between, says what goes wrong and when.

`ribbon-out@card=2, jam@card=3` and `drop-link@byte=4000` are such texts. Each planned fault happens once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    where: str  # the unit that is counted, from 1
    n: int


@dataclass(frozen=True, slots=True)
class Obedience:
    """Which simulator obeys a fault, what it counts, and what it then does."""

    simulator: str
    units: tuple[str, ...]
    deed: str


FAULTS = {
    # card: the nth card that is fed
    "hopper-empty": Obedience("printer", ("card",), "the feeder picks no blank and sees none, until they are reseated"),
    "jam": Obedience("printer", ("card",), "the card jams while it is fed"),
    "jam-printing": Obedience("printer", ("card",), "the card jams after its first panel is printed"),
    "ribbon-out": Obedience("printer", ("card",), "the ribbon ends after the first panel of this card"),
    "lost-reply": Obedience("printer", ("card",), "the card is fed, and the line closes without a reply"),
    "lost-print-reply": Obedience("printer", ("card",), "the card is printed, and the line closes without a reply"),
    "silent": Obedience("printer", ("card",), "the card is fed, and the printer never answers"),
    "garbage-reply": Obedience("printer", ("card",), "the card is fed, and the reply is noise"),
    # apdu: the nth command to a chip
    "bad-sw": Obedience("chip", ("apdu",), "the chip answers this command with an error status"),
    "tear": Obedience("chip", ("apdu",), "the chip loses power in the middle of this command"),
    "flip-bit": Obedience("chip", ("card", "apdu"), "one stored bit of the chip is wrong afterwards"),
    # capture: the nth capture of a device
    "poor-finger": Obedience("scanner", ("capture",), "the images of this capture are smudged"),
    "device-gone": Obedience("scanner", ("capture",), "the device goes away during this capture"),
    "busy": Obedience("scanner", ("capture",), "the device answers that it is busy"),
    "bad-signature": Obedience("scanner", ("capture",), "the signature under this capture is not the device's"),
    "corrupt-image": Obedience("scanner", ("capture",), "the pictures of this capture are cut short"),
    # byte: bytes that travelled upward through the line
    "drop-link": Obedience("link", ("byte",), "the line is cut after this byte"),
}

_PIECE = re.compile(r"([a-z-]+)@([a-z]+)=(\d{1,12})")


def parse_faults(text: str) -> tuple[Fault, ...]:
    """`ValueError` names the piece that is wrong and lists what is known."""
    return tuple(_parse_piece(piece) for piece in re.split(r"[\s,]+", text.strip()) if piece)


def _parse_piece(piece: str) -> Fault:
    match = _PIECE.fullmatch(piece)
    if not match:
        raise ValueError(f"fault {piece!r} is not NAME@UNIT=N; known: {_known()}")
    name, where, n = match[1], match[2], int(match[3])
    if name not in FAULTS or where not in FAULTS[name].units:
        raise ValueError(f"fault {piece!r} is unknown; known: {_known()}")
    if n < 1:
        raise ValueError(f"fault {piece!r}: {where}s are counted from 1")
    return Fault(name, where, n)


def _known() -> str:
    return ", ".join(f"{name}@{unit}=N" for name, obedience in sorted(FAULTS.items()) for unit in obedience.units)


class FaultPlan:
    """What is still to go wrong. Safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._planned = list(faults)
        self._lock = threading.Lock()

    def add(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._planned.extend(faults)

    def fires(self, name: str, unit: str, n: int) -> bool:
        """Does this fault happen here? Asking strikes it off the plan."""
        fault = Fault(name, unit, n)
        with self._lock:
            if fault not in self._planned:
                return False
            self._planned.remove(fault)
            return True

    def first_due(self, name: str, unit: str, upto: int) -> int | None:
        """The least n <= `upto` at which it is planned, struck off; for units that come many at a time, as bytes do."""
        with self._lock:
            due = [fault for fault in self._planned if (fault.name, fault.where) == (name, unit) and fault.n <= upto]
            if not due:
                return None
            first = min(due, key=lambda fault: fault.n)
            self._planned.remove(first)
            return first.n

    def pending(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._planned)
