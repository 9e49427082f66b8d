"""A body is admitted as a record only if it opens as this station's own package; else it is refused with a reason.

A refusal concerns one body of one record. Everything else goes on.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from station.domain.citizen import Nik
from station.package import BadPackage, EnrolmentPackage, decode
from station.sealing.suites import BadSeal, SealingKey, open_sealed, sealed_to
from station.wire.manifests import ManifestEntry
from station.wire.seals import enrolment_context


class RefusalReason(StrEnum):
    """What stands in a signed refusal; stations show it, and a person looks."""

    NO_SEAL = "no_seal"
    UNKNOWN_SEALING_KEY = "unknown_sealing_key"  # sealed to a key that this centre does not have
    NOT_OPENABLE = "not_openable"  # changed since it was sealed, or made for another station or record
    BAD_PACKAGE = "bad_package"
    WRONG_SIZE = "wrong_size"
    OTHER_STATION = "other_station"  # the package names another one
    OTHER_RECORD = "other_record"
    HELD_WITH_OTHER_CONTENT = "held_with_other_content"  # the record is here, with another body
    HELD_FOR_OTHER_STATION = "held_for_other_station"


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """`where` is the package's member or field for a bad package."""

    reason: RefusalReason
    where: str = ""

    @property
    def text(self) -> str:
        return f"{self.reason}: {self.where}" if self.where else self.reason.value


def opened_package(
    body: bytes, station_id: str, entry: ManifestEntry, keys: Sequence[SealingKey]
) -> EnrolmentPackage | NotAdmitted:
    """The package, if the body is what the manifest says it is."""
    if len(body) != entry.size:
        return NotAdmitted(RefusalReason.WRONG_SIZE)
    try:
        _, key_id = sealed_to(body)
    except BadSeal:
        return NotAdmitted(RefusalReason.NO_SEAL)
    if key_id not in {key.key_id for key in keys}:
        return NotAdmitted(RefusalReason.UNKNOWN_SEALING_KEY)
    try:
        package = decode(open_sealed(body, keys, context=enrolment_context(station_id, entry.record_id)))
    except BadSeal:
        return NotAdmitted(RefusalReason.NOT_OPENABLE)
    except BadPackage as bad:
        return NotAdmitted(RefusalReason.BAD_PACKAGE, bad.where[:80])
    if package.station_id != station_id:
        return NotAdmitted(RefusalReason.OTHER_STATION)
    if package.record_id != entry.record_id:
        return NotAdmitted(RefusalReason.OTHER_RECORD)
    return package


def person_key(nik: Nik, secret: bytes) -> str:
    """Equal for one person; without the secret it cannot be turned back by trying every NIK."""
    return hmac.new(secret, b"ektp person" + nik.digits.encode(), hashlib.sha256).hexdigest()
