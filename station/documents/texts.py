"""The words of documents, Indonesian first and English second; a text that is missing or unknown stops the start."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from drivers.contracts.parts import Eye, Finger, MissingReason

_LANGUAGES: Final = ("id", "en")

# Name of each text -> the braces that both languages must have.
RECEIPT_TEXTS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            "recorded_title", "handed_over_title", "registration_id", "recorded_at", "handed_over_at", "nik", "nama",
            "captured", "biodata", "face", "signature", "not_captured", "next", "free", "received_by", "holder",
            "checked_by", "means_finger", "means_face", "means_representative", "officer", "signed", "look_after",
            "part_face", "part_signature", "reason_none",
            *(f"finger_{finger.value}" for finger in Finger),
            *(f"eye_{eye.value}" for eye in Eye),
            *(f"reason_{reason.value}" for reason in MissingReason),
        ),
        frozenset[str](),
    ),
    "fingers": frozenset({"captured", "wanted"}),
    "eyes": frozenset({"captured", "wanted"}),
    "follow_up": frozenset({"contact"}),
}  # fmt: skip


class BadTexts(ValueError):
    """The file of texts cannot be used; the message names file and text."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    id: str
    en: str

    def filled(self, **values: object) -> Words:
        return Words(self.id.format(**values), self.en.format(**values))


Texts = Mapping[str, Words]


def parse_texts(data: bytes, wanted: Mapping[str, frozenset[str]], *, file: str) -> Texts:
    try:
        tables = tomllib.loads(data.decode())
    except ValueError as error:
        raise BadTexts(f"{file}: {error}") from None
    for name in sorted(tables.keys() ^ wanted.keys()):
        raise BadTexts(f"{file}: {name}: {'unknown' if name in tables else 'missing'}")
    return {name: _words(tables[name], wanted[name], f"{file}: {name}") for name in wanted}


def _words(table: object, braces: frozenset[str], where: str) -> Words:
    if not isinstance(table, dict) or sorted(table) != sorted(_LANGUAGES):
        raise BadTexts(f"{where}: must have exactly {' and '.join(_LANGUAGES)}")
    for language, text in table.items():
        if not isinstance(text, str) or not text.strip():
            raise BadTexts(f"{where}.{language}: must be text")
        if set(_braces(text, where)) != braces:
            raise BadTexts(f"{where}.{language}: must have {sorted(braces) or 'no'} braces")
    return Words(table["id"], table["en"])


def _braces(text: str, where: str) -> Iterable[str]:
    try:
        found = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        raise BadTexts(f"{where}: braces do not match") from None
    if any(spec or conversion for _, spec, conversion in found):
        raise BadTexts(f"{where}: braces hold a name and nothing else")
    return [name for name, _, _ in found]
