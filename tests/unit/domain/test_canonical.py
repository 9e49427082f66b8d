"""One value has one encoding, byte for byte; what could be encoded in two ways is refused with its place."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.canonical import NotCanonical, canonical, canonical_sha256

_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


# Written by hand from the rules, not taken from a run.
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (0, b"0"),
        (-12, b"-12"),
        (9007199254740993, b"9007199254740993"),
        ("", b'""'),
        ("é", b'"\\u00e9"'),
        ("\U0001d11e", b'"\\ud834\\udd1e"'),
        ('"\\/', b'"\\"\\\\/"'),
        ("\n\t\x00", b'"\\n\\t\\u0000"'),
        ("\x7f", b'"\\u007f"'),  # delete is escaped too: only what can be seen stands for itself
        ([], b"[]"),
        ((1, (2,)), b"[1,[2]]"),
        ({}, b"{}"),
        ({"b": 1, "a": 2, "B": 3}, b'{"B":3,"a":2,"b":1}'),
        ({"a10": 1, "a9": 2, "a": {"z": [], "y": None}}, b'{"a":{"y":null,"z":[]},"a10":1,"a9":2}'),
        ({"é": 1, "z": 2}, b'{"z":2,"\\u00e9":1}'),
    ],
)
def test_a_value_has_these_bytes(value: Any, expected: bytes) -> None:
    assert canonical(value) == expected
    assert canonical_sha256(value) == hashlib.sha256(expected).hexdigest()


def test_the_hash_of_an_empty_object_is_the_known_one() -> None:
    # printf '{}' | sha256sum
    assert canonical_sha256({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.0, r"\$: float"),
        (float("nan"), r"\$: float"),
        (b"x", r"\$: bytes"),
        ({1: 2}, r"\$: key is not text"),
        ({None: 2}, r"\$: key is not text"),
        ({"a": [0, {"b": 1.5}]}, r"\$\.a\[1\]\.b: float"),
        ([{"a": {2, 3}}], r"\$\[0\]\.a: set"),
        ({"a": object()}, r"\$\.a: object"),
    ],
)
def test_what_has_no_one_encoding_is_refused_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(NotCanonical, match=f"^{place}"):
        canonical(value)


@given(_values)
def test_the_bytes_are_ascii_json_of_the_same_value_and_stay_the_same_when_read_back(value: Any) -> None:
    data = canonical(value)
    assert data.isascii()
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=8))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)
