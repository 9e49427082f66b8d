"""A simulated KTP-el chip: it keeps its files and its rules, and can be torn out in the middle of a write.

It implements the *test model* of `protocol.py` from the chip's side: what a real chip does when written is not public.
Sans-IO: `process` takes a command APDU and returns the response; whoever hosts it owns the line.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.chips.ktp_el.eeprom import Eeprom
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.chip_profile import ChipLife
from drivers.iso7816 import mutual_authentication as mutual
from drivers.iso7816 import status_words as sw
from drivers.iso7816.apdu import ApduError, Command, Response
from drivers.iso7816.key_diversification import IDENTIFIER_BYTES, chip_key
from drivers.iso7816.secure_messaging import CLASS_BITS, SecureMessaging, SecureMessagingError

DIRECTORY = 0x7F0A
HISTORICAL_BYTES = b"eKTP-SIM"
_TYPE_A_MARK = 0x80
_BODY_MIN_BYTES = 8  # shorter updates are prefixes and the life


def contactless_atr(historical: bytes) -> bytes:
    """PC/SC part 3 clause 3.1.3.2.3: 3B 8n 80 01, at most 15 historical bytes, and the exclusive or of all after 3B."""
    body = bytes((0x80 | len(historical), 0x80, 0x01)) + historical
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes((check,))


class ChipTorn(Exception):
    """The chip left the field in the middle of a command: there is no response, and a write may be half done."""


class Faults(Protocol):
    def fires(self, name: str, unit: str, n: int) -> bool:
        """Does the fault happen at the nth of these units (from 1)?"""
        ...


class NoFaults:
    def fires(self, name: str, unit: str, n: int) -> bool:  # noqa: ARG002
        return False


@dataclass(slots=True)
class _Volatile:
    """What does not survive a loss of power or a reset."""

    in_directory: bool = False
    file: int | None = None
    challenge: bytes | None = None
    session: SecureMessaging | None = None


class KtpElChip:
    """`identifier`: 8 bytes; a first byte of 80 makes it a type A chip with the other seven as UID, else it is type B.

    `key` is the chip's own 16 bytes, by default diversified from the published test master key. Faults, counted in
    commands over the chip's whole life: `bad-sw@apdu=N` answers 6F00 and does nothing, `tear@apdu=N` raises `ChipTorn`
    with an update half done, `flip-bit@apdu=N` stores that update with one bit wrong.
    """

    def __init__(
        self,
        identifier: bytes,
        *,
        key: bytes | None = None,
        faults: Faults | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        if len(identifier) != IDENTIFIER_BYTES:
            raise ValueError(f"identifier: {len(identifier)} bytes, {IDENTIFIER_BYTES} expected")
        self.identifier, self.atr = identifier, contactless_atr(HISTORICAL_BYTES)
        self.eeprom = Eeprom()
        self.commands = 0  # ever processed
        self.is_powered = False
        self._key = key if key is not None else chip_key(PUBLISHED_TEST_MASTER_KEY, identifier)
        self._faults, self._random = faults or NoFaults(), random
        self._flip_next_body = self._tears = self._flips = False
        self._now = _Volatile()

    @property
    def life(self) -> ChipLife:
        return self.eeprom.life

    def power_on(self) -> None:
        self.is_powered = True
        self._now = _Volatile()

    def power_off(self) -> None:
        self.is_powered = False
        self._now = _Volatile()

    def reset(self) -> None:
        self.power_on()

    def flip_bit_in_next_body(self) -> None:
        """The next update of 8 bytes or more is stored with one bit wrong."""
        self._flip_next_body = True

    def process(self, apdu: bytes) -> bytes:
        if not self.is_powered:
            raise ChipTorn("no power")
        self.commands += 1
        if self._faults.fires("bad-sw", "apdu", self.commands):
            self._now.session = None
            return _status(sw.NO_DIAGNOSIS)
        self._flips = self._faults.fires("flip-bit", "apdu", self.commands)
        self._tears = self._faults.fires("tear", "apdu", self.commands)
        response = self._answer(apdu)
        if self._tears:
            self._tear()
        return response

    def _tear(self) -> None:
        self.power_off()
        raise ChipTorn(f"torn in command {self.commands}")

    def _answer(self, apdu: bytes) -> bytes:
        try:
            command = Command.parse(apdu)
        except ApduError:
            return _status(sw.WRONG_LENGTH)
        if command.cla == 0xFF:
            return self._reader_command(command)
        if command.cla & CLASS_BITS == CLASS_BITS:
            return self._protected(apdu)
        self._now.session = None  # a plain command ends secure messaging
        return self._execute(command, secured=False).encode()

    def _reader_command(self, command: Command) -> bytes:
        """FF CA: what a reader answers by itself reaches the chip when the reader is a virtual one."""
        if command.header != b"\xff\xca\x00\x00":
            return _status(sw.FUNCTION_NOT_SUPPORTED)
        is_type_a = self.identifier[0] == _TYPE_A_MARK
        return (self.identifier[1:] if is_type_a else self.identifier[:4]) + _status(sw.OK)  # type B: the 4-byte PUPI

    def _protected(self, apdu: bytes) -> bytes:
        session = self._now.session
        if session is None:
            return _status(sw.SM_OBJECTS_MISSING)
        try:
            command = Command.parse(session.unwrap_command(apdu))
        except SecureMessagingError:
            self._now.session = None
            return _status(sw.SM_OBJECTS_WRONG)
        return session.wrap_response(self._execute(command, secured=True).encode())

    def _execute(self, command: Command, *, secured: bool) -> Response:
        if command.cla != 0x00:
            return _refused(sw.CLASS_NOT_SUPPORTED)
        if command.ins == 0xA4:
            return self._select(command)
        if command.ins == 0xB0:
            return self._read(command, secured=secured)
        if command.ins == 0xD6:
            return self._update(command, secured=secured)
        if command.ins == 0x84:
            return self._get_challenge(command)
        if command.ins == 0x82:
            return self._authenticate(command)
        if command.ins == 0xDD and self.identifier[0] != _TYPE_A_MARK:
            return Response(self.identifier, sw.OK)
        return _refused(sw.INSTRUCTION_NOT_SUPPORTED)

    def _select(self, command: Command) -> Response:
        if command.p1 != 0 or len(command.data) != 2:
            return _refused(sw.WRONG_P1_P2)
        fid = int.from_bytes(command.data, "big")
        if fid == DIRECTORY:
            self._now.in_directory, self._now.file = True, None
        elif self._now.in_directory and fid in self.eeprom.files:
            self._now.file = fid
        else:
            return _refused(sw.FILE_NOT_FOUND)
        return Response(b"", sw.OK)

    def _read(self, command: Command, *, secured: bool) -> Response:
        if self._now.file is None:
            return _refused(sw.NO_CURRENT_FILE)
        if refusal := self.eeprom.refusal_to_read(self._now.file, secured=secured):
            return _refused(refusal)
        content, offset = self.eeprom.files[self._now.file], command.p1 << 8 | command.p2
        if offset >= len(content):
            return _refused(sw.OFFSET_OUTSIDE_FILE)
        if command.le is None:
            return _refused(sw.WRONG_LENGTH)
        found = bytes(content[offset : offset + command.le])
        return Response(found, sw.OK if len(found) == command.le else sw.END_OF_FILE)

    def _update(self, command: Command, *, secured: bool) -> Response:
        if self._now.file is None:
            return _refused(sw.NO_CURRENT_FILE)
        offset, data = command.p1 << 8 | command.p2, command.data
        if refusal := self.eeprom.refusal_to_update(self._now.file, offset, data, secured=secured):
            return _refused(refusal)
        self._store(self.eeprom.files[self._now.file], offset, data)
        return Response(b"", sw.OK)

    def _store(self, content: bytearray, offset: int, data: bytes) -> None:
        if self._tears:
            half = len(data) // 2
            content[offset : offset + half] = data[:half]
            self._tear()
        content[offset : offset + len(data)] = data
        if self._flips or (self._flip_next_body and len(data) >= _BODY_MIN_BYTES):
            content[offset + len(data) // 2] ^= 0x10
            self._flip_next_body = False

    def _get_challenge(self, command: Command) -> Response:
        if command.le != mutual.NONCE_BYTES or not self._now.in_directory:
            return _refused(sw.WRONG_LENGTH if self._now.in_directory else sw.CONDITIONS_NOT_SATISFIED)
        self._now.challenge = self._random(mutual.NONCE_BYTES)
        return Response(self._now.challenge, sw.OK)

    def _authenticate(self, command: Command) -> Response:
        challenge, self._now.challenge = self._now.challenge, None  # good for one attempt
        if challenge is None:
            return _refused(sw.CONDITIONS_NOT_SATISFIED)
        if self.life is ChipLife.BLOCKED:
            return _refused(sw.AUTHENTICATION_BLOCKED)
        try:
            terminal, terminal_keying = mutual.open_token(self._key, command.data, challenge)
        except SecureMessagingError:
            return _refused(sw.VERIFICATION_FAILED)
        keying = self._random(mutual.KEYING_BYTES)
        answer = mutual.token(self._key, mutual.Nonces(challenge, keying, terminal))
        self._now.session = mutual.session(
            terminal_keying=terminal_keying, chip_keying=keying, terminal=terminal, chip=challenge
        )
        return Response(answer, sw.OK)


def _refused(status: int) -> Response:
    return Response(b"", status)


def _status(status: int) -> bytes:
    return status.to_bytes(2, "big")
