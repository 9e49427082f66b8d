"""Seals open for their key and context only, and published vectors of others open too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sealing.suites import (
    HEADER_BYTES,
    SUITES,
    BadKey,
    BadSeal,
    SealingKey,
    SealingPublicKey,
    generate_sealing_key,
    open_sealed,
    seal,
    seal_context,
    sealed_to,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sealing" / "hpke.json").read_text())
CONTEXT = seal_context("record/1", "station-1", "record-1")
KEYS = {suite: generate_sealing_key(suite) for suite in SUITES}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["source"])
def test_a_published_vector_opens_with_our_key_bytes(vector: dict[str, Any]) -> None:
    raw = {name: bytes.fromhex(value) for name, value in vector.items() if name not in ("source", "kem", "kdf", "aead")}
    hybrid = vector["kem"] == "MLKEM768_X25519"
    # X-Wing expands its seed to the lattice's seed and the curve's scalar; our key is the expanded form.
    secret = hashlib.shake_256(raw["secret"]).digest(96) if hybrid else raw["secret"]
    key = SealingKey.decode(bytes([1 if hybrid else 2]) + secret)
    if "public" in raw:
        assert key.public.raw == raw["public"]
    suite = Suite(getattr(KEM, vector["kem"]), getattr(KDF, vector["kdf"]), getattr(AEAD, vector["aead"]))
    # The vectors carry associated data, which the public API has no place for.
    opened = openssl.hpke._decrypt_with_aad(
        suite, raw["enc"] + raw["ciphertext"], SUITES[key.suite].private(key.secret), raw["info"], raw["aad"]
    )
    assert opened == raw["plaintext"]


@pytest.mark.parametrize("suite", SUITES)
def test_a_seal_opens_for_its_key_and_context(suite: int) -> None:
    blob = seal(b"content", KEYS[suite].public, context=CONTEXT)
    assert open_sealed(blob, KEYS[suite], context=CONTEXT) == b"content"
    assert sealed_to(blob) == (suite, KEYS[suite].key_id)


@pytest.mark.parametrize("suite", SUITES)
def test_any_flipped_byte_of_a_seal_is_found(suite: int) -> None:
    blob = seal(b"content", KEYS[suite].public, context=CONTEXT)
    for place in range(0, len(blob), 1 if suite == 2 else 7):
        flipped = bytearray(blob)
        flipped[place] ^= 1
        with pytest.raises(BadSeal):
            open_sealed(bytes(flipped), KEYS[suite], context=CONTEXT)


@given(st.binary(max_size=60))
@settings(max_examples=200)
def test_bytes_that_are_no_seal_are_refused(junk: bytes) -> None:
    with pytest.raises(BadSeal):
        open_sealed(b"EKS1" + junk, list(KEYS.values()), context=CONTEXT)
    with pytest.raises(BadSeal):
        open_sealed(junk, list(KEYS.values()), context=CONTEXT)


def test_a_seal_for_another_record_does_not_open() -> None:
    blob = seal(b"content", KEYS[1].public, context=CONTEXT)
    with pytest.raises(BadSeal, match="another context"):
        open_sealed(blob, KEYS[1], context=seal_context("record/1", "station-1", "record-2"))


def test_a_seal_to_an_older_key_opens_while_the_ring_holds_it() -> None:
    newer = generate_sealing_key()
    blob = seal(b"content", KEYS[1].public, context=CONTEXT)
    assert open_sealed(blob, [newer, KEYS[1]], context=CONTEXT) == b"content"
    with pytest.raises(BadSeal, match="not on this key ring"):
        open_sealed(blob, [newer], context=CONTEXT)


def test_a_seal_of_an_unknown_suite_says_so() -> None:
    blob = bytearray(seal(b"content", KEYS[2].public, context=CONTEXT))
    blob[4] = 77
    with pytest.raises(BadSeal, match="suite 77"):
        open_sealed(bytes(blob), KEYS[2], context=CONTEXT)


def test_a_cut_seal_is_refused() -> None:
    blob = seal(b"content", KEYS[2].public, context=CONTEXT)
    for length in (0, 3, HEADER_BYTES, HEADER_BYTES + 10, len(blob) - 1):
        with pytest.raises(BadSeal):
            open_sealed(blob[:length], KEYS[2], context=CONTEXT)


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_two_contexts_are_equal_only_when_their_parts_are(first: list[str], second: list[str]) -> None:
    assert (seal_context("p", *first) == seal_context("p", *second)) == (first == second)


@pytest.mark.parametrize("suite", SUITES)
def test_keys_survive_encoding_and_show_nothing_secret(suite: int) -> None:
    key = KEYS[suite]
    assert SealingKey.decode(key.encode()) == key
    assert SealingPublicKey.decode(key.public.encode()) == key.public
    assert repr(key) == f"SealingKey({key.key_id})"


@pytest.mark.parametrize("bad", [b"", b"\x01", b"\x02" + bytes(31), b"\x63" + bytes(32), b"\x01" + b"\xff" * 1216])
def test_bytes_that_are_no_key_are_refused(bad: bytes) -> None:
    with pytest.raises(BadKey):
        SealingPublicKey.decode(bad)
    with pytest.raises(BadKey):
        SealingKey.decode(bad)
