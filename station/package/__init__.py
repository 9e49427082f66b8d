"""An enrolment package is everything that one recording gave, as one file with a manifest: nothing else leaves here."""

from __future__ import annotations

from station.package.archive import PACKAGE_BYTES_MAX, BadPackage, decode, encode
from station.package.contents import (
    CapturedPart,
    Confirmation,
    Correction,
    EnrolmentPackage,
    MissingPart,
    Modality,
    Verification,
)

SEALED_PACKAGE = "package.sealed"
"""The vault's name for the package's body once it is sealed to the centre."""

__all__ = [
    "PACKAGE_BYTES_MAX",
    "SEALED_PACKAGE",
    "BadPackage",
    "CapturedPart",
    "Confirmation",
    "Correction",
    "EnrolmentPackage",
    "MissingPart",
    "Modality",
    "Verification",
    "decode",
    "encode",
]
