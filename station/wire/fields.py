"""A message is one JSON object, read field by field; what is wrong is named, and never more than it may be is read.

Unknown fields are passed over, so that a newer side may say more; a changed meaning is a new version (`v`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from station.domain.canonical import canonical
from station.wire.limits import DEPTH_MAX, MESSAGE_BYTES_MAX, TEXT_MAX

T = TypeVar("T")

VERSION = 1
NUMBER_MAX = 2**53 - 1
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBER_DIGITS_MAX = 17


class BadMessage(ValueError):
    """Bytes that are no message of this kind. `field` is where; the text holds no value of it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def encoded(**values: Any) -> bytes:
    """The canonical bytes of a message of today's version."""
    return canonical({"v": VERSION, **values})


def opened(data: bytes, name: str, *, bytes_max: int = MESSAGE_BYTES_MAX) -> Fields:
    """The fields of a message of a version known here; `BadMessage`."""
    if len(data) > bytes_max:
        raise BadMessage(name, f"{len(data)} bytes are more than {bytes_max}")
    try:
        value = json.loads(
            data.decode(),
            parse_float=_refuse,
            parse_constant=_refuse,
            parse_int=_whole,
            object_pairs_hook=_without_doubles,
        )
    except BadMessage as wrong:
        raise BadMessage(name, wrong.reason) from None
    except (ValueError, RecursionError):
        raise BadMessage(name, "not JSON") from None
    _check_leaves(value, name, 0)
    fields = Fields(value, name)
    if fields.number("v") != VERSION:
        raise BadMessage(f"{name}.v", "a version that is not known here")
    return fields


def as_text(moment: datetime) -> str:
    """UTC, milliseconds: as the log writes times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def is_id(text: str) -> bool:
    """Record, station and authorisation ids: 1 to 64 of letters, digits and `_.:-`."""
    return _ID.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    return _SHA256.fullmatch(text) is not None


class Fields:
    """One object of a message, and the path to it."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise BadMessage(path, "not an object")
        self._value, self.path = value, path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}"

    def value(self, name: str) -> Any:
        if name not in self._value:
            raise BadMessage(self.at(name), "missing")
        return self._value[name]

    def text(self, name: str, *, chars_max: int = TEXT_MAX) -> str:
        value = self.value(name)
        if not isinstance(value, str) or len(value) > chars_max:
            raise BadMessage(self.at(name), "not text, or too long")
        return value

    def id(self, name: str) -> str:
        value = self.text(name)
        if not is_id(value):
            raise BadMessage(self.at(name), "not an identifier")
        return value

    def sha256(self, name: str, *, or_empty: bool = False) -> str:
        value = self.text(name)
        if not (is_sha256(value) or (or_empty and value == "")):
            raise BadMessage(self.at(name), "not a SHA-256")
        return value

    def number(self, name: str, *, least: int = 0, most: int = NUMBER_MAX) -> int:
        value = self.value(name)
        if type(value) is not int or not least <= value <= most:  # a bool is no number here
            raise BadMessage(self.at(name), "not a whole number in range")
        return value

    def moment(self, name: str) -> datetime:
        try:
            moment = datetime.fromisoformat(self.text(name, chars_max=40))
            utc = moment.astimezone(UTC) if moment.tzinfo is not None else None
        except (ValueError, OverflowError):
            raise BadMessage(self.at(name), "not a time") from None
        if utc is None:
            raise BadMessage(self.at(name), "no time zone")
        return utc

    def data(self, name: str, *, bytes_max: int) -> bytes:
        """Bytes in base64."""
        try:
            data = base64.b64decode(self.text(name, chars_max=4 * (bytes_max // 3 + 1)), validate=True)
        except (binascii.Error, ValueError) as wrong:
            reason = wrong.reason if isinstance(wrong, BadMessage) else "not base64"
            raise BadMessage(self.at(name), reason) from None
        if len(data) > bytes_max:
            raise BadMessage(self.at(name), "too long")
        return data

    def object(self, name: str) -> dict[str, Any]:
        value = self.value(name)
        if not isinstance(value, dict):
            raise BadMessage(self.at(name), "not an object")
        return value

    def inside(self, name: str) -> Fields:
        return Fields(self.value(name), self.at(name))

    def each(self, name: str, read: Callable[[Fields], T], *, most: int) -> tuple[T, ...]:
        return tuple(read(Fields(item, f"{self.at(name)}[{i}]")) for i, item in enumerate(self._list(name, most)))

    def ids(self, name: str, *, most: int) -> tuple[str, ...]:
        values = self._list(name, most)
        for index, value in enumerate(values):
            if not isinstance(value, str) or not is_id(value):
                raise BadMessage(f"{self.at(name)}[{index}]", "not an identifier")
        return tuple(values)

    def _list(self, name: str, most: int) -> list[Any]:
        value = self.value(name)
        if not isinstance(value, list) or len(value) > most:
            raise BadMessage(self.at(name), f"not a list, or more than {most}")
        return value


def _refuse(_: str) -> NoReturn:
    raise BadMessage("", "holds a number that is not whole")


def _whole(text: str) -> int:
    # Before int(): a million digits take a long time.
    if len(text) > _NUMBER_DIGITS_MAX:
        raise BadMessage("", "holds a number that is too large")
    return int(text)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadMessage("", "names a field twice")
    return value


def _check_leaves(value: Any, path: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise BadMessage(path, "nested too deeply")
    if isinstance(value, str):
        # A lone surrogate is legal JSON, but no text: it could be stored nowhere.
        if not value.isascii() and any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            raise BadMessage(path, "holds half a character")
    elif isinstance(value, list):
        for item in value:
            _check_leaves(item, path, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_leaves(name, path, depth + 1)
            _check_leaves(item, path, depth + 1)
