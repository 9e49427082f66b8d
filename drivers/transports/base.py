"""A transport carries bytes to a device and back, each call with a deadline; its only error is `TransportError`."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """One line to one device, used from one thread. It opens itself when first written to, and again after `close`.

    Every failure is a `TransportError` and leaves the line closed. Its `card` is UNTOUCHED when nothing can have
    reached the device (no connection came about) and IN_DOUBT otherwise.
    """

    @property
    def endpoint(self) -> str: ...

    def write(self, data: bytes, *, timeout_s: float) -> None:
        """All of `data` is handed to the system, or it raises."""
        ...

    def half_close(self) -> None:
        """Tells the device that nothing more will be written. A line that has no such notion does nothing."""
        ...

    def read(self, max_bytes: int, *, timeout_s: float) -> bytes:
        """At least one byte, or b"" when the device has closed its end."""
        ...

    def close(self) -> None:
        """Does nothing when the line is closed."""
        ...
