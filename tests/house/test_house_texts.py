"""Whatever the station can say to an operator is there in Indonesian and in English, with the same blanks to fill."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from string import Formatter

import pytest

from drivers.catalogue import Kind
from drivers.contracts.capture import RetryReason
from drivers.contracts.errors import CardFate, FaultCode
from drivers.contracts.parts import Eye, Finger, MissingReason, Slap
from station.biometrics.verdicts import Shortfall
from station.devices.health import Condition
from station.domain.blank_stock import Account
from station.languages import LANGUAGES, texts
from station.uplink.vocabulary import CentralStatus
from station.web.board import CentreState
from tests.house.sources import ROOT, Source, called, calls, source, sources

ENUMERATIONS: tuple[tuple[str, Iterable[Enum]], ...] = (
    ("fault", FaultCode),
    ("remedy", FaultCode),
    ("fate", CardFate),
    ("retry", RetryReason),
    ("shortfall", Shortfall),
    ("screen", Account),
    ("screen", Condition),
    ("screen", CentreState),
    ("status", CentralStatus),
    ("device", Kind),
    ("missing", MissingReason),
    ("part", Slap),
)
# Exception -> section of its code's text. A code that is made up from a fault is covered by the faults above.
CODED = {"NotPrintable": "not_printable", "CannotResolve": "resolve", "NotForHandOver": "hand_over"}
MADE_FROM_FAULTS = ("fault.", "remedy.")
OWN_TEXT = "advice"  # a line of progress that is its own text


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    first, second = (set(texts(language)) for language in LANGUAGES)
    assert len(first) > 100
    assert first == second, sorted(first ^ second)


def test_both_languages_leave_the_same_blanks_to_fill() -> None:
    first, second = (texts(language) for language in LANGUAGES)
    wrong = [key for key in first.keys() & second.keys() if blanks(first[key]) != blanks(second[key])]
    assert not wrong, sorted(wrong)


def test_no_text_is_empty_or_forgotten_in_translation() -> None:
    first, second = (texts(language) for language in LANGUAGES)
    assert not [key for key in first if not first[key].strip() or not second[key].strip()]
    # One word may be the same word in both; a sentence that is was never translated.
    assert not [key for key in first if first[key] == second[key] and len(first[key].split()) > 2]


@pytest.mark.parametrize(("section", "members"), ENUMERATIONS)
def test_every_word_of_an_enumeration_has_a_text(section: str, members: Iterable[Enum]) -> None:
    told = {f"{section}.{member.value}" for member in members} - set(texts("id"))
    assert not told, sorted(told)


def test_every_part_of_the_body_has_a_name() -> None:
    parts = [part.name.lower() for part in (*Finger, *Eye)] + ["face", "irises", "signature"]
    assert not [part for part in parts if f"part.{part}" not in texts("id")]


# --- codes that stand in the code as words ---------------------------------------------------------------------------


def literals(node: ast.expr) -> Iterator[str | None]:
    """The words that an expression can be; None for what cannot be known from here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        head = node.values[0]
        yield str(head.value) if isinstance(head, ast.Constant) else None
    else:
        yield None


def findings_of(found: Source) -> set[str]:
    """Codes of `Finding(level, field, code)`, and of rows `(field, code, condition)`."""
    codes: set[str] = set()
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Call) and called(node) == "Finding" and len(node.args) == 3:
            codes |= {code for code in literals(node.args[2]) if code}
        elif isinstance(node, ast.Tuple) and len(node.elts) == 3:
            first, second, third = node.elts
            if isinstance(first, ast.Constant) and isinstance(second, ast.Constant) and not _is_text(third):
                codes.add(str(second.value))
    return codes


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_finding_about_biodata_has_a_text() -> None:
    codes = findings_of(source("station/domain/citizen.py"))
    assert len(codes) > 12
    assert not [code for code in codes if f"finding.{code}" not in texts("id")]


def coded(name: str) -> Iterator[tuple[str, str | None]]:
    """(where, code) of every raise of the exception called `name`."""
    for found in sources("station"):
        tables = {
            target.id: [code for value in node.value.values for code in literals(value)]
            for node in found.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in calls(found.tree):
            if called(call) == name and call.args:
                code = call.args[0]
                if isinstance(code, ast.Subscript) and isinstance(code.value, ast.Name):
                    yield from ((found.at(call), each) for each in tables[code.value.id])
                else:
                    yield from ((found.at(call), each) for each in literals(code))


@pytest.mark.parametrize(("name", "section"), CODED.items())
def test_every_refusal_of_a_workflow_has_a_text(name: str, section: str) -> None:
    found = list(coded(name))
    assert len(found) >= 5
    wrong = [
        f"{where}: {code}"
        for where, code in found
        if code is None or (f"{section}.{code}" not in texts("id") and not code.startswith(MADE_FROM_FAULTS))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_reason_of_a_refused_hand_over_has_a_text() -> None:
    reasons = {
        code
        for call in calls(source("station/workflows/hand_over.py").tree)
        if called(call) == "HandOverRefused"
        for code in literals(call.args[1])
    }
    assert reasons
    assert not [reason for reason in reasons if f"hand_over.{reason}" not in texts("id")]


def test_every_step_that_is_told_has_a_text() -> None:
    told = [
        (found.at(call), key)
        for found in sources("station")
        for call in calls(found.tree)
        if called(call) in ("step", "told") and call.args
        for key in literals(call.args[0])
    ]
    assert len(told) > 20
    known = {None, OWN_TEXT, *(key.removeprefix("step.") for key in texts("id") if key.startswith("step."))}
    wrong = [f"{where}: {key}" for where, key in told if key not in known]
    assert not wrong, "\n".join(wrong)


def test_every_text_that_code_asks_for_is_there() -> None:
    known = set(texts("id"))
    sections = {f"{key.split('.')[0]}." for key in known}
    asked = [
        # Of `f"step.{name}"` only the section can be known here.
        (found.at(call), key, sections if isinstance(call.args[0], ast.JoinedStr) else known)
        for found in sources("station")
        for call in calls(found.tree)
        if called(call) in ("say", "both") and call.args
        for key in literals(call.args[0])
        if key is not None
    ]
    assert asked
    wrong = [f"{where}: {key}" for where, key, there in asked if key not in there]
    assert not wrong, "\n".join(wrong)


def test_every_text_that_a_screen_asks_for_is_there() -> None:
    asked: list[tuple[str, str, str]] = []
    for page in sorted((ROOT / "templates" / "screens").glob("*.html")):
        asked += [(page.name, key, rest) for key, rest in _asked(page.read_text(encoding="utf-8"))]
    assert len(asked) > 10
    sections = {key.split(".")[0] for key in texts("id")}
    wrong = [
        f"{page}: {key}"
        for page, key, rest in asked
        # `say("screen." ~ name)` asks for one of a section.
        if (key.rstrip(".") not in sections if rest == "~" else key not in texts("id"))
    ]
    assert not wrong, "\n".join(wrong)


def _asked(page: str) -> list[tuple[str, str]]:
    found = []
    for call in re.findall(r"say\(([^()]*)\)", page):
        found += [(key, "~" if "~" in call else "") for key in re.findall(r"""["']([a-z_]+\.[a-z_.]*)["']""", call)]
    return found


def test_no_screen_holds_words_of_its_own() -> None:
    """Between two tags of a template stands nothing but what is filled in, so that nothing stays in one language."""
    wrong = []
    for page in sorted((ROOT / "templates" / "screens").glob("*.html")):
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        wrong += [f"{page.name}: {words.strip()}" for words in re.findall(r">([^<>]*[A-Za-z]{2,}[^<>]*)<", bare)]
    assert not wrong, "\n".join(wrong)
