"""The project speaks of itself alone: nobody's NIK, no host of a registry, no folder of some machine."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from station.domain.citizen import nik_errors
from tests.house.sources import texts

# All of these stand here in halves, so that this file does not hold them either.
REGISTRY_HOSTS = [
    ".".join(halves)
    for halves in (
        ("pypi", "org"),
        ("files.pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("ghcr", "io"),
        ("docker", "io"),
        ("proxy.golang", "org"),
        ("huggingface", "co"),
        ("deb.debian", "org"),
    )
]
_FOLDERS = "|".join(("ho" + "me", "ro" + "ot", "wo" + "rk", "Us" + "ers", "m" + "nt"))
MACHINE_FOLDERS = re.compile(rf"(?<![\w.$}}])/(?:{_FOLDERS})/\w")
# Notes and writers' tools that are no part of the project.
OUTSIDE_NOTES = re.compile(r"refe" + r"rence/\w+\.md|DES" + r"IGN\.md")
WRITERS_TOOLS = re.compile(
    r"\b(?:cla" + r"ude|anth" + r"ropic|open" + r"ai|chat" + r"gpt|co" + r"pilot|LL" + r"M)\b", re.IGNORECASE
)
SIXTEEN_DIGITS = re.compile(r"(?<![0-9A-Za-z.])[0-9]{16}(?![0-9A-Za-z])")
MADE_UP_SERIAL = "9"
PROVINCES = {str(number) for number in range(11, 98)}  # Aceh is 11; no number above Papua's was ever given


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {match[0]}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def test_no_file_names_the_host_of_a_registry() -> None:
    wrong = found(re.compile("|".join(map(re.escape, REGISTRY_HOSTS)), re.IGNORECASE))
    assert not wrong, "\n".join(wrong)


def test_no_file_names_a_folder_of_some_machine() -> None:
    wrong = found(MACHINE_FOLDERS)
    assert not wrong, "\n".join(wrong)


def test_no_file_refers_to_notes_or_tools_that_are_no_part_of_the_project() -> None:
    wrong = found(OUTSIDE_NOTES) + found(WRITERS_TOOLS)
    assert not wrong, "\n".join(wrong)


def test_every_nik_that_is_written_down_is_nobodys() -> None:
    """Made up: a serial from 9000 on. Nobody's: no NIK at all, or one of a province that never was."""
    wrong = [
        where
        for where in found(SIXTEEN_DIGITS)
        if not nik_errors(digits := where[-16:]) and digits[12] != MADE_UP_SERIAL and digits[:2] in PROVINCES
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_that_was_made_while_working_lies_in_the_tree() -> None:
    suffixes = {".orig", ".rej", ".bak", ".swp", ".log"}
    assert not [name for name in texts() if PurePosixPath(name).suffix in suffixes]
