"""A file says what is true of it, is short, is named for what it holds, and leaves nothing half done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.sources import Source, calls, files, name_of, sources

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_MEDIAN = 10
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
MAY_PRINT = ("station/cli/", "station/demo/", "drivers/simulators/lifetime.py", "drivers/simulators/__main__.py")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: Source) -> Iterator[Function]:
    return (node for node in ast.walk(source.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Signature and docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_every_file_opens_with_a_sentence_that_says_what_is_true_of_it() -> None:
    wrong = []
    for source in sources():
        first, _, rest = (ast.get_docstring(source.tree, clean=False) or "").partition("\n")
        is_sentence = first.rstrip().endswith((".", "!", "?")) and len(first.split()) >= 3
        if not is_sentence or (rest and not rest.startswith("\n")):
            wrong.append(f"{source.name}:1 {first!r}")
    assert not wrong, "\n".join(wrong)


def test_every_file_postpones_its_annotations() -> None:
    annotated = Function | ast.ClassDef | ast.AnnAssign
    wrong = [
        source.name
        for source in sources()
        if any(isinstance(node, annotated) for node in source.tree.body)
        and "from __future__ import annotations" not in source.text
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_longer_than_can_be_read_at_a_sitting() -> None:
    wrong = [f"{source.name}: {source.lines} lines" for source in sources() if source.lines > FILE_LINES_MAX]
    assert not wrong, "\n".join(wrong)


def test_no_function_is_longer_than_a_screen_and_most_are_far_shorter() -> None:
    lengths = [(length(function), source.at(function)) for source in sources() for function in functions(source)]
    wrong = [f"{where}: {lines} lines" for lines, where in lengths if lines > FUNCTION_LINES_MAX]
    assert not wrong, "\n".join(wrong)
    ordered = sorted(lines for lines, _ in lengths)
    assert ordered[len(ordered) // 2] < FUNCTION_LINES_MEDIAN


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_nothing_has_a_name_that_says_nothing() -> None:
    wrong = [name_of(path) for path in files("drivers", "station", "tests") if words(path.stem) & VAGUE]
    wrong += [
        f"{source.at(node)} {node.name}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, Function | ast.ClassDef) and words(node.name) & VAGUE
    ]
    assert not wrong, "\n".join(wrong)


def test_only_commands_and_ready_lines_print() -> None:
    wrong = [
        source.at(call)
        for source in sources("drivers", "station")
        if not source.name.startswith(MAY_PRINT)
        for call in calls(source.tree)
        if ast.unparse(call.func) in ("print", "sys.stdout.write", "sys.stderr.write", "breakpoint")
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")
    wrong = [
        f"{source.name}:{number}"
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if marks.search(line)
    ]
    for source in sources():
        raised = (node.exc for node in ast.walk(source.tree) if isinstance(node, ast.Raise) and node.exc)
        wrong += [source.at(error) for error in raised if ast.unparse(error).startswith("NotImplementedError")]
    assert not wrong, "\n".join(wrong)


def test_servers_listen_on_this_machine_only() -> None:
    everywhere = {".".join("0000"), "::"}
    wrong = [
        source.at(node)
        for source in sources("drivers", "station")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in everywhere
    ]
    assert not wrong, "\n".join(wrong)
