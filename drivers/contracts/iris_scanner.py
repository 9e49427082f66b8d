"""A near-infrared camera that takes both eyes at once."""

from __future__ import annotations

from typing import Protocol

from drivers.contracts.capture import Capture, CaptureFacts, DeviceState, Retry
from drivers.contracts.parts import Eye


class IrisScanner(Protocol):
    """Safe to call again after any error; errors as for `FingerprintScanner`."""

    def facts(self) -> CaptureFacts: ...

    def state(self) -> DeviceState: ...

    def capture_eyes(self, eyes: tuple[Eye, ...], *, timeout_s: float) -> Capture | Retry:
        """One frame per named eye, in the order asked."""
        ...

    def close(self) -> None: ...
