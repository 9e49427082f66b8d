"""Every kind of event goes into the log and comes out the same; what is not exactly an event is refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from station.domain.canonical import canonical
from station.domain.events import KINDS, UPCASTERS, BadEvent, Event, UnknownEvent, event_from, traced

MakeEvent = Callable[..., Event]
_WRONG: dict[str, list[Any]] = {
    "str": [None, 5, True, ["x"], b"x"],
    "int": [None, "5", True, False, 5.0, [5]],
    "tuple[str, ...]": [None, "first", [1], ["first", None], ("first",), {"first": 1}],
    "tuple[int, ...]": [None, 3, ["3"], [3, True], [3.0], (3,)],
}
_FIELDS = [(kind, f.name, str(f.type)) for kind, cls in KINDS.items() for f in fields(cls)]
_PERSONAL = ("nama", "name", "nik_digits", "birth", "born", "address", "image", "photo", "template")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_from_its_canonical_bytes(kind: str, make_event: MakeEvent) -> None:
    event = make_event(KINDS[kind])
    stored = canonical(event.data())
    assert event_from(kind, event.version, json.loads(stored)) == event


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_cannot_be_changed_or_carry_more_than_its_fields(kind: str, make_event: MakeEvent) -> None:
    event = make_event(KINDS[kind])
    assert not hasattr(event, "__dict__")
    for f in fields(event):
        with pytest.raises(AttributeError):
            setattr(event, f.name, "other")


def test_every_class_of_event_has_a_kind_of_its_own_in_one_spelling() -> None:
    for kind, cls in KINDS.items():
        assert cls.kind == kind
        assert kind == re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def test_no_event_has_a_field_for_a_name_a_number_or_an_image() -> None:
    assert [(kind, name) for kind, name, _ in _FIELDS if name in _PERSONAL] == []


@pytest.mark.parametrize("kind", ["", "card", "CARD_PRINTED", "event"])
def test_an_unknown_kind_is_refused_by_its_name(kind: str) -> None:
    with pytest.raises(UnknownEvent, match=re.escape(f"{kind} version 1")):
        event_from(kind, 1, {})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [-1, 0, 99])
def test_a_version_that_never_was_is_refused(kind: str, version: int, make_event: MakeEvent) -> None:
    with pytest.raises(UnknownEvent, match=f"{kind} version {version}"):
        event_from(kind, version, make_event(KINDS[kind]).data())


@pytest.mark.parametrize(("kind", "name", "annotation"), _FIELDS)
def test_a_field_of_another_type_is_named(kind: str, name: str, annotation: str, make_event: MakeEvent) -> None:
    data = make_event(KINDS[kind]).data()
    for wrong in _WRONG[annotation]:
        with pytest.raises(BadEvent, match=f"^{kind}: {name} is not {re.escape(annotation)}$"):
            event_from(kind, 1, {**data, name: wrong})


@pytest.mark.parametrize(("kind", "name", "annotation"), _FIELDS)
def test_a_missing_field_is_named(kind: str, name: str, annotation: str, make_event: MakeEvent) -> None:
    data = {key: value for key, value in make_event(KINDS[kind]).data().items() if key != name}
    with pytest.raises(BadEvent, match=f"^{kind}: {name} is missing or unknown$"):
        event_from(kind, 1, data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_too_many_is_named(kind: str, make_event: MakeEvent) -> None:
    with pytest.raises(BadEvent, match=f"^{kind}: zz_extra is missing or unknown$"):
        event_from(kind, 1, {**make_event(KINDS[kind]).data(), "zz_extra": "x"})


def test_every_old_version_has_its_upcaster() -> None:
    old = {(kind, version) for kind, cls in KINDS.items() for version in range(1, cls.version)}
    assert set(UPCASTERS) == old


@pytest.mark.parametrize("kind", KINDS)
def test_the_trace_leaves_out_exactly_the_fields_that_say_so(kind: str, make_event: MakeEvent) -> None:
    cls = KINDS[kind]
    kept = {f.name for f in fields(cls) if f.metadata.get("trace", True)}
    event = make_event(cls)
    assert traced(event) == {name: value for name, value in event.data().items() if name in kept}
