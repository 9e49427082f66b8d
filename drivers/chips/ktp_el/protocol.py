"""The KTP-el profile: conversations that look at a chip, write it and read it; a torn chip never looks whole.

Reading follows the sequence of public readers: select 7F0A, photo, card control, challenge, 40 bytes of authentication,
then every command wrapped by the module. The real commands and keys for *writing* are not public: here a file is
written with UPDATE BINARY under the same secure messaging, and the life of a chip stands in the card control file. That
is our test model behind the contract; a driver with Dukcapil's own commands replaces `write`, and nothing outside.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.chips.ktp_el import card_control
from drivers.chips.ktp_el.exchange import Exchange
from drivers.chips.ktp_el.layout import PREFIX_BYTES, Access, FileSpec, Holds, Layout
from drivers.contracts.chip_profile import ChipFiles, ChipIdentity, ChipLife, Conversation
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, LocalProtocolError
from drivers.contracts.secure_access_module import SecureAccessModule
from drivers.iso7816 import status_words
from drivers.iso7816.apdu import Command

IDENTIFIER_BYTES = 8
_TYPE_A_MARK = b"\x80"  # public readers put 80 before the 7-byte UID of a type A chip
_GET_UID = Command(0xFF, 0xCA, 0x00, 0x00, le=256)  # answered by the reader (PC/SC part 3)
_GET_TYPE_B_IDENTIFIER = Command(0x00, 0xDD, 0x00, 0x00, le=IDENTIFIER_BYTES)
_MINUTIAE = (Holds.MINUTIAE_1, Holds.MINUTIAE_2)
_ABSENT = frozenset(
    (
        status_words.FILE_NOT_FOUND,
        status_words.FUNCTION_NOT_SUPPORTED,
        status_words.WRONG_P1_P2,
        status_words.INSTRUCTION_NOT_SUPPORTED,
        status_words.CLASS_NOT_SUPPORTED,
    )
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look tells without keys; `control` is the card control file's content, empty for a foreign chip."""

    identity: ChipIdentity
    control: bytes = b""


class KtpElProfile:
    """Implements `drivers.contracts.chip_profile.ChipProfile` for any layout of these seven files."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    @property
    def name(self) -> str:
        return self._layout.name

    def check_fits(self, files: ChipFiles) -> None:
        if len(files.minutiae) > len(_MINUTIAE) or not all(files.minutiae):
            raise LocalProtocolError(f"minutiae: at most {len(_MINUTIAE)} templates, none of them empty")
        sizes = [(self._layout.files[holds], len(body)) for holds, body in _bodies(files).items()]
        if any(size > spec.content_max_bytes for spec, size in sizes):
            rows = ", ".join(f"{spec} {size} of {spec.content_max_bytes}" for spec, size in sizes)
            total = sum(size + PREFIX_BYTES for _, size in sizes)
            detail = f"{rows}; {total} of {self._layout.budget_bytes} bytes in all"
            raise DeviceFault(FaultCode.CHIP_TOO_SMALL, CardFate.UNTOUCHED, detail)

    def identify(self) -> Conversation[ChipIdentity]:
        seen = yield from self._look(Exchange())
        return seen.identity

    def write(self, files: ChipFiles, module: SecureAccessModule) -> Conversation[None]:
        """An INCOMPLETE chip is written again from the start; a PERSONALISED one is refused untouched."""
        self.check_fits(files)
        chip = Exchange()
        seen = yield from self._look(chip)
        _refuse_unwritable(seen.identity.life)
        is_rewrite = seen.identity.life is ChipLife.INCOMPLETE
        if is_rewrite:
            chip.fate = CardFate.IN_DOUBT
        yield from chip.authenticate(module, seen.control, seen.identity.identifier)
        if is_rewrite:
            # Lengths left by the write that was torn would make old and new content look whole together.
            yield from self._clear_lengths(chip)
        else:
            yield from self._set_life(chip, ChipLife.INCOMPLETE)
        for holds, body in _bodies(files).items():
            yield from self._write_file(chip, self._layout.files[holds], body)
        yield from self._set_life(chip, ChipLife.PERSONALISED)

    def read(self, module: SecureAccessModule) -> Conversation[ChipFiles]:
        chip = Exchange()
        seen = yield from self._look(chip)
        chip.fate = _FATE_BY_LIFE[seen.identity.life]
        _refuse_unreadable(chip, seen.identity.life)
        photo = yield from self._read_file(chip, Holds.PHOTO)
        yield from chip.authenticate(module, seen.control, seen.identity.identifier)
        issuer_signature = yield from self._read_file(chip, Holds.ISSUER_SIGNATURE)
        biodata = yield from self._read_file(chip, Holds.BIODATA)
        signature = yield from self._read_file(chip, Holds.SIGNATURE)
        first = yield from self._read_file(chip, Holds.MINUTIAE_1)
        second = yield from self._read_file(chip, Holds.MINUTIAE_2)
        return ChipFiles(photo, biodata, signature, tuple(filter(None, (first, second))), issuer_signature)

    def read_photo(self) -> Conversation[bytes]:
        chip = Exchange()
        seen = yield from self._look(chip)
        chip.fate = _FATE_BY_LIFE[seen.identity.life]
        _refuse_unreadable(chip, seen.identity.life)
        return (yield from self._read_file(chip, Holds.PHOTO))

    def _look(self, chip: Exchange) -> Conversation[_Seen]:
        answer = yield from chip.ask(_GET_UID)
        uid = answer.data if answer.sw == status_words.OK else b""
        selected = yield from chip.ask(Command(0x00, 0xA4, 0x00, 0x00, self._layout.directory))
        if selected.sw in _ABSENT:
            return _Seen(ChipIdentity(uid, ChipLife.FOREIGN))
        if selected.sw != status_words.OK:
            raise chip.fault(FaultCode.CHIP_REFUSED, f"SELECT directory: {status_words.describe(selected.sw)}")
        identifier = yield from self._identifier(chip, uid)
        control = yield from self._read_control(chip)
        return _Seen(ChipIdentity(identifier, card_control.life_of(control)), control)

    def _identifier(self, chip: Exchange, uid: bytes) -> Conversation[bytes]:
        """Type A: the reader's 7-byte UID behind 80. Type B has no such UID: the chip itself tells 8 bytes."""
        if len(uid) == IDENTIFIER_BYTES - 1:
            return _TYPE_A_MARK + uid
        answer = yield from chip.must(_GET_TYPE_B_IDENTIFIER, "GET UID type B")
        if len(answer.data) != IDENTIFIER_BYTES:
            raise chip.unreadable(f"GET UID type B: {len(answer.data)} bytes, {IDENTIFIER_BYTES} expected")
        return answer.data

    def _read_control(self, chip: Exchange) -> Conversation[bytes]:
        """The content, or nothing where the file is missing or of another length: such a chip is foreign."""
        spec = self._layout.files[Holds.CARD_CONTROL]
        selected = yield from chip.ask(Command(0x00, 0xA4, 0x00, 0x00, spec.identifier))
        if selected.sw in _ABSENT:
            return b""
        answer = yield from chip.ask(Command(0x00, 0xB0, 0x00, 0x00, le=spec.capacity_bytes))
        if answer.sw not in (status_words.OK, status_words.END_OF_FILE):
            raise chip.fault(FaultCode.CHIP_REFUSED, f"READ BINARY {spec}: {status_words.describe(answer.sw)}")
        content = answer.data[PREFIX_BYTES:]
        length = int.from_bytes(answer.data[:PREFIX_BYTES], "big")
        return content[:length] if length <= len(content) else b""

    def _set_life(self, chip: Exchange, life: ChipLife) -> Conversation[None]:
        spec = self._layout.files[Holds.CARD_CONTROL]
        yield from chip.select(spec.identifier, str(spec))
        yield from chip.update(PREFIX_BYTES + card_control.LIFE_AT, bytes((card_control.life_code(life),)), str(spec))

    def _clear_lengths(self, chip: Exchange) -> Conversation[None]:
        for spec in self._layout.files.values():
            if spec.holds is not Holds.CARD_CONTROL:
                yield from chip.select(spec.identifier, str(spec))
                yield from chip.update(0, bytes(PREFIX_BYTES), str(spec))

    def _write_file(self, chip: Exchange, spec: FileSpec, body: bytes) -> Conversation[None]:
        yield from chip.select(spec.identifier, str(spec))
        size = self._layout.chunk_secured_bytes
        for at in range(0, len(body), size):
            yield from chip.update(PREFIX_BYTES + at, body[at : at + size], str(spec))
        yield from chip.update(0, len(body).to_bytes(PREFIX_BYTES, "big"), str(spec))

    def _read_file(self, chip: Exchange, holds: Holds) -> Conversation[bytes]:
        spec = self._layout.files[holds]
        size = self._layout.chunk_plain_bytes if spec.read is Access.FREE else self._layout.chunk_secured_bytes
        yield from chip.select(spec.identifier, str(spec))
        length = int.from_bytes((yield from chip.read(0, PREFIX_BYTES, str(spec))), "big")
        if length > spec.content_max_bytes:
            raise chip.fault(FaultCode.CHIP_DATA_WRONG, f"{spec}: says {length} bytes, holds {spec.content_max_bytes}")
        body = bytearray()
        while len(body) < length:
            body += yield from chip.read(PREFIX_BYTES + len(body), min(size, length - len(body)), str(spec))
        return bytes(body)


_FATE_BY_LIFE = {
    ChipLife.BLANK: CardFate.UNTOUCHED,
    ChipLife.INCOMPLETE: CardFate.IN_DOUBT,
    ChipLife.PERSONALISED: CardFate.SPENT,
    ChipLife.BLOCKED: CardFate.SPENT,
    ChipLife.FOREIGN: CardFate.UNTOUCHED,
}


def _bodies(files: ChipFiles) -> dict[Holds, bytes]:
    """Every file but card control, in writing order; a missing second (or first) template is an empty file."""
    first, second = (*files.minutiae, b"", b"")[: len(_MINUTIAE)]
    return {
        Holds.BIODATA: files.biodata,
        Holds.PHOTO: files.photo,
        Holds.SIGNATURE: files.signature,
        Holds.MINUTIAE_1: first,
        Holds.MINUTIAE_2: second,
        Holds.ISSUER_SIGNATURE: files.issuer_signature,
    }


def _refuse_unwritable(life: ChipLife) -> None:
    """`UNTOUCHED` for a finished chip says what this call did; its life says that the card is somebody's."""
    if life is ChipLife.FOREIGN:
        raise DeviceFault(FaultCode.CHIP_FOREIGN, CardFate.UNTOUCHED)
    if life is ChipLife.PERSONALISED:
        raise DeviceFault(FaultCode.CHIP_ALREADY_WRITTEN, CardFate.UNTOUCHED)
    if life is ChipLife.BLOCKED:
        raise DeviceFault(FaultCode.CHIP_REFUSED, CardFate.SPENT, "the chip is blocked")


def _refuse_unreadable(chip: Exchange, life: ChipLife) -> None:
    if life is ChipLife.FOREIGN:
        raise chip.fault(FaultCode.CHIP_FOREIGN, "")
    if life is not ChipLife.PERSONALISED:
        raise chip.fault(FaultCode.CHIP_DATA_WRONG, f"the chip is {life}, there is nothing whole to read")
