"""What the documents say is so: pictures, tables, commands and links are those of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from drivers.catalogue import CATALOGUE, CHIP_PROFILES
from station import __version__
from station.domain.lives import LIVES
from tests.house.diagrams import BLOCKS, blocks_in, life_diagram, moves_of
from tests.house.sources import ROOT, name_of

DOCUMENTS = ("README.md", "drivers/README.md", "station/README.md", "station/CHANGELOG.md", "tests/bench/README.md")
HEADINGS = ("## Context", "## Decision", "## Consequences", "## Rejected")
LINES = (
    "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/ektp demo --once",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/python -m tests.check",
)
DECISIONS = sorted((ROOT / "station" / "decisions").glob("*.md"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BLOCKS)
def test_what_is_made_from_the_tables_is_not_stale(name: str) -> None:
    document, make = BLOCKS[name]
    assert blocks_in(read(document))[name] == make(), "run: python -m tests.house.diagrams --write"


def test_no_document_holds_a_block_that_nothing_makes() -> None:
    made = {document: {name for name, (where, _) in BLOCKS.items() if where == document} for document in DOCUMENTS}
    assert {document: set(blocks_in(read(document))) for document in DOCUMENTS} == made


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_a_diagram_shows_every_move_of_its_table(life: object) -> None:
    """Read back from the drawing: each move is an arrow of its own, or one of the frame around its state."""
    drawn = life_diagram(life)  # type: ignore[arg-type]
    frame = re.search(r'state ".*" as (\w+) \{(.*?)\n    \}', drawn, re.DOTALL)
    framed = set(re.findall(r"(\w+) --> (\w+)", frame[2])) if frame else set()
    inside = {state for pair in framed for state in pair if state}
    arrows = {
        (source, event, target)
        for source, target, events in re.findall(r"(\S+) --> (\S+): (.+)", drawn)
        for event in events.split(", ")
    }
    shown = {
        (state, event, target)
        for source, event, target in arrows
        for state in (inside if frame and source == frame[1] else {source})
    }
    assert shown == {(move.source, move.event, move.target) for move in moves_of(life)}  # type: ignore[arg-type]


def test_the_table_of_devices_names_every_supported_model_and_no_other() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \|", read("drivers/README.md"), re.MULTILINE)
    known = [(model.name, str(model.kind)) for model in CATALOGUE] + [(name, "chip_profile") for name in CHIP_PROFILES]
    assert sorted(rows) == sorted(known)


@pytest.mark.parametrize("line", LINES)
def test_the_two_commands_of_the_readme_are_run_as_they_stand(line: str) -> None:
    assert line in read("README.md").splitlines()
    assert line in read(".ci/run").splitlines()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def linked() -> list[tuple[Path, str]]:
    pages = [ROOT / name for name in DOCUMENTS] + DECISIONS
    return [(page, link) for page in pages for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))]


def test_every_link_between_documents_leads_somewhere() -> None:
    wrong = []
    for page, link in linked():
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if link.startswith(("http://", "https://")):
            continue
        if not target.exists() or (heading and heading not in _headings(target)):
            wrong.append(f"{name_of(page)}: {link}")
    assert not wrong, "\n".join(wrong)


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_path_in_code_type_of_the_readmes_exists() -> None:
    """`drivers/x.py`, `templates/card/`: what a document names as a path of the project must be there."""
    path_in_code = re.compile(r"`((?:drivers|station|templates|tests|contracts|simulators|domain)/[\w./-]+)`")
    wrong = [
        f"{name}: {path}"
        for name in ("README.md", "drivers/README.md", "station/README.md")
        for path in path_in_code.findall(read(name))
        if not (ROOT / path).exists() and not ((ROOT / name).parent / path).exists()
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_status_context_consequences_and_what_was_rejected(decision: Path) -> None:
    lines = decision.read_text(encoding="utf-8").splitlines()
    number = int(decision.stem[:4])
    assert lines[0].startswith(f"# {number}. ")
    assert lines[1].startswith("Status: ")
    assert [line for line in lines if line.startswith("## ")] == list(HEADINGS)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.stem[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_version_is_the_same_wherever_it_stands() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert project["version"] == __version__
    assert f"\n## {__version__} " in read("station/CHANGELOG.md")


def test_the_readme_names_every_folder_that_ships() -> None:
    shipped = tomllib.loads(read("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert not [folder for folder in (*shipped, "tests") if f"| [{folder}](" not in read("README.md")]
