"""Secure messaging of ICAO Doc 9303-11 clause 9.8 with 3DES: what one side wraps, the other unwraps, once and in order.

Both sides are here, because a chip simulator needs the other one; the worked example of Doc 9303-11 appendix D.4 judges
both. Even instructions only (data objects 87, 97, 99, 8E): no command of a KTP-el is odd.
"""

from __future__ import annotations

from drivers.iso7816 import triple_des
from drivers.iso7816.apdu import ApduError, Command, Response
from drivers.iso7816.tlv import Tlv, TlvError, decode, encode

CLASS_BITS = 0x0C  # ISO/IEC 7816-4: secure messaging, header authenticated
CRYPTOGRAM, EXPECTED_LENGTH, STATUS, MAC = 0x87, 0x97, 0x99, 0x8E
_CONTENT_IS_PADDED = b"\x01"
_MAC_OBJECT_BYTES = 2 + triple_des.MAC_BYTES
_COUNTER_BYTES = 8


class SecureMessagingError(ValueError):
    """A check failed or an object is missing. The session is over: neither side may go on with these keys."""


class SecureMessaging:
    """One session's keys and its send sequence counter, which rises before every command and before every response."""

    def __init__(self, encryption_key: bytes, mac_key: bytes, counter: bytes) -> None:
        if len(encryption_key) != triple_des.KEY_BYTES or len(mac_key) != triple_des.KEY_BYTES:
            raise SecureMessagingError(f"session keys: {triple_des.KEY_BYTES} bytes each")
        if len(counter) != _COUNTER_BYTES:
            raise SecureMessagingError(f"send sequence counter: {_COUNTER_BYTES} bytes")
        self._encryption_key, self._mac_key = encryption_key, mac_key
        self._counter = int.from_bytes(counter, "big")

    def wrap_command(self, plain: bytes) -> bytes:
        command = _parsed_command(plain)
        header = _protected_header(command)
        objects = self._encrypted(command.data) + _expected_length(command)
        mac = self._next_mac(triple_des.pad(header) + objects)
        data = objects + encode(MAC, mac)
        le = 65_536 if command.is_extended or len(data) > 255 else 256
        return Command(header[0], header[1], header[2], header[3], data, le).encode()

    def unwrap_command(self, raw: bytes) -> bytes:
        """The chip's side: the plain command."""
        command = _parsed_command(raw)
        if command.cla & CLASS_BITS != CLASS_BITS:
            raise SecureMessagingError("command: its class asks for no secure messaging")
        objects, mac = _split(command.data)
        self._check(triple_des.pad(command.header) + objects, mac)
        found = _objects(objects, (CRYPTOGRAM, EXPECTED_LENGTH))
        le = _read_expected_length(found[EXPECTED_LENGTH]) if EXPECTED_LENGTH in found else None
        data = self._decrypted(found.get(CRYPTOGRAM))
        return Command(command.cla & ~CLASS_BITS, command.ins, command.p1, command.p2, data, le).encode()

    def wrap_response(self, plain: bytes) -> bytes:
        """The chip's side: the protected response; the status word stands inside and outside."""
        response = _parsed_response(plain)
        status = response.sw.to_bytes(2, "big")
        objects = self._encrypted(response.data) + encode(STATUS, status)
        return objects + encode(MAC, self._next_mac(objects)) + status

    def unwrap_response(self, raw: bytes) -> bytes:
        response = _parsed_response(raw)
        objects, mac = _split(response.data)
        self._check(objects, mac)
        found = _objects(objects, (CRYPTOGRAM, STATUS))
        status = found.get(STATUS, b"")
        if status != response.sw.to_bytes(2, "big"):
            raise SecureMessagingError("response: the status word inside is missing or not the one outside")
        return self._decrypted(found.get(CRYPTOGRAM)) + status

    def _next_mac(self, authenticated: bytes) -> bytes:
        self._counter = (self._counter + 1) % (1 << (8 * _COUNTER_BYTES))
        return triple_des.retail_mac(self._mac_key, self._mac_input(authenticated))

    def _check(self, authenticated: bytes, mac: bytes) -> None:
        self._counter = (self._counter + 1) % (1 << (8 * _COUNTER_BYTES))
        if not triple_des.mac_is_right(self._mac_key, self._mac_input(authenticated), mac):
            raise SecureMessagingError("the MAC is wrong: another key, a changed byte or a message out of order")

    def _mac_input(self, authenticated: bytes) -> bytes:
        return triple_des.pad(self._counter.to_bytes(_COUNTER_BYTES, "big") + authenticated)

    def _encrypted(self, data: bytes) -> bytes:
        if not data:
            return b""
        return encode(CRYPTOGRAM, _CONTENT_IS_PADDED + triple_des.encrypt(self._encryption_key, triple_des.pad(data)))

    def _decrypted(self, cryptogram: bytes | None) -> bytes:
        if cryptogram is None:
            return b""
        body = cryptogram[1:]
        if cryptogram[:1] != _CONTENT_IS_PADDED or not body or len(body) % triple_des.BLOCK_BYTES:
            raise SecureMessagingError("object 87: not whole blocks behind 01")
        try:
            return triple_des.unpad(triple_des.decrypt(self._encryption_key, body))
        except triple_des.BadPadding as error:
            raise SecureMessagingError(f"object 87: {error}") from error


def _protected_header(command: Command) -> bytes:
    return bytes((command.cla | CLASS_BITS, command.ins, command.p1, command.p2))


def _expected_length(command: Command) -> bytes:
    if command.le is None:
        return b""
    width = 2 if command.is_extended else 1
    return encode(EXPECTED_LENGTH, (command.le % (1 << (8 * width))).to_bytes(width, "big"))


def _read_expected_length(value: bytes) -> int:
    if len(value) not in (1, 2):
        raise SecureMessagingError(f"object 97: {len(value)} bytes, one or two expected")
    return int.from_bytes(value, "big") or 1 << (8 * len(value))


def _split(data: bytes) -> tuple[bytes, bytes]:
    """What is authenticated, as it came, and the MAC; the MAC's object is always the last."""
    objects, last = data[:-_MAC_OBJECT_BYTES], data[-_MAC_OBJECT_BYTES:]
    if len(last) < _MAC_OBJECT_BYTES or last[:2] != bytes((MAC, triple_des.MAC_BYTES)):
        raise SecureMessagingError("object 8E: no MAC at the end")
    return objects, last[2:]


def _objects(data: bytes, allowed: tuple[int, ...]) -> dict[int, bytes]:
    try:
        rows: tuple[Tlv, ...] = decode(data)
    except TlvError as error:
        raise SecureMessagingError(f"objects: {error}") from error
    found = {row.tag: row.value for row in rows}
    if len(found) != len(rows) or not set(found) <= set(allowed):
        raise SecureMessagingError("objects: one comes twice, or one that does not belong")
    return found


def _parsed_command(raw: bytes) -> Command:
    try:
        return Command.parse(raw)
    except ApduError as error:
        raise SecureMessagingError(str(error)) from error


def _parsed_response(raw: bytes) -> Response:
    try:
        return Response.parse(raw)
    except ApduError as error:
        raise SecureMessagingError(str(error)) from error
