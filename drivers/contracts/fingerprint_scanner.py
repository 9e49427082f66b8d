"""A scanner that takes slaps: four right, four left, two thumbs, or any single finger."""

from __future__ import annotations

from typing import Protocol

from drivers.contracts.capture import Capture, CaptureFacts, DeviceState, Retry
from drivers.contracts.parts import Finger


class FingerprintScanner(Protocol):
    """Safe to call again after any error; a capture that fails keeps nothing in the device."""

    def facts(self) -> CaptureFacts: ...

    def state(self) -> DeviceState: ...

    def capture_fingers(self, fingers: tuple[Finger, ...], *, timeout_s: float) -> Capture | Retry:
        """The named fingers at once (a whole slap less the missing ones, or a single finger).

        A `Capture` holds one frame per named finger, in the order asked; fewer fingers seen is a `Retry`.
        Raises `DeviceFault(NOT_READY | BUSY | NOT_TRUSTED)`, `TransportError`, `RemoteProtocolError`;
        `LocalProtocolError` when the fingers are of different slaps or none.
        """
        ...

    def close(self) -> None: ...
