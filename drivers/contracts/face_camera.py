"""A camera that takes one portrait."""

from __future__ import annotations

from typing import Protocol

from drivers.contracts.capture import Capture, CaptureFacts, DeviceState, Retry


class FaceCamera(Protocol):
    """Safe to call again after any error; errors as for `FingerprintScanner`."""

    def facts(self) -> CaptureFacts: ...

    def state(self) -> DeviceState: ...

    def capture_face(self, *, timeout_s: float) -> Capture | Retry:
        """One frame with `part` None, in colour."""
        ...

    def close(self) -> None: ...
