"""One conversation's exchange of commands: plain until a module opens secure messaging, and aware of the card's fate.

Every failure that leaves here says what it means for the blank: `fate` is UNTOUCHED until the first write is sent.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.contracts.chip_profile import Conversation
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, RemoteProtocolError
from drivers.contracts.secure_access_module import SecureAccessModule
from drivers.iso7816 import status_words
from drivers.iso7816.apdu import ApduError, Command, Response

_CHALLENGE_BYTES = 8
_TOKEN_BYTES = 40


class Exchange:
    def __init__(self) -> None:
        self.fate = CardFate.UNTOUCHED
        self._module: SecureAccessModule | None = None  # set once secure messaging is open

    def ask(self, command: Command) -> Conversation[Response]:
        """The plain response, whatever its status word."""
        plain = command.encode()
        module = self._module
        sent = plain if module is None else self._guarded(lambda: module.wrap(plain))
        received = yield sent
        # A chip that ends the session answers with a bare error, which no module can unwrap.
        if module is None or self._is_bare_error(received):
            return self._parsed(received)
        return self._parsed(self._guarded(lambda: module.unwrap(received)))

    def must(self, command: Command, goal: str) -> Conversation[Response]:
        """The response of a command that has to succeed."""
        response = yield from self.ask(command)
        if response.sw != status_words.OK:
            raise self.fault(FaultCode.CHIP_REFUSED, f"{goal}: {status_words.describe(response.sw)}")
        return response

    def authenticate(self, module: SecureAccessModule, card_control: bytes, identifier: bytes) -> Conversation[None]:
        """GET CHALLENGE, the module's token, MUTUAL AUTHENTICATE; afterwards every command is protected."""
        goal = "GET CHALLENGE"
        challenge = yield from self.must(Command(0x00, 0x84, 0x00, 0x00, le=_CHALLENGE_BYTES), goal)
        self._exactly(challenge.data, _CHALLENGE_BYTES, goal)
        token = self._guarded(lambda: module.authenticate(card_control, identifier, challenge.data))
        goal = "MUTUAL AUTHENTICATE"
        answer = yield from self.must(Command(0x00, 0x82, 0x00, 0x00, token, _TOKEN_BYTES), goal)
        self._exactly(answer.data, _TOKEN_BYTES, goal)
        self._guarded_call(lambda: module.confirm(answer.data))
        self._module = module

    def select(self, identifier: bytes, goal: str) -> Conversation[None]:
        yield from self.must(Command(0x00, 0xA4, 0x00, 0x00, identifier), f"SELECT {goal}")

    def read(self, offset: int, length: int, goal: str) -> Conversation[bytes]:
        """READ BINARY of exactly `length` bytes."""
        goal = f"READ BINARY {goal} at {offset}"
        command = Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)
        response = yield from self.must(command, goal)
        self._exactly(response.data, length, goal)
        return response.data

    def update(self, offset: int, data: bytes, goal: str) -> Conversation[None]:
        self.fate = CardFate.IN_DOUBT
        command = Command(0x00, 0xD6, offset >> 8, offset & 0xFF, data)
        yield from self.must(command, f"UPDATE BINARY {goal} at {offset}")

    def fault(self, code: FaultCode, detail: str) -> DeviceFault:
        return DeviceFault(code, self.fate, detail)

    def unreadable(self, message: str) -> RemoteProtocolError:
        # Without the bytes: they may be a citizen's, and their length says what is wrong.
        return RemoteProtocolError(message, card=self.fate)

    def _exactly(self, data: bytes, length: int, goal: str) -> None:
        if len(data) != length:
            raise self.unreadable(f"{goal}: {len(data)} bytes, {length} expected")

    def _parsed(self, received: bytes) -> Response:
        try:
            return Response.parse(received)
        except ApduError as error:
            raise self.unreadable(str(error)) from error

    @staticmethod
    def _is_bare_error(received: bytes) -> bool:
        return len(received) <= 2 and received != status_words.OK.to_bytes(2, "big")

    def _guarded(self, call: Callable[[], bytes]) -> bytes:
        """A module knows keys and no cards: the fate in its faults is replaced by ours."""
        try:
            return call()
        except DeviceFault as fault:
            raise self.fault(fault.code, fault.detail) from fault

    def _guarded_call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except DeviceFault as fault:
            raise self.fault(fault.code, fault.detail) from fault
