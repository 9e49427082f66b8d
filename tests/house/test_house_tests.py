"""Tests wait for events and not for time, mock nothing of ours, and have names that say what comes out."""

from __future__ import annotations

import ast
from collections import Counter

from tests.house.sources import called, calls, imported, sources

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_test_sleeps() -> None:
    wrong = [
        source.at(call)
        for source in sources("tests")
        for call in calls(source.tree)
        if called(call) == "sleep" and ast.unparse(call) != "asyncio.sleep(0)"  # which only lets others run
    ]
    assert not wrong, "\n".join(wrong)


def test_no_test_replaces_our_own_code_by_a_mock() -> None:
    wrong = [
        source.at(statement)
        for source in sources("tests")
        for module, statement in imported(source.tree)
        if "mock" in module.split(".")
    ]
    assert not wrong, "\n".join(wrong)


def test_every_name_of_a_test_is_an_outcome_in_words() -> None:
    wrong = [
        f"{source.at(node)} {node.name}"
        for source in sources("tests")
        for node in ast.walk(source.tree)
        if isinstance(node, Function) and node.name.startswith("test_") and len(node.name.split("_")) < 4
    ]
    assert not wrong, "\n".join(wrong)


def test_no_two_test_files_have_one_name() -> None:
    names = Counter(source.name.rsplit("/", 1)[-1] for source in sources("tests"))
    assert not [name for name, count in names.items() if count > 1 and name.startswith("test_")]


def test_every_test_asks_something() -> None:
    """It calls what may raise, or asserts something that is not written there as true."""
    wrong = [
        source.at(node)
        for source in sources("tests")
        for node in ast.walk(source.tree)
        if isinstance(node, Function) and node.name.startswith("test_") and not _asks(node)
    ]
    assert not wrong, "\n".join(wrong)


def _asks(function: Function) -> bool:
    nodes = list(ast.walk(function))
    asserted = [node.test for node in nodes if isinstance(node, ast.Assert)]
    if any(isinstance(test, ast.Constant) for test in asserted):
        return False
    return bool(asserted) or any(calls(function))
