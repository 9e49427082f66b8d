"""The memory of a simulated chip: seven files of fixed size, and the rules that guard them."""

from __future__ import annotations

from typing import Final

from drivers.chips.ktp_el import card_control
from drivers.contracts.chip_profile import ChipLife
from drivers.iso7816 import status_words

CARD_CONTROL: Final = 0x6FF0
PHOTO: Final = 0x6FF2
_FREE: Final = frozenset((CARD_CONTROL, PHOTO))
# A chip's own table, apart from the profile's layout: a layout that asks for more is refused by the chip.
SIZES_BYTES: Final = {
    CARD_CONTROL: 53,
    0x6FF1: 768,
    PHOTO: 4864,
    0x6FF3: 1024,
    0x6FF4: 640,
    0x6FF5: 640,
    0x6FF6: 128,
}
_LIFE_AT: Final = 2 + card_control.LIFE_AT
_STEPS: Final = frozenset(((ChipLife.BLANK, ChipLife.INCOMPLETE), (ChipLife.INCOMPLETE, ChipLife.PERSONALISED)))


class Eeprom:
    """What survives power: `files` by identifier, each with its length prefix, as a service bench would dump them."""

    def __init__(self) -> None:
        self.files = {fid: bytearray(size) for fid, size in SIZES_BYTES.items()}
        content = card_control.encode(ChipLife.BLANK)
        self.files[CARD_CONTROL][:] = len(content).to_bytes(2, "big") + content

    @property
    def life(self) -> ChipLife:
        return card_control.life_of(bytes(self.files[CARD_CONTROL][2:]))

    def set_life(self, life: ChipLife) -> None:
        """The issuer's hand, past every rule."""
        self.files[CARD_CONTROL][_LIFE_AT] = card_control.life_code(life)

    def refusal_to_read(self, fid: int, *, secured: bool) -> int | None:
        if fid not in _FREE and not secured:
            return status_words.SECURITY_STATUS_NOT_SATISFIED
        return None

    def refusal_to_update(self, fid: int, offset: int, data: bytes, *, secured: bool) -> int | None:
        if self.life not in (ChipLife.BLANK, ChipLife.INCOMPLETE):
            return status_words.CONDITIONS_NOT_SATISFIED
        if not secured:
            return status_words.SECURITY_STATUS_NOT_SATISFIED
        if not data:
            return status_words.WRONG_LENGTH
        if offset + len(data) > len(self.files[fid]):
            return status_words.OFFSET_OUTSIDE_FILE
        if fid == CARD_CONTROL:
            return None if self._is_step_of_life(offset, data) else status_words.CONDITIONS_NOT_SATISFIED
        # A blank is marked as begun before it takes any content, so that a torn one is never taken for new.
        return status_words.CONDITIONS_NOT_SATISFIED if self.life is ChipLife.BLANK else None

    def _is_step_of_life(self, offset: int, data: bytes) -> bool:
        """Of the card control file only the life can be written, one step forwards at a time."""
        codes = {(before, bytes((card_control.life_code(after),))) for before, after in _STEPS}
        return offset == _LIFE_AT and (self.life, data) in codes
