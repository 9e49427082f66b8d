"""What every fact is made of: a frozen class with a kind, a version, and fields of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """The parent of every fact. `kind` and `version` stand in the log beside the data."""

    kind: ClassVar[str] = ""
    version: ClassVar[int] = 1

    def data(self) -> Data:
        """The fields as canonical JSON values: tuples as lists."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self)}


def plain(value: Any) -> Any:
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def untraced() -> Any:
    """A field that two runs with one seed may differ in: a hash of ciphertext, a key, a time, a program version."""
    return field(metadata={"trace": False})
