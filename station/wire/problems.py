"""Why the centre did not do it: a code that a program acts on, and a field or identifier; never a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from station.wire.fields import encoded, opened


class ProblemCode(StrEnum):
    BAD_MESSAGE = "bad_message"
    TOO_LARGE = "too_large"
    NOT_SIGNED = "not_signed"  # no station of that id, or not its signature
    CLOCK = "clock"  # outside the window; the reply's Ektp-Time says what time it is there
    REPLAYED = "replayed"
    UNKNOWN_BODY = "unknown_body"  # not announced by a manifest, or not for this station
    WRONG_OFFSET = "wrong_offset"
    BODY_DAMAGED = "body_damaged"  # all bytes came, but they are not those of the SHA-256: begin again
    LOG_FORKED = "log_forked"  # the centre holds another entry under that epoch and number
    PAIRING_REFUSED = "pairing_refused"
    BUSY = "busy"  # come back after Retry-After
    STORE_FULL = "store_full"


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is text, since a newer centre may have more of them. `held`: the offset held, for WRONG_OFFSET."""

    code: str
    detail: str
    held: int = 0

    def encode(self) -> bytes:
        return encoded(code=self.code, detail=self.detail, held=self.held)

    @classmethod
    def decode(cls, data: bytes) -> Problem:
        at = opened(data, "problem")
        return cls(at.text("code", chars_max=64), at.text("detail"), at.number("held"))
