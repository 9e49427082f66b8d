"""A chip's files as data, read from TOML: identifiers, capacities, access, chunks; an unknown key is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

PREFIX_BYTES: Final = 2
_OFFSET_MAX: Final = 0x7FFF  # READ BINARY keeps P1's top bit for short file identifiers
_CHUNK_PLAIN_MAX: Final = 256
# 30 blocks of padded data, of which one byte at least is padding: the wrapped command still has a short Lc (254).
_CHUNK_SECURED_MAX: Final = 239


class LayoutError(ValueError):
    """The layout cannot be used; names the file and the key."""


class Access(StrEnum):
    FREE = "free"
    SECURED = "secured"


class Holds(StrEnum):
    """What a file is for, in the order in which a chip is written."""

    CARD_CONTROL = "card_control"
    BIODATA = "biodata"
    PHOTO = "photo"
    SIGNATURE = "signature"
    MINUTIAE_1 = "minutiae_1"
    MINUTIAE_2 = "minutiae_2"
    ISSUER_SIGNATURE = "issuer_signature"


@dataclass(frozen=True, slots=True)
class FileSpec:
    """`capacity_bytes` counts the length prefix; `read` says who may read. Writing is always secured."""

    holds: Holds
    identifier: bytes
    capacity_bytes: int
    read: Access

    @property
    def content_max_bytes(self) -> int:
        return self.capacity_bytes - PREFIX_BYTES

    def __str__(self) -> str:
        return f"{self.holds} ({self.identifier.hex().upper()})"


@dataclass(frozen=True, slots=True)
class Layout:
    name: str
    directory: bytes
    budget_bytes: int
    chunk_plain_bytes: int
    chunk_secured_bytes: int
    files: Mapping[Holds, FileSpec]


def load_layout(path: Path) -> Layout:
    """`LayoutError` for a file that cannot be read, is no TOML, or does not hold exactly the keys of a layout."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LayoutError(f"{path.name}: {error}") from error
    try:
        return _layout(table)
    except LayoutError as error:
        raise LayoutError(f"{path.name}: {error}") from error


def _layout(table: Mapping[str, Any]) -> Layout:
    numbers = ("budget_bytes", "chunk_plain_bytes", "chunk_secured_bytes")
    _exact_keys(table, ("name", "directory", *numbers, "files"), "")
    rows = _typed(table, "files", dict, "")
    _exact_keys(rows, tuple(Holds), "files.")
    files = {holds: _file(holds, _typed(rows, holds, dict, "files.")) for holds in Holds}
    budget, plain, secured = (_number(table, key, "") for key in numbers)
    layout = Layout(_typed(table, "name", str, ""), _identifier(table, "directory", ""), budget, plain, secured, files)
    _check(layout)
    return layout


def _file(holds: Holds, row: Mapping[str, Any]) -> FileSpec:
    where = f"files.{holds}."
    _exact_keys(row, ("id", "capacity_bytes", "read"), where)
    try:
        access = Access(_typed(row, "read", str, where))
    except ValueError:
        raise LayoutError(f"{where}read: not one of {', '.join(Access)}") from None
    return FileSpec(holds, _identifier(row, "id", where), _number(row, "capacity_bytes", where), access)


def _check(layout: Layout) -> None:
    specs = layout.files.values()
    if len({spec.identifier for spec in specs}) != len(specs):
        raise LayoutError("files: two files have the same id")
    if too_long := [spec for spec in specs if not PREFIX_BYTES <= spec.capacity_bytes <= _OFFSET_MAX]:
        raise LayoutError(f"files.{too_long[0].holds}.capacity_bytes: outside {PREFIX_BYTES}..{_OFFSET_MAX}")
    if (total := sum(spec.capacity_bytes for spec in specs)) > layout.budget_bytes:
        raise LayoutError(f"budget_bytes: the files need {total} bytes, the budget is {layout.budget_bytes}")
    if not 1 <= layout.chunk_plain_bytes <= _CHUNK_PLAIN_MAX:
        raise LayoutError(f"chunk_plain_bytes: outside 1..{_CHUNK_PLAIN_MAX}")
    if not 1 <= layout.chunk_secured_bytes <= _CHUNK_SECURED_MAX:
        raise LayoutError(f"chunk_secured_bytes: outside 1..{_CHUNK_SECURED_MAX}")
    for holds in (Holds.CARD_CONTROL, Holds.PHOTO):
        if layout.files[holds].read is not Access.FREE:
            raise LayoutError(f"files.{holds}.read: this file is read before any authentication, so it is free")


def _exact_keys(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    if unknown := sorted(set(table) - set(keys)):
        raise LayoutError(f"{where}{unknown[0]}: unknown key")
    if missing := [key for key in keys if key not in table]:
        raise LayoutError(f"{where}{missing[0]}: missing")


def _typed(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise LayoutError(f"{where}{key}: {kind.__name__} expected")
    return value


def _number(table: Mapping[str, Any], key: str, where: str) -> int:
    value: int = _typed(table, key, int, where)
    return value


def _identifier(table: Mapping[str, Any], key: str, where: str) -> bytes:
    text: str = _typed(table, key, str, where)
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 2:
        raise LayoutError(f"{where}{key}: four hexadecimal digits expected")
    return raw
