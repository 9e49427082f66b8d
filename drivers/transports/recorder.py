"""Records a conversation with a device as a vector file: one JSON object a line, and bytes as hex.

The objects are `{"sent": HEX}`, `{"received": HEX}` and `{"closed": REASON}`.

A conversation with a printer or scanner holds a person's picture. Record only with made-up people; nothing in the
station turns a recorder on.
"""

from __future__ import annotations

import json
from typing import TextIO

from drivers.contracts.errors import TransportError
from drivers.transports.base import Transport


class RecordingTransport:
    """A `Transport` that passes everything on to another and writes it down."""

    def __init__(self, line: Transport, vectors: TextIO) -> None:
        self._line, self._vectors = line, vectors

    @property
    def endpoint(self) -> str:
        return self._line.endpoint

    def write(self, data: bytes, *, timeout_s: float) -> None:
        self._note("sent", data.hex())
        try:
            self._line.write(data, timeout_s=timeout_s)
        except TransportError as error:
            self._note("closed", error.reason)
            raise

    def half_close(self) -> None:
        self._note("closed", "half")
        self._line.half_close()

    def read(self, max_bytes: int, *, timeout_s: float) -> bytes:
        try:
            data = self._line.read(max_bytes, timeout_s=timeout_s)
        except TransportError as error:
            self._note("closed", error.reason)
            raise
        self._note("received", data.hex())
        return data

    def close(self) -> None:
        self._note("closed", "by us")
        self._line.close()

    def _note(self, kind: str, value: str) -> None:
        self._vectors.write(json.dumps({kind: value}) + "\n")
