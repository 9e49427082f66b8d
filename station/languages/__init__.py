"""What operators read: one table a language, the same keys in each; Indonesian first, English second."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("id", "en")


class Untold(KeyError):
    """A key without a text: a bug, found by the tests, never shown to an operator."""


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every key of a language, sections joined by dots."""
    path = Path(__file__).parent / f"{language}.toml"
    return dict(_flat(tomllib.loads(path.read_text(encoding="utf-8")), ""))


def _flat(table: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", str(value)))
    return rows


def say(key: str, language: str = "id", **values: object) -> str:
    """The text of `key` with `{name}` filled in. `Untold` for a key that no table holds."""
    text = texts(language).get(key)
    if text is None:
        raise Untold(key)
    return text.format(**values)


def told(reason: str) -> str:
    """A reason as the log has it (`fault.jam`, `chip_lost: TransportError`) in both languages, with what to do next.

    A reason that no table holds is returned as it is: it is for technicians.
    """
    code = reason.partition(":")[0].partition(";")[0].strip()
    fault = code.removeprefix("fault.")
    keys = (code, f"remedy.{fault}") if code.startswith("fault.") else (f"spoiled.{code}",)
    return " ".join(both(key) for key in keys) if all(key in texts("id") for key in keys) else reason


def both(key: str, **values: object) -> str:
    """Indonesian, then English after a slash."""
    return f"{say(key, 'id', **values)} / {say(key, 'en', **values)}"
