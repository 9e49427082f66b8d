"""Status words of ISO/IEC 7816-4 table 5 and 6: what each means, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OK = 0x9000
END_OF_FILE = 0x6282
VERIFICATION_FAILED = 0x6300
MEMORY_FAILURE = 0x6581
WRONG_LENGTH = 0x6700
SECURITY_STATUS_NOT_SATISFIED = 0x6982
AUTHENTICATION_BLOCKED = 0x6983
CONDITIONS_NOT_SATISFIED = 0x6985
NO_CURRENT_FILE = 0x6986
SM_OBJECTS_MISSING = 0x6987
SM_OBJECTS_WRONG = 0x6988
FUNCTION_NOT_SUPPORTED = 0x6A81
FILE_NOT_FOUND = 0x6A82
WRONG_P1_P2 = 0x6A86
OFFSET_OUTSIDE_FILE = 0x6B00
INSTRUCTION_NOT_SUPPORTED = 0x6D00
CLASS_NOT_SUPPORTED = 0x6E00
NO_DIAGNOSIS = 0x6F00


class Advice(StrEnum):
    """What to do next; for technicians and for code, not shown to operators."""

    GO_ON = "go on"
    READ_ON = "fetch the rest of the answer"
    REPEAT_WITH_LENGTH = "repeat with the length given"
    AUTHENTICATE_AGAIN = "authenticate again, from a reset"
    CHECK_KEYS = "check that module and chip have the same keys"
    TRY_ONCE_MORE = "reset the chip and try once more, then reject the card"
    REJECT_CARD = "reject the card"
    OTHER_CHIP = "this is a chip of another kind"
    OUR_BUG = "the command is wrong: report it"


@dataclass(frozen=True, slots=True)
class Meaning:
    text: str
    advice: Advice


_EXACT = {
    OK: Meaning("done", Advice.GO_ON),
    0x6281: Meaning("part of the data may be corrupt", Advice.REJECT_CARD),
    END_OF_FILE: Meaning("end of file before Le bytes", Advice.GO_ON),
    0x6283: Meaning("the selected file is deactivated", Advice.REJECT_CARD),
    0x6285: Meaning("the selected file is terminated", Advice.REJECT_CARD),
    VERIFICATION_FAILED: Meaning("authentication failed", Advice.CHECK_KEYS),
    0x6400: Meaning("execution error, memory unchanged", Advice.TRY_ONCE_MORE),
    MEMORY_FAILURE: Meaning("memory failure", Advice.REJECT_CARD),
    WRONG_LENGTH: Meaning("wrong length", Advice.OUR_BUG),
    0x6881: Meaning("logical channels not supported", Advice.OTHER_CHIP),
    0x6882: Meaning("secure messaging not supported", Advice.OTHER_CHIP),
    0x6981: Meaning("command does not suit the file's structure", Advice.OTHER_CHIP),
    SECURITY_STATUS_NOT_SATISFIED: Meaning("security status not satisfied", Advice.AUTHENTICATE_AGAIN),
    AUTHENTICATION_BLOCKED: Meaning("authentication blocked", Advice.REJECT_CARD),
    0x6984: Meaning("reference data not usable", Advice.CHECK_KEYS),
    CONDITIONS_NOT_SATISFIED: Meaning("conditions of use not satisfied", Advice.REJECT_CARD),
    NO_CURRENT_FILE: Meaning("no file is selected", Advice.OUR_BUG),
    SM_OBJECTS_MISSING: Meaning("secure messaging objects missing", Advice.AUTHENTICATE_AGAIN),
    SM_OBJECTS_WRONG: Meaning("secure messaging objects wrong", Advice.AUTHENTICATE_AGAIN),
    0x6A80: Meaning("wrong data in the command", Advice.OUR_BUG),
    FUNCTION_NOT_SUPPORTED: Meaning("function not supported", Advice.OTHER_CHIP),
    FILE_NOT_FOUND: Meaning("file not found", Advice.OTHER_CHIP),
    0x6A84: Meaning("not enough memory in the file", Advice.REJECT_CARD),
    WRONG_P1_P2: Meaning("wrong P1 or P2", Advice.OUR_BUG),
    0x6A88: Meaning("referenced data not found", Advice.CHECK_KEYS),
    OFFSET_OUTSIDE_FILE: Meaning("offset outside the file", Advice.OUR_BUG),
    INSTRUCTION_NOT_SUPPORTED: Meaning("instruction not supported", Advice.OTHER_CHIP),
    CLASS_NOT_SUPPORTED: Meaning("class not supported", Advice.OTHER_CHIP),
    NO_DIAGNOSIS: Meaning("no precise diagnosis", Advice.TRY_ONCE_MORE),
}

_BY_FIRST_BYTE = {
    0x61: Meaning("more bytes are waiting", Advice.READ_ON),
    0x62: Meaning("warning, memory unchanged", Advice.TRY_ONCE_MORE),
    0x63: Meaning("warning, memory changed", Advice.TRY_ONCE_MORE),
    0x64: Meaning("execution error, memory unchanged", Advice.TRY_ONCE_MORE),
    0x65: Meaning("execution error, memory changed", Advice.REJECT_CARD),
    0x66: Meaning("security error", Advice.AUTHENTICATE_AGAIN),
    0x67: Meaning("wrong length", Advice.OUR_BUG),
    0x68: Meaning("function of the class byte not supported", Advice.OTHER_CHIP),
    0x69: Meaning("command not allowed", Advice.REJECT_CARD),
    0x6A: Meaning("wrong parameters", Advice.OUR_BUG),
    0x6B: Meaning("wrong parameters", Advice.OUR_BUG),
    0x6C: Meaning("wrong Le; the second byte is the right one", Advice.REPEAT_WITH_LENGTH),
    0x6D: Meaning("instruction not supported", Advice.OTHER_CHIP),
    0x6E: Meaning("class not supported", Advice.OTHER_CHIP),
    0x6F: Meaning("no precise diagnosis", Advice.TRY_ONCE_MORE),
}
_UNKNOWN = Meaning("not a status word of ISO/IEC 7816-4", Advice.REJECT_CARD)


def explain(sw: int) -> Meaning:
    """Every status word has a meaning: its own, that of its first byte, or that it is none of ISO's."""
    return _EXACT.get(sw) or _BY_FIRST_BYTE.get(sw >> 8, _UNKNOWN)


def describe(sw: int) -> str:
    """`6982 security status not satisfied: authenticate again, from a reset`, for details of faults."""
    meaning = explain(sw)
    return f"{sw:04X} {meaning.text}: {meaning.advice}"
