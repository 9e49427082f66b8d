"""A kind of chip: what its files hold, and the conversations that identify, write and read it.

A conversation is sans-IO: a generator that yields command APDUs and is sent response APDUs. Whoever drives it owns the
reader, the deadlines and the journal. `converse` below is the plain way to run one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from drivers.contracts.secure_access_module import SecureAccessModule

T = TypeVar("T")
Conversation = Generator[bytes, bytes, T]
"""Yields command APDUs, receives response APDUs (with status word), returns its result."""


class ChipLife(StrEnum):
    BLANK = "blank"  # never personalised
    INCOMPLETE = "incomplete"  # a write was begun and not completed
    PERSONALISED = "personalised"
    BLOCKED = "blocked"
    FOREIGN = "foreign"  # not a chip of this profile


@dataclass(frozen=True, slots=True)
class ChipIdentity:
    """`identifier` is the chip's factory identifier (8 bytes for a KTP-el), bound to the blank, not to a person."""

    identifier: bytes
    life: ChipLife


@dataclass(frozen=True, slots=True, repr=False)
class ChipFiles:
    """The contents of a chip, file by file, without length prefixes. `minutiae` holds zero, one or two templates."""

    photo: bytes
    biodata: bytes
    signature: bytes
    minutiae: tuple[bytes, ...]
    issuer_signature: bytes

    def signed_content(self) -> bytes:
        """What the issuer signs: photo, biodata, signature, minutiae, in the order in which a reader feeds them."""
        return self.photo + self.biodata + self.signature + b"".join(self.minutiae)


class ChipProfile(Protocol):
    """Conversations raise `DeviceFault` (CHIP_REFUSED, CHIP_FOREIGN, CHIP_DATA_WRONG, MODULE_REFUSED) and
    `RemoteProtocolError` for an answer that cannot be read."""

    @property
    def name(self) -> str: ...

    def check_fits(self, files: ChipFiles) -> None:
        """Before a blank is fed: `DeviceFault(CHIP_TOO_SMALL)`; its detail lists each file's size and the budget."""
        ...

    def identify(self) -> Conversation[ChipIdentity]:
        """Needs no keys. A chip of another kind is a value (`ChipLife.FOREIGN`), not an error."""
        ...

    def write(self, files: ChipFiles, module: SecureAccessModule) -> Conversation[None]:
        """Writes every file: length prefixes last, then the completion flag, so that a torn chip never looks whole."""
        ...

    def read(self, module: SecureAccessModule) -> Conversation[ChipFiles]:
        """Reads everything back, through secure messaging where the file asks for it."""
        ...

    def read_photo(self) -> Conversation[bytes]:
        """The file that is free to read."""
        ...


def converse(conversation: Conversation[T], transmit: Callable[[bytes], bytes]) -> T:
    """Runs a conversation to its end over `transmit`; an exception from `transmit` is raised inside it first."""
    try:
        command = next(conversation)
        while True:
            try:
                response = transmit(command)
            except BaseException as error:
                command = conversation.throw(error)
            else:
                command = conversation.send(response)
    except StopIteration as end:
        result: T = end.value
        return result
