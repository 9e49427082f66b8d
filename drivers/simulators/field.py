"""The field of the reader in the printer: a chip in it speaks to the station's vpcd port until it is taken away."""

from __future__ import annotations

import socket
import threading

from drivers.chips.ktp_el.simulator import ChipTorn, KtpElChip
from drivers.readers.vpcd.protocol import VpcdError
from drivers.readers.vpcd.simulator import VpcdCard

CONNECT_TIMEOUT_S = 2.0
COMES_BACK_AFTER_S = 0.1  # a torn chip is in the field again a moment later, and a reader may open its port late
LEAVES_WITHIN_S = 5.0


class Field:
    """Holds one chip at a time. `reader` is where the station's vpcd reader listens; None: there is no reader."""

    def __init__(self, reader: tuple[str, int] | None) -> None:
        self._reader = reader
        self._visit: _Visit | None = None

    @property
    def is_occupied(self) -> bool:
        return self._visit is not None

    def enter(self, chip: KtpElChip) -> None:
        self.leave()
        if self._reader is not None:
            self._visit = _Visit(chip, self._reader)

    def leave(self) -> None:
        visit, self._visit = self._visit, None
        if visit is not None:
            visit.end()


class _Visit:
    """One chip's time in the field, on a thread of its own."""

    def __init__(self, chip: KtpElChip, reader: tuple[str, int]) -> None:
        self._chip, self._reader = chip, reader
        self._is_over = threading.Event()
        self._line: socket.socket | None = None
        self._thread = threading.Thread(target=self._stay, name="chip", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        line = self._line
        if line is not None:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join(LEAVES_WITHIN_S)

    def _stay(self) -> None:
        while not self._is_over.is_set():
            try:
                with socket.create_connection(self._reader, timeout=CONNECT_TIMEOUT_S) as line:
                    self._converse(line)
            except (OSError, VpcdError, ChipTorn):
                pass
            self._chip.power_off()
            self._is_over.wait(COMES_BACK_AFTER_S)

    def _converse(self, line: socket.socket) -> None:
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._line = line
        card = VpcdCard(self._chip)
        while not self._is_over.is_set() and (data := line.recv(65536)):
            line.sendall(card.receive(data))
