"""JSON web signatures as devices make them (RFC 7515): RS256, the signer's certificate in `x5c`; whom they lead to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

CHAIN_MAX = 5
# A version that X.509 does not know is an error of its own kind there, and no ValueError.
_UNREADABLE = (ValueError, x509.InvalidVersion, UnsupportedAlgorithm)
KEY_BITS = range(2048, 8193)


class BadToken(ValueError):
    """These characters are no token of this kind."""


class WrongSignature(BadToken):
    """A token in good form whose signature does not fit its contents."""


@dataclass(frozen=True, slots=True, repr=False)  # the payload of a capture is biometrics
class Signed:
    """A payload whose signature fits the key of `chain[0]`. Whether that key is anybody's is another question."""

    payload: Mapping[str, Any]
    chain: tuple[x509.Certificate, ...]


def decode_base64url(text: object, field: str) -> bytes:
    """The URL alphabet, with or without padding."""
    if not isinstance(text, str):
        raise BadToken(f"{field}: no text")
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadToken(f"{field}: no base64url ({type(error).__name__})") from None


def encode_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def read_object(data: bytes, field: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise BadToken(f"{field}: no JSON") from None
    if not isinstance(value, dict):
        raise BadToken(f"{field}: no JSON object")
    return value


def read_unsigned(token: object, field: str) -> dict[str, Any]:
    """The payload of a token with or without a signature, which is not looked at."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) not in (1, 3):
        raise BadToken(f"{field}: not one or three parts")
    return read_object(decode_base64url(parts[len(parts) // 2], field), field)


def open_token(token: object, field: str) -> Signed:
    """Raises `WrongSignature`, or another `BadToken` when the form is wrong already."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        raise BadToken(f"{field}: not three parts")
    header = read_object(decode_base64url(parts[0], f"{field} header"), f"{field} header")
    # Exactly one algorithm: a token that names its own ("none", HS256 with the public key) must not choose.
    if header.get("alg") != "RS256" or "crit" in header:
        raise BadToken(f"{field} header: not plain RS256")
    chain = _chain(header.get("x5c"), field)
    payload = read_object(decode_base64url(parts[1], field), field)
    _check(chain[0], f"{parts[0]}.{parts[1]}".encode(), decode_base64url(parts[2], f"{field} signature"), field)
    return Signed(payload, chain)


def _chain(value: object, field: str) -> tuple[x509.Certificate, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not 1 <= len(texts) <= CHAIN_MAX or not all(isinstance(t, str) for t in texts):
        raise BadToken(f"{field} x5c: not one to {CHAIN_MAX} certificates")
    try:
        return tuple(x509.load_der_x509_certificate(base64.b64decode(text, validate=True)) for text in texts)
    except _UNREADABLE:
        raise BadToken(f"{field} x5c: no certificate") from None


def _check(certificate: x509.Certificate, signed: bytes, signature: bytes, field: str) -> None:
    try:
        key = certificate.public_key()
    except _UNREADABLE:
        raise BadToken(f"{field} x5c: no key that can be read") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in KEY_BITS:
        raise BadToken(f"{field} x5c: no RSA key of 2048 bits or more")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise WrongSignature(f"{field}: the signature does not fit") from None


def leads_to(chain: Sequence[x509.Certificate], trust: Sequence[x509.Certificate], at: datetime) -> bool:
    """Is `chain[0]` one of `trust`, or issued by one of them, directly or through the rest, with all valid at `at`?"""
    current, rest = chain[0], list(chain[1:])
    for _ in range(CHAIN_MAX):
        if not _is_valid(current, at):
            return False
        if current in trust or any(_issued(current, anchor) and _is_valid(anchor, at) for anchor in trust):
            return True
        following = next((each for each in rest if _issued(current, each)), None)
        if following is None:
            return False
        rest.remove(following)
        current = following
    return False


def _is_valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (*_UNREADABLE, x509.ExtensionNotFound, x509.DuplicateExtension, TypeError, InvalidSignature):
        return False
    return True


def make_token(payload: Mapping[str, Any], key: rsa.RSAPrivateKey, chain: Sequence[x509.Certificate]) -> str:
    """What a device does; the station itself signs nothing this way."""
    x5c = [base64.b64encode(each.public_bytes(Encoding.DER)).decode("ascii") for each in chain]
    header = {"alg": "RS256", "typ": "JWT", "x5c": x5c}
    signed = ".".join(encode_base64url(json.dumps(part).encode()) for part in (header, payload))
    return f"{signed}.{encode_base64url(key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"
