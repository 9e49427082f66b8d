"""Tokens: what fits its certificate opens, what was touched does not, and only trusted certificates vouch."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.sbi.signed_token import (
    BadToken,
    WrongSignature,
    decode_base64url,
    encode_base64url,
    leads_to,
    make_token,
    open_token,
    read_unsigned,
)
from drivers.scanners.sbi.simulator_keys import VALID, Authority, DeviceKeys

from .tampering import NOW

CLAIMS = {"serialNo": "1", "type": "Finger"}


@pytest.fixture(scope="module")
def token(keys: DeviceKeys) -> str:
    return make_token(CLAIMS, keys.key, keys.chain)


def parts_of(token: str) -> tuple[dict[str, object], dict[str, object], bytes]:
    header, payload, signature = (decode_base64url(part, "part") for part in token.split("."))
    return json.loads(header), json.loads(payload), signature


def joined(header: object, payload: object, signature: bytes) -> str:
    texts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(encode_base64url(text) for text in texts)


def test_a_token_opens_to_its_claims(token: str, keys: DeviceKeys) -> None:
    signed = open_token(token, "data")
    assert signed.payload == CLAIMS
    assert signed.chain == keys.chain


def test_an_opened_token_shows_no_claim_when_printed(keys: DeviceKeys) -> None:
    signed = open_token(make_token({"bioValue": "QUJDRA"}, keys.key, keys.chain), "data")
    assert signed.payload["bioValue"] not in repr(signed)


def test_openssl_accepts_the_signature_too(token: str, keys: DeviceKeys, tmp_path: Path) -> None:
    claims, _, signature = token.rpartition(".")
    public = keys.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(public)
    (tmp_path / "signature").write_bytes(decode_base64url(signature, "signature"))
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature"]
    done = subprocess.run(command, input=claims.encode(), capture_output=True, cwd=tmp_path, timeout=20)
    assert done.returncode == 0, done.stderr


def test_changed_claims_are_refused(token: str) -> None:
    header, payload, signature = parts_of(token)
    with pytest.raises(WrongSignature):
        open_token(joined(header, {**payload, "serialNo": "2"}, signature), "data")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "rs256", None, 256])
def test_no_other_algorithm_is_accepted(token: str, algorithm: object) -> None:
    header, payload, signature = parts_of(token)
    with pytest.raises(BadToken, match="RS256"):
        open_token(joined({**header, "alg": algorithm}, payload, signature), "data")


@pytest.mark.parametrize("chain", [None, [], "", ["AAAA"], [1], ["not base64"], [""] * 9, {}])
def test_a_token_without_a_certificate_is_refused(token: str, chain: object) -> None:
    header, payload, signature = parts_of(token)
    with pytest.raises(BadToken, match="x5c"):
        open_token(joined({**header, "x5c": chain}, payload, signature), "data")


def changed_certificate(certificate: x509.Certificate, was: str, now: str) -> bytes:
    der, old = certificate.public_bytes(Encoding.DER), bytes.fromhex(was)
    assert der.count(old) == 1
    return der.replace(old, bytes.fromhex(now))


VERSION_3, VERSION_6 = "a003020102", "a003020105"
RSA_KEY, UNKNOWN_KEY = "2a864886f70d010101", "2a864886f70d010163"


@pytest.mark.parametrize(("was", "now"), [(VERSION_3, VERSION_6), (RSA_KEY, UNKNOWN_KEY)])
def test_a_certificate_of_an_unknown_version_or_key_is_refused(
    token: str, keys: DeviceKeys, was: str, now: str
) -> None:
    header, payload, signature = parts_of(token)
    der = base64.b64encode(changed_certificate(keys.chain[0], was, now)).decode()
    with pytest.raises(BadToken, match="x5c"):
        open_token(joined({**header, "x5c": [der]}, payload, signature), "data")


def test_an_issuer_with_an_unknown_kind_of_key_vouches_for_nobody(
    strange_keys: DeviceKeys, authority: Authority
) -> None:
    odd = x509.load_der_x509_certificate(changed_certificate(authority.certificate, RSA_KEY, UNKNOWN_KEY))
    assert not leads_to((strange_keys.chain[0], odd), [authority.certificate], NOW)
    assert not leads_to(strange_keys.chain, [odd], NOW)


def test_another_devices_certificate_does_not_fit(token: str, strange_keys: DeviceKeys) -> None:
    header, payload, signature = parts_of(token)
    der = base64.b64encode(strange_keys.chain[0].public_bytes(Encoding.DER)).decode()
    with pytest.raises(WrongSignature):
        open_token(joined({**header, "x5c": [der]}, payload, signature), "data")


@given(st.data())
def test_a_token_changed_anywhere_is_refused(token: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=").filter(lambda each: each != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    try:
        opened = open_token(changed, "data")
    except BadToken:
        return
    # Only the unused bits of the last character of a part can change without changing what it says.
    assert opened.payload == CLAIMS


@given(st.text(max_size=200) | st.integers() | st.none())
def test_any_text_is_refused(text: object) -> None:
    for read in (open_token, read_unsigned):
        with pytest.raises(BadToken):
            read(text, "data")


@given(st.binary(max_size=100))
def test_base64url_comes_back_with_or_without_padding(data: bytes) -> None:
    text = encode_base64url(data)
    assert decode_base64url(text, "x") == decode_base64url(text + "=" * (-len(text) % 4), "x") == data


def test_a_deeply_nested_payload_is_refused() -> None:
    with pytest.raises(BadToken, match="no JSON"):
        read_unsigned(encode_base64url(b"[" * 200_000), "data")


def test_a_certificate_of_the_authority_is_trusted(keys: DeviceKeys, authority: Authority) -> None:
    assert leads_to(keys.chain, [authority.certificate], NOW)


def test_a_pinned_device_certificate_is_trusted(keys: DeviceKeys) -> None:
    assert leads_to(keys.chain, keys.chain, NOW)


def test_an_authority_of_the_same_name_is_not_trusted(strange_keys: DeviceKeys, authority: Authority) -> None:
    assert strange_keys.chain[0].issuer == authority.certificate.subject
    assert not leads_to(strange_keys.chain, [authority.certificate], NOW)


def test_a_chain_may_pass_through_an_intermediate_but_not_through_a_device(
    keys: DeviceKeys, strange_keys: DeviceKeys, authority: Authority
) -> None:
    assert leads_to((keys.chain[0], authority.certificate), [authority.certificate], NOW)
    assert not leads_to((strange_keys.chain[0], keys.chain[0]), [authority.certificate], NOW)
    assert not leads_to(keys.chain, [strange_keys.chain[0]], NOW)


@pytest.mark.parametrize("away", [-timedelta(days=1), VALID + timedelta(seconds=1)])
def test_a_certificate_is_not_trusted_before_or_after_its_time(
    keys: DeviceKeys, authority: Authority, away: timedelta
) -> None:
    assert not leads_to(keys.chain, [authority.certificate], NOW + away)


def test_nobody_is_trusted_without_anchors(keys: DeviceKeys) -> None:
    assert not leads_to(keys.chain, [], NOW)
