"""A secure access module holds the keys that open a chip; the keys never leave it.

The shape is that of the KTP-el's SAM as far as it is public (reference reader sequence): the module is given the card
control file, the chip's identifier and its challenge, and returns the 40 bytes for EXTERNAL AUTHENTICATE; then it wraps
each command and unwraps each answer.
"""

from __future__ import annotations

from typing import Protocol


class SecureAccessModule(Protocol):
    """One session at a time. `DeviceFault(MODULE_REFUSED)` when it is asked out of order or a check fails."""

    def authenticate(self, card_control: bytes, identifier: bytes, challenge: bytes) -> bytes:
        """The authentication token (40 bytes: cryptogram 32, MAC 8). Ends any earlier session."""
        ...

    def confirm(self, answer: bytes) -> None:
        """Takes the chip's answer (40 bytes); afterwards the session's keys are agreed on both sides."""
        ...

    def wrap(self, command: bytes) -> bytes:
        """A plain command APDU in, the same under secure messaging out."""
        ...

    def unwrap(self, response: bytes) -> bytes:
        """A protected response (data, SW) in, the plain response (data, SW) out."""
        ...

    def close(self) -> None: ...
