"""A module's work without a module: the chip's key from the master key, mutual authentication, secure messaging.

What it does is public and standard (ICAO Doc 9303-11, NIST SP 800-108); a module of Ditjen Dukcapil answers the same
contract with its own keys inside. No key shows in a `repr` or an error.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.contracts.errors import CardFate, DeviceFault, FaultCode
from drivers.iso7816 import mutual_authentication as mutual
from drivers.iso7816.key_diversification import IDENTIFIER_BYTES, chip_key
from drivers.iso7816.secure_messaging import SecureMessaging, SecureMessagingError

_CARD_CONTROL_BYTES = (29, 51)  # the two lengths that public readers tell apart


class KeyHolder:
    """Makes tokens and confirms answers for one chip after another; the master key stays inside."""

    def __init__(self, master_key: bytes, random: Callable[[int], bytes]) -> None:
        chip_key(master_key, bytes(IDENTIFIER_BYTES))  # raises BadKey for an unusable key before any chip is met
        self._master_key, self._random = master_key, random
        self._seed = b""
        self._nonces: mutual.Nonces | None = None

    def token(self, card_control: bytes, identifier: bytes, challenge: bytes) -> bytes:
        """The card control takes no part in our keys, as its life changes; its length is checked as a SAM does."""
        if len(card_control) not in _CARD_CONTROL_BYTES:
            raise refused(f"card control: {len(card_control)} bytes", CardFate.UNTOUCHED)
        if len(identifier) != IDENTIFIER_BYTES or len(challenge) != mutual.NONCE_BYTES:
            raise refused("identifier and challenge: 8 bytes each", CardFate.UNTOUCHED)
        self._seed = chip_key(self._master_key, identifier)
        own, keying = self._random(mutual.NONCE_BYTES), self._random(mutual.KEYING_BYTES)
        self._nonces = mutual.Nonces(own, keying, challenge)
        return mutual.token(self._seed, self._nonces)

    def confirm(self, answer: bytes) -> SecureMessaging:
        """Good for one attempt: afterwards a new token is needed."""
        nonces, self._nonces = self._nonces, None
        if nonces is None:
            raise refused("no authentication is under way", CardFate.UNTOUCHED)
        try:
            return mutual.confirm(self._seed, answer, nonces)
        except SecureMessagingError as error:
            raise refused(str(error), CardFate.IN_DOUBT) from error


def refused(reason: str, card: CardFate) -> DeviceFault:
    return DeviceFault(FaultCode.MODULE_REFUSED, card, reason)
