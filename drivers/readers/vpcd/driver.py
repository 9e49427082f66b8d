"""A chip reader at which cards connect over TCP on this machine: the listening end of vsmartcard's vpcd.

One card at a time is in the field. While it lives, later ones wait in the backlog; a card whose connection died, also
while it waited, is passed over for the next.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time

from drivers.contracts.chip_reader import ChipPresence
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.readers.vpcd.protocol import (
    APDU_MIN_BYTES,
    BODY_MAX_BYTES,
    RESPONSE_MIN_BYTES,
    Control,
    Deframer,
    VpcdError,
    control,
    frame,
)

_BACKLOG = 16
_POWER_OFF_S = 1.0
_RECEIVE_BYTES = 65_536


class _CardGone(Exception):
    """The card's connection ended."""


class VpcdReader:
    """Implements `drivers.contracts.chip_reader.ChipReader`. Port 0 takes any free one: see `endpoint`."""

    def __init__(self, port: int = 0, *, name: str = "vpcd") -> None:
        self._name = name
        self._card: _CardLine | None = None
        self._session = 0
        self._is_connected = False
        try:
            self._listener = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        except OSError as error:
            raise TransportError(f"tcp://127.0.0.1:{port}", str(error), card=CardFate.UNTOUCHED) from error
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def name(self) -> str:
        return self._name

    def connect(self, *, timeout_s: float) -> ChipPresence:
        deadline = time.monotonic() + timeout_s
        self._is_connected = False
        while True:
            card = self._card_in_field(deadline)
            try:
                for step in (Control.POWER_ON, Control.RESET, Control.GET_ATR):
                    card.send(control(step), deadline)
                atr = card.receive(deadline)
            except _CardGone:
                self._drop()
            except (VpcdError, TimeoutError) as error:
                self._drop()
                raise self._failure(error) from error
            else:
                self._session += 1
                self._is_connected = True
                return ChipPresence(atr, self._session)

    def transmit(self, apdu: bytes, *, timeout_s: float) -> bytes:
        """After a lost card, a late or an unreadable answer the line is closed: the next answer could be an old one."""
        if not APDU_MIN_BYTES <= len(apdu) <= BODY_MAX_BYTES:
            raise LocalProtocolError(f"{self._name}: a command of {len(apdu)} bytes")
        if not self._is_connected:
            raise LocalProtocolError(f"{self._name}: connect first")
        if self._card is None:
            raise self._lost()
        deadline = time.monotonic() + timeout_s
        try:
            answer = self._card.exchange(frame(apdu), deadline)
        except _CardGone as error:
            self._drop()
            raise self._lost() from error
        except (VpcdError, TimeoutError) as error:
            self._drop()
            raise self._failure(error) from error
        if len(answer) < RESPONSE_MIN_BYTES:
            self._drop()
            raise RemoteProtocolError(f"{self._name}: an answer of {len(answer)} bytes", answer)
        return answer

    def disconnect(self) -> None:
        self._is_connected = False
        if self._card is not None:
            try:
                self._card.send(control(Control.POWER_OFF), time.monotonic() + _POWER_OFF_S)
            except (_CardGone, TimeoutError):
                self._drop()

    def close(self) -> None:
        self._drop()
        self._listener.close()

    def _card_in_field(self, deadline: float) -> _CardLine:
        """The card that is there if it still lives, else the next one that comes and lives."""
        while self._card is None or not self._card.is_alive():
            self._drop()
            try:
                readable = select.select([self._listener], [], [], _remaining_s(deadline))[0]
                if not readable:
                    raise DeviceFault(FaultCode.NO_CHIP, CardFate.UNTOUCHED, f"{self._name}: no chip in time")
                self._card = _CardLine(self._listener.accept()[0])
            except (OSError, ValueError) as error:  # ValueError: the listener is closed
                raise TransportError(self.endpoint, str(error), card=CardFate.UNTOUCHED) from error
        return self._card

    def _drop(self) -> None:
        if self._card is not None:
            self._card.close()
            self._card = None

    def _lost(self) -> DeviceFault:
        return DeviceFault(FaultCode.CHIP_LOST, CardFate.IN_DOUBT, f"{self._name}: the chip left the field")

    def _failure(self, error: Exception) -> TransportError | RemoteProtocolError:
        if isinstance(error, TimeoutError):
            return TransportError(self.endpoint, "the card did not answer in time")
        return RemoteProtocolError(f"{self._name}: {error}")


class _CardLine:
    """One card's connection; every system error means that the card is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._deframer = Deframer()
        # Without it an answer waits for the acknowledgement of the one before: 40 ms a command.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def is_alive(self) -> bool:
        """False once the other end has closed, or has sent bytes that nobody asked for."""
        return not select.select([self._socket], [], [], 0)[0]

    def exchange(self, message: bytes, deadline: float) -> bytes:
        if not self.is_alive():
            raise _CardGone
        self.send(message, deadline)
        return self.receive(deadline)

    def send(self, message: bytes, deadline: float) -> None:
        try:
            self._socket.settimeout(_remaining_s(deadline) or 1e-3)
            self._socket.sendall(message)
        except TimeoutError:
            raise
        except OSError as error:
            raise _CardGone from error

    def receive(self, deadline: float) -> bytes:
        """The next message; anything after it in the same breath is an answer too many."""
        while True:
            found = self._deframer.receive(self._received(deadline))
            if len(found) > 1:
                raise VpcdError(f"{len(found)} messages where one is expected")
            if found:
                return found[0]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def _received(self, deadline: float) -> bytes:
        remaining_s = _remaining_s(deadline)
        if remaining_s <= 0:
            raise TimeoutError
        try:
            self._socket.settimeout(remaining_s)
            data = self._socket.recv(_RECEIVE_BYTES)
        except TimeoutError:
            raise
        except OSError as error:
            raise _CardGone from error
        if not data:
            raise _CardGone
        return data


def _remaining_s(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
