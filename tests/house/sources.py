"""The project's own files, read once: what the house tests look at.

Found by walking the folders, not by asking git, so that a copy of the tree without its history is judged the same way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("drivers", "station", "tests")
FOLDERS = (*CODE, "templates", ".ci")
LOOSE = ("README.md", "pyproject.toml", ".gitignore")
_MADE = ("__pycache__", ".import_linter_cache")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file. `name` is its path from the project's folder, with slashes."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    def at(self, node: ast.stmt | ast.expr) -> str:
        return f"{self.name}:{node.lineno}"


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below `folders` (all of the code when none is named), in order of name."""
    found = []
    for path in files(*(folders or CODE)):
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            found.append(Source(name_of(path), text, ast.parse(text, str(path))))
    return tuple(found)


def source(name: str) -> Source:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    return Source(name, text, ast.parse(text, name))


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not any(part in _MADE for part in path.parts):
                yield path


@cache
def texts() -> dict[str, str]:
    """Every text file of the project, by name; pictures, fonts and archives are left out."""
    found = {}
    for path in (*files(*FOLDERS), *(ROOT / name for name in LOOSE)):
        try:
            found[name_of(path)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The last word of what is called: `append` of `self.log.append(...)`, empty when it has no name."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def imported(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Every imported module's full name with its statement, also those imported inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node
