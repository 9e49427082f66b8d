"""Evolis escape commands and their replies, as bytes: `ESC name;p1;p2 CR` out, `text CR NUL` back.

Sources: programming guide A5013 rev. E for commands and panels; the wording of replies is that of public programs that
drive these printers, for the guide lists none.
"""

from __future__ import annotations

import re
from enum import StrEnum

from drivers.contracts.card_printer import CardPlace
from drivers.contracts.errors import FaultCode, LocalProtocolError, RemoteProtocolError

ESC, CR, NUL = b"\x1b", b"\r", b"\x00"
REPLY_MAX_BYTES = 1024  # the longest known reply is below 100
_FIELD = re.compile(r"[ -:<-~]+")  # printable ASCII without the separator
_TEXT = re.compile(rb"[\x20-\x7e]*")


class Verb(StrEnum):
    """The commands that the driver sends, by what they do."""

    SOFTWARE_HANDLES_ERRORS = "Pem"  # ;2
    EJECT_AFTER_PRINT = "Pneab"  # ;A;0 the card stays inside, ;A;1 it comes out
    RIBBON = "Pr"
    FEED_TO_ENCODER = "Sic"
    START = "Ss"
    FRONT = "Sr"
    DOWNLOAD = "Db"
    DOWNLOAD_COMPRESSED = "Dbc"
    END = "Se"
    EJECT = "Sce"
    REJECT = "Ser"
    CLEAR_ERROR = "Scs"
    READ_FIRMWARE = "Rfv"
    READ_SERIAL = "Rsn"
    READ_MODEL = "Rtp"
    READ_COUNTER = "Rco"  # ;c cards inserted, ;p panels printed
    READ_RIBBON = "Rrt"  # ;count cards left
    READ_SENSOR = "Rse"  # ;f feeder, ;o cover: volts
    READ_LEVEL = "Rlr"  # ;p card in the path, ;h reject box, ;c cleaning


def encode_command(verb: str, *parameters: str, data: bytes | None = None) -> bytes:
    """`data` is the raw last parameter of a download; its length must follow from the others, for it may hold CR."""
    fields = (str(verb), *parameters)
    for field in fields:
        if not _FIELD.fullmatch(field):
            raise LocalProtocolError(f"command {verb!r}: field {field!r} cannot be sent")
    head = ESC + ";".join(fields).encode("ascii")
    return head + CR if data is None else head + b";" + data + CR


class ReplyReader:
    """Cuts what comes back into replies, whatever the pieces. The NUL after a CR is optional: some leave it out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[str]:
        """The replies that `data` completes. `RemoteProtocolError` for unprintable or endless text: read no more."""
        self._buffer += data
        *complete, rest = bytes(self._buffer).split(CR)
        self._buffer = bytearray(rest)
        if len(rest) > REPLY_MAX_BYTES:
            raise RemoteProtocolError(f"reply: no end after {REPLY_MAX_BYTES} bytes", bytes(rest))
        return [_reply_text(raw) for raw in complete]

    def end(self) -> None:
        """The device closed its end: a begun reply is an error."""
        rest = bytes(self._buffer).strip(NUL)
        if rest:
            raise RemoteProtocolError("reply: cut off before its CR", rest)


def _reply_text(raw: bytes) -> str:
    text = raw.lstrip(NUL)
    if len(text) > REPLY_MAX_BYTES or not _TEXT.fullmatch(text):
        raise RemoteProtocolError("reply: not printable text", raw)
    return text.decode("ascii").strip()


_FAULT_OF_REPLY = {
    "FEEDER EMPTY": FaultCode.HOPPER_EMPTY,
    "CARD JAM": FaultCode.CARD_JAM,
    "ERROR RIBBON": FaultCode.RIBBON_OUT,  # "no ribbon or bad ribbon": the ribbon counter tells which
    "ERR RIB DETECTION": FaultCode.RIBBON_MISMATCH,
    "COVER OPEN": FaultCode.COVER_OPEN,
    "HOPPER DOOR": FaultCode.COVER_OPEN,
    "HOPPER FULL": FaultCode.REJECT_BOX_FULL,  # "hopper" is the output hopper in these texts, "feeder" the input
    "NEED CLEANING": FaultCode.CLEANING_DUE,
    "ERROR HEAD": FaultCode.MECHANICAL,
    "ERROR HOPPER": FaultCode.MECHANICAL,
    "ERROR TIME OUT": FaultCode.MECHANICAL,
    "ERROR CDE": FaultCode.UNSUPPORTED,
    "ERROR PARAMETRES": FaultCode.UNSUPPORTED,
    "OPT NOT AVAILABLE": FaultCode.UNSUPPORTED,
}


def fault_in(reply: str) -> FaultCode | None:
    """The fault that the reply to a deed names; None for OK. A text that nobody has seen is a mechanical fault."""
    text = reply.upper()
    return None if text == "OK" else _FAULT_OF_REPLY.get(text, FaultCode.MECHANICAL)


_PLACES = {
    "OK": CardPlace.NONE,
    "NO CARD": CardPlace.NONE,
    "CARD": CardPlace.INSIDE,
    "SMART CARD": CardPlace.INSIDE,
    "CONTACTLESS CARD": CardPlace.AT_ENCODER,
}


def card_place(reply: str) -> CardPlace:
    """The reply to `Rlr;p`: where in the card path a card is."""
    return _PLACES.get(reply.upper(), CardPlace.UNKNOWN)


def is_level_high(reply: str) -> bool | None:
    """The reply to `Rse`, "5,00 Volts" or "0,17 Volts" (the comma is theirs): from 1 V up is high; None: unreadable."""
    match = re.match(r"(\d+)(?:[.,](\d+))?\s*V", reply, re.IGNORECASE)
    return float(f"{match[1]}.{match[2] or 0}") >= 1.0 if match else None


def counter_in(reply: str) -> int | None:
    """The reply to `Rco` or `Rrt;count`; None when the printer does not keep that counter."""
    match = re.match(r"\s*(\d{1,12})\b", reply)
    return int(match[1]) if match else None
