"""What the station thinks of a capture: a figure, whether it will do, and what the citizen should do differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.contracts.capture import Frame, RetryReason
from drivers.contracts.signature_pad import Strokes


@dataclass(frozen=True, slots=True)
class Verdict:
    """`quality` is 0..100; `advice` stands where the capture will not do."""

    quality: int
    acceptable: bool
    advice: RetryReason | None = None


class CaptureJudge(Protocol):
    """Raises `UnreadableCapture` for what is no picture at all."""

    def fingers(self, frames: Sequence[Frame]) -> Sequence[Verdict]: ...

    def irises(self, frames: Sequence[Frame]) -> Sequence[Verdict]: ...

    def face(self, frame: Frame) -> Verdict: ...

    def signature(self, strokes: Strokes) -> Verdict: ...

    def match_finger(self, enrolled_record: bytes, fresh: Frame) -> int:
        """A fresh frame against an enrolled ISO/IEC 19794-4 record of the same finger: its 1:1 score."""
        ...

    @property
    def match_threshold(self) -> int: ...


class UnreadableCapture(ValueError):
    """The device's picture cannot be decoded or measured; nothing of it is kept. Try again."""
