"""Device errors, sorted by who must act on them; every one says what became of the card.

`TransportError`: the supervisor reopens. `LocalProtocolError`: our bug. `RemoteProtocolError`: the device said
something unreadable, its bytes are kept. `DeviceFault`: a person must do something. A poor capture is none of
these: it is a value, `Retry`.
"""

from __future__ import annotations

from enum import StrEnum


class CardFate(StrEnum):
    """May the blank in the machine be used again?"""

    UNTOUCHED = "untouched"  # nothing was written or printed: yes
    IN_DOUBT = "in_doubt"  # only a look at the card can tell
    SPENT = "spent"  # ink or chip was used: no


class FaultCode(StrEnum):
    """What a person must put right; the texts are `fault.<code>` and `remedy.<code>` in the language files."""

    # printers
    HOPPER_EMPTY = "hopper_empty"
    CARD_JAM = "card_jam"
    RIBBON_OUT = "ribbon_out"
    RIBBON_MISMATCH = "ribbon_mismatch"
    COVER_OPEN = "cover_open"
    REJECT_BOX_FULL = "reject_box_full"
    CLEANING_DUE = "cleaning_due"
    TOO_HOT = "too_hot"
    MECHANICAL = "mechanical"
    NO_CARD = "no_card"
    # chips and readers
    NO_CHIP = "no_chip"
    CHIP_LOST = "chip_lost"
    CHIP_REFUSED = "chip_refused"
    CHIP_FOREIGN = "chip_foreign"
    CHIP_ALREADY_WRITTEN = "chip_already_written"
    CHIP_DATA_WRONG = "chip_data_wrong"
    CHIP_TOO_SMALL = "chip_too_small"
    MODULE_REFUSED = "module_refused"
    # capture devices
    NOT_READY = "not_ready"
    BUSY = "busy"
    NOT_TRUSTED = "not_trusted"
    # any device
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


class DeviceError(Exception):
    """The parent of all of them; never raised itself."""

    card: CardFate = CardFate.UNTOUCHED


class TransportError(DeviceError):
    """The line to the device failed: refused, closed, reset or past its deadline. Reopen, then look again.

    Whether the last request was carried out is unknown, hence `card` is IN_DOUBT unless the raiser knows better.
    """

    def __init__(self, endpoint: str, reason: str, *, card: CardFate = CardFate.IN_DOUBT) -> None:
        super().__init__(f"{endpoint}: {reason}")
        self.endpoint, self.reason, self.card = endpoint, reason, card


class LocalProtocolError(DeviceError):
    """We asked for something the protocol or the device's state does not allow: a bug here. Nothing was sent."""


class RemoteProtocolError(DeviceError):
    """The device answered with something unreadable. `raw` holds its bytes (bounded), never shown to operators."""

    def __init__(self, message: str, raw: bytes = b"", *, card: CardFate = CardFate.IN_DOUBT) -> None:
        super().__init__(message)
        self.raw, self.card = raw[:4096], card


class DeviceFault(DeviceError):
    """The device asks for a person. `detail` is for technicians and holds no personal data."""

    def __init__(self, code: FaultCode, card: CardFate, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code, self.card, self.detail = code, card, detail

    @property
    def remedy(self) -> str:
        """The key of the text that tells the operator what to do."""
        return f"remedy.{self.code}"
