"""The card's end of vpcd's wire, sans-IO: what the reader sends goes in, what the card answers comes out.

The host connects to the reader's port when the card comes into the field and closes when it leaves. It should send
each answer in one piece without delay (TCP_NODELAY), and close when `receive` raises: the card is gone, or the line is
noise.
"""

from __future__ import annotations

from typing import Protocol

from drivers.readers.vpcd.protocol import APDU_MIN_BYTES, Control, Deframer, VpcdError, frame


class Chip(Protocol):
    """What a simulated chip offers to any reader's simulator."""

    @property
    def atr(self) -> bytes: ...

    def power_on(self) -> None: ...

    def power_off(self) -> None: ...

    def reset(self) -> None: ...

    def process(self, apdu: bytes) -> bytes: ...


class VpcdCard:
    """A chip behind a vpcd reader. An exception of the chip (torn out, no power) passes through to the host."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._deframer = Deframer()

    def receive(self, data: bytes) -> bytes:
        """Raises `VpcdError` for a control that does not exist or a command of two or three bytes."""
        return b"".join(self._answer(body) for body in self._deframer.receive(data))

    def _answer(self, body: bytes) -> bytes:
        if len(body) == 1:
            return self._control(body[0])
        if len(body) < APDU_MIN_BYTES:
            raise VpcdError(f"command: {len(body)} bytes, {APDU_MIN_BYTES} at least")
        return frame(self._chip.process(body))

    def _control(self, code: int) -> bytes:
        if code == Control.GET_ATR:
            return frame(self._chip.atr)
        deeds = {
            Control.POWER_OFF: self._chip.power_off,
            Control.POWER_ON: self._chip.power_on,
            Control.RESET: self._chip.reset,
        }
        if code not in Control._value2member_map_:
            raise VpcdError(f"control {code:02X} does not exist")
        deeds[Control(code)]()
        return b""
