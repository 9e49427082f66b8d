"""Keys and certificates for a simulated device: a test authority vouches for a device key, made at each start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

KEY_BITS = 2048
VALID = timedelta(days=30)  # MOSIP's recommended life of a device key


@dataclass(frozen=True, slots=True)
class Authority:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """The device signs with `key`; `chain[0]` is its certificate."""

    key: rsa.RSAPrivateKey
    chain: tuple[x509.Certificate, ...]


def make_authority(at: datetime, name: str = "Simulated Device Provider") -> Authority:
    key = _new_key()
    return Authority(key, _certificate(name, key, name, key, at, is_authority=True))


def make_keys(authority: Authority, at: datetime, serial: str) -> DeviceKeys:
    key = _new_key()
    issuer = authority.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return DeviceKeys(key, (_certificate(serial, key, str(issuer), authority.key, at, is_authority=False),))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _certificate(
    subject: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    at: datetime,
    *,
    is_authority: bool,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + VALID)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer_key, SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
