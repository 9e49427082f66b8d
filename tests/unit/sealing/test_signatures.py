"""A signature holds for one key, one message and one purpose; the issuer's fills the chip's file to the byte."""

from __future__ import annotations

import pytest

from station.sealing.fingerprints import ALPHABET, fingerprint, is_fingerprint_of
from station.sealing.signatures import (
    BadSignature,
    IssuerKey,
    IssuerPublicKey,
    SigningKey,
    VerifyKey,
    generate_issuer_key,
    generate_signing_key,
)
from station.sealing.suites import BadKey


def test_a_signature_holds_for_its_purpose_only() -> None:
    key = generate_signing_key()
    signature = key.sign(b"message", purpose="receipt")
    key.public.verify(signature, b"message", purpose="receipt")
    for message, purpose in ((b"message", "manifest"), (b"messagf", "receipt"), (b"tmessage", "receip")):
        with pytest.raises(BadSignature):
            key.public.verify(signature, message, purpose=purpose)


def test_a_signature_of_another_key_or_length_is_refused() -> None:
    key, other = generate_signing_key(), generate_signing_key()
    signature = key.sign(b"message", purpose="receipt")
    for candidate, bad in ((other.public, signature), (key.public, signature[:-1]), (key.public, b"")):
        with pytest.raises(BadSignature):
            candidate.verify(bad, b"message", purpose="receipt")


def test_signing_keys_survive_encoding_and_show_nothing_secret() -> None:
    key = generate_signing_key()
    assert SigningKey.decode(key.encode()) == key
    assert VerifyKey.decode(key.public.encode()) == key.public
    assert repr(key) == f"SigningKey({key.key_id})"
    with pytest.raises(BadKey):
        VerifyKey.decode(b"short")


def test_an_issuer_signature_is_eighty_bytes_and_names_its_key() -> None:
    key = generate_issuer_key()
    for number in range(50):  # r and s start with zero bytes now and then: their places must not move
        signature = key.sign(bytes([number]))
        assert len(signature) == 0x50
        assert signature[:16].hex() == key.key_id
        key.public.verify(signature, bytes([number]))


def test_a_flipped_byte_of_an_issuer_signature_or_content_is_found() -> None:
    key = generate_issuer_key()
    signature = key.sign(b"content")
    for place in range(80):
        flipped = bytearray(signature)
        flipped[place] ^= 1
        with pytest.raises(BadSignature):
            key.public.verify(bytes(flipped), b"content")
    with pytest.raises(BadSignature):
        key.public.verify(signature, b"contend")


def test_an_issuer_signature_of_zeros_or_another_length_is_refused() -> None:
    key = generate_issuer_key()
    for bad in (bytes(80), bytes.fromhex(key.key_id) + bytes(64), key.sign(b"x")[:79], b""):
        with pytest.raises(BadSignature):
            key.public.verify(bad, b"x")


def test_issuer_keys_survive_encoding_and_show_nothing_secret() -> None:
    key = generate_issuer_key()
    assert IssuerKey.decode(key.encode()) == key
    assert IssuerPublicKey.decode(key.public.encode()) == key.public
    assert repr(key) == f"IssuerKey({key.key_id})"
    for bad in (b"", bytes(32), b"\xff" * 32):
        with pytest.raises(BadKey):
            IssuerKey.decode(bad)
    with pytest.raises(BadKey):
        IssuerPublicKey.decode(b"\x02" + b"\xff" * 32)


def test_a_fingerprint_can_be_read_aloud() -> None:
    shown = fingerprint(b"some key")
    assert [len(group) for group in shown.split("-")] == [5] * 6
    assert set(shown) <= set(ALPHABET) | {"-"}
    assert is_fingerprint_of(shown.lower().replace("-", " ").replace("0", "o").replace("1", "l"), b"some key")
    assert not is_fingerprint_of(shown, b"some kez")
