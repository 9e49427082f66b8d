"""The card control file of our test model: which chip this is, and a life that only moves forwards.

Public readers show that EF 6FF0 is free to read and holds a 2-byte length and 51 or 29 bytes; what they mean is not
public. Ours are 51: `KTPT`, version 1, life, 44 zeros. A life only ever gains bits (00, 01, 03, 07), as a chip that
guards it in EEPROM would have it: no torn or repeated write can bring a finished chip back to blank.
"""

from __future__ import annotations

from typing import Final

from drivers.contracts.chip_profile import ChipLife

CONTENT_BYTES: Final = 51
LIFE_AT: Final = 5  # in the content
_MARK: Final = b"KTPT\x01"
_CODES: Final = {
    ChipLife.BLANK: 0x00,
    ChipLife.INCOMPLETE: 0x01,
    ChipLife.PERSONALISED: 0x03,
    ChipLife.BLOCKED: 0x07,
}
_LIVES: Final = {code: life for life, code in _CODES.items()}


def life_code(life: ChipLife) -> int:
    """`KeyError` for FOREIGN: no chip of this profile can be that."""
    return _CODES[life]


def encode(life: ChipLife) -> bytes:
    return (_MARK + bytes((_CODES[life],))).ljust(CONTENT_BYTES, b"\x00")


def life_of(content: bytes) -> ChipLife:
    """FOREIGN for anything that is not this model's, a damaged life among it: such a chip must not be written."""
    if len(content) != CONTENT_BYTES or not content.startswith(_MARK):
        return ChipLife.FOREIGN
    return _LIVES.get(content[LIFE_AT], ChipLife.FOREIGN)
