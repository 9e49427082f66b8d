"""A contactless reader: it has a chip in its field or not, and carries APDUs to it, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChipPresence:
    """`atr` as PC/SC part 3 gives it for a contactless chip; `session` rises whenever the chip was reset or changed."""

    atr: bytes
    session: int


class ChipReader(Protocol):
    """After any `TransportError` the chip's state is unknown: connect again, read its identifier, look.

    `DeviceFault(NO_CHIP)`: nothing came into the field in time. `DeviceFault(CHIP_LOST)`: it left in mid-exchange.
    """

    @property
    def name(self) -> str: ...

    def connect(self, *, timeout_s: float) -> ChipPresence:
        """Waits for a chip, powers it and resets it: authentications of an earlier session are gone."""
        ...

    def transmit(self, apdu: bytes, *, timeout_s: float) -> bytes:
        """A command APDU in, the response out (data, then SW1 SW2: always at least two bytes)."""
        ...

    def disconnect(self) -> None:
        """Powers the chip down; does nothing if none is connected."""
        ...

    def close(self) -> None: ...
