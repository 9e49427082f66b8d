"""A Topaz pad over a byte line: opened for each signature, so that no earlier scribble can be taken for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.contracts.capture import CaptureFacts, DeviceState, Retry, RetryReason
from drivers.contracts.errors import CardFate, RemoteProtocolError, TransportError
from drivers.contracts.signature_pad import Strokes
from drivers.pads.topaz.protocol import CLEAR_SCREEN, SIGLITE_LCD_1X5, PadModel, SignatureDecoder
from drivers.transports.base import Transport

OPEN_TIMEOUT_S = 5.0
SIGNING_MAX_S = 60.0
"""From the first touch: a pen that is still on the pad then writes no signature."""
READ_BYTES = 4096


class TopazPad:
    """A `SignaturePad`. A serial-to-network adapter passes the pad's bytes on; a pad says nothing about itself."""

    def __init__(
        self, line: Transport, pad: PadModel = SIGLITE_LCD_1X5, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line, self._pad, self._clock = line, pad, clock

    def facts(self) -> CaptureFacts:
        return CaptureFacts("topaz", "Topaz Systems", self._pad.name, serial="", firmware="", trusted=False)

    def state(self) -> DeviceState:
        """READY when the line opens, else `TransportError`. A silent pad behind it cannot be told from none."""
        self._line.close()
        self._line.write(b"", timeout_s=OPEN_TIMEOUT_S)
        self._line.close()
        return DeviceState.READY

    def capture_signature(self, *, timeout_s: float, pause_s: float = 1.5) -> Strokes | Retry:
        """`timeout_s` is for the first touch; from there `SIGNING_MAX_S` is the limit."""
        self._line.close()
        try:
            self._line.write(CLEAR_SCREEN if self._pad.has_screen else b"", timeout_s=OPEN_TIMEOUT_S)
            decoder = SignatureDecoder(self._pad)
            is_finished = self._listen(decoder, timeout_s, pause_s)
        finally:
            self._line.close()
        if not decoder.points:
            return Retry(RetryReason.TIMEOUT)
        if not is_finished:
            return Retry(RetryReason.TIMEOUT, "the pen did not leave the pad")
        return Strokes(decoder.strokes, self._pad.width_mm, self._pad.height_mm, self.facts())

    def close(self) -> None:
        self._line.close()

    def _listen(self, decoder: SignatureDecoder, timeout_s: float, pause_s: float) -> bool:
        """Feeds `decoder` until the pen has been away for `pause_s`, or time is up, which is False."""
        wait_until = self._clock() + timeout_s
        signing_until: float | None = None
        while (data := self._read(wait_until)) is not None:
            before = decoder.points
            decoder.feed(data)
            if decoder.is_full:
                raise RemoteProtocolError("pad: points without end", data, card=CardFate.UNTOUCHED)
            if decoder.points == before:
                continue
            now = self._clock()
            signing_until = now + SIGNING_MAX_S if signing_until is None else signing_until
            wait_until = now + pause_s
            if wait_until > signing_until:
                return False
        return signing_until is not None

    def _read(self, until: float) -> bytes | None:
        """Some bytes, or None when `until` has come."""
        wait_s = until - self._clock()
        if wait_s <= 0:
            return None
        try:
            data = self._line.read(READ_BYTES, timeout_s=wait_s)
        except TransportError:
            # A pad that nobody writes on is silent: only a line that fails before the deadline has failed.
            if self._clock() < until:
                raise
            return None
        if not data:
            raise TransportError(self._line.endpoint, "closed by the pad's end", card=CardFate.UNTOUCHED)
        return data
