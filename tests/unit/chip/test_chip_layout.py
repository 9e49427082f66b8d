"""The layout of a chip is read strictly, and agrees with what public readers know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.chips.ktp_el.layout import Access, Holds, LayoutError, load_layout

_ROOT = Path(__file__).parents[3]
_FILE = _ROOT / "templates" / "chip" / "ktp-el.toml"
PUBLIC: dict[str, Any] = json.loads((_ROOT / "tests" / "vectors" / "ktp_el" / "public_readers.json").read_text())


def test_files_and_free_access_are_those_of_public_readers() -> None:
    files = load_layout(_FILE).files
    assert {holds.value: spec.identifier.hex().upper() for holds, spec in files.items()} == PUBLIC["files"]
    assert [holds.value for holds, spec in files.items() if spec.read is Access.FREE] == PUBLIC["free"]


def test_the_files_fit_the_eight_kilobytes_of_the_chip() -> None:
    layout = load_layout(_FILE)
    assert sum(spec.capacity_bytes for spec in layout.files.values()) <= layout.budget_bytes == 8192


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('id = "6FF2"', 'id = "6FF2"\ncolour = "red"', "files.photo.colour: unknown key"),
        ("budget_bytes = 8192", "budget_bytes = 8192\nspeed = 1", "speed: unknown key"),
        ("[files.photo]", "[files.picture]", "files.picture: unknown key"),
        ('id = "6FF2"', 'id = "6FF1"', "the same id"),
        ('id = "6FF2"', 'id = "6FF"', "files.photo.id: four hexadecimal digits"),
        ("capacity_bytes = 4864", 'capacity_bytes = "4864"', "files.photo.capacity_bytes: int"),
        ("capacity_bytes = 4864\n", "", "files.photo.capacity_bytes: missing"),
        ("capacity_bytes = 4864", "capacity_bytes = 5000", "budget_bytes: the files need 8253"),
        ("capacity_bytes = 4864", "capacity_bytes = 1", "files.photo.capacity_bytes: outside"),
        ("chunk_secured_bytes = 231", "chunk_secured_bytes = 240", "chunk_secured_bytes: outside"),
        ("chunk_plain_bytes = 248", "chunk_plain_bytes = 0", "chunk_plain_bytes: outside"),
        ('read = "free"', 'read = "secured"', "files.card_control.read: this file is read before"),
        ('read = "free"', 'read = "anyone"', "files.card_control.read: not one of"),
        ('name = "ktp-el"', "name = ", "ktp-el.toml"),
    ],
)
def test_a_layout_that_is_wrong_is_refused_by_file_and_key(tmp_path: Path, before: str, after: str, named: str) -> None:
    text = _FILE.read_text()
    assert before in text
    wrong = tmp_path / "ktp-el.toml"
    wrong.write_text(text.replace(before, after, 1))
    with pytest.raises(LayoutError, match=r"ktp-el\.toml") as refusal:
        load_layout(wrong)
    assert named in str(refusal.value)


def test_a_layout_that_is_missing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"nowhere\.toml"):
        load_layout(tmp_path / "nowhere.toml")


def test_every_file_has_a_place_in_the_layout() -> None:
    assert set(load_layout(_FILE).files) == set(Holds)
