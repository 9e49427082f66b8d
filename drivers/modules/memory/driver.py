"""The memory module as the contract wants it: one session at a time, and refusal of everything out of order."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from drivers.contracts.errors import CardFate
from drivers.iso7816.secure_messaging import SecureMessaging, SecureMessagingError
from drivers.modules.memory.protocol import KeyHolder, refused


class MemoryModule:
    """Implements `drivers.contracts.secure_access_module.SecureAccessModule`. A failed check ends the session."""

    def __init__(self, master_key: bytes, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._keys: KeyHolder | None = KeyHolder(master_key, random)
        self._session: SecureMessaging | None = None

    def authenticate(self, card_control: bytes, identifier: bytes, challenge: bytes) -> bytes:
        self._session = None
        return self._open_keys().token(card_control, identifier, challenge)

    def confirm(self, answer: bytes) -> None:
        self._session = None
        self._session = self._open_keys().confirm(answer)

    def wrap(self, command: bytes) -> bytes:
        session = self._open_session()
        try:
            return session.wrap_command(command)
        except SecureMessagingError as error:
            self._session = None
            raise refused(str(error), CardFate.UNTOUCHED) from error

    def unwrap(self, response: bytes) -> bytes:
        session = self._open_session()
        try:
            return session.unwrap_response(response)
        except SecureMessagingError as error:
            self._session = None
            raise refused(str(error), CardFate.IN_DOUBT) from error

    def close(self) -> None:
        """The keys are let go; the module refuses everything afterwards."""
        self._keys = self._session = None

    def _open_keys(self) -> KeyHolder:
        if self._keys is None:
            raise refused("the module is closed", CardFate.UNTOUCHED)
        return self._keys

    def _open_session(self) -> SecureMessaging:
        if self._session is None:
            raise refused("no session is open", CardFate.UNTOUCHED)
        return self._session
