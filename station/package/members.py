"""A package's members: one JSON of what was said and done, and one file for each thing that a device gave."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from station.domain.canonical import canonical
from station.domain.citizen import BadBiodata, BadNik, Biodata
from station.package.contents import (
    CapturedPart,
    Confirmation,
    Correction,
    EnrolmentPackage,
    MissingPart,
    Modality,
    Verification,
)

T = TypeVar("T")

DETAILS = "package.json"
STROKES = "signature.strokes"
MARK = "confirmation.strokes"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_TEXT_MAX = 2000
_DETAILS_MAX = 256 * 1024


class BadPackage(ValueError):
    """A package that cannot be read; `where` is the member or field. Never a value from it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where, self.reason = where, reason


def of_package(package: EnrolmentPackage) -> dict[str, bytes]:
    """Every member but the manifest, in the order in which they stand."""
    files = {_file_name(index, part): part.record for index, part in enumerate(package.captures)}
    return {DETAILS: canonical(_details(package)), **files, STROKES: package.strokes, MARK: package.confirmation.mark}


def _file_name(index: int, part: CapturedPart) -> str:
    name = f"{index:02d}-{part.modality}-{part.part}.iso"
    if not _NAME.fullmatch(name):
        raise BadPackage(f"captures[{index}].part", "not a part's name")
    return name


def _details(package: EnrolmentPackage) -> dict[str, Any]:
    return {
        "record_id": package.record_id,
        "station_id": package.station_id,
        "operator": package.operator,
        "opened_at": _instant(package.opened_at, "opened_at"),
        "biodata": package.biodata.to_json(),
        "captures": [
            {
                "modality": part.modality.value,
                "part": part.part,
                "image_format": part.image_format,
                "quality": part.quality,
                "device": part.device,
                "tries": part.tries,
            }
            for part in package.captures
        ],
        "missing": [{"part": m.part, "reason": m.reason, "operator": m.operator} for m in package.missing],
        "corrections": [
            {
                "field": c.field,
                "before": c.before,
                "document": c.document,
                "operator": c.operator,
                "authentication": c.authentication,
            }
            for c in package.corrections
        ],
        "verifications": [{"finger": v.finger, "score": v.score} for v in package.verifications],
        "waiver": package.waiver,
        "confirmation": {
            "means": package.confirmation.means,
            "at": _instant(package.confirmation.at, "confirmation.at"),
        },
    }


def to_package(files: Mapping[str, bytes]) -> EnrolmentPackage:
    """From members whose hashes hold; `BadPackage` names the field."""
    at = _Place(_loaded(files), DETAILS)
    confirmed = at.inside("confirmation")
    captures = at.each("captures", lambda item: item)
    return EnrolmentPackage(
        record_id=at.text("record_id"),
        station_id=at.text("station_id"),
        operator=at.text("operator"),
        opened_at=at.moment("opened_at"),
        biodata=_biodata(at.value("biodata")),
        captures=tuple(_captured(index, item, files) for index, item in enumerate(captures)),
        strokes=_file(files, STROKES),
        missing=at.each("missing", lambda m: MissingPart(m.text("part"), m.text("reason"), m.text("operator"))),
        corrections=at.each("corrections", _correction),
        verifications=at.each("verifications", lambda v: Verification(v.text("finger"), v.number("score"))),
        waiver=at.text("waiver"),
        confirmation=Confirmation(confirmed.text("means"), _file(files, MARK), confirmed.moment("at")),
    )


def _correction(at: _Place) -> Correction:
    return Correction(
        at.text("field"), at.text("before"), at.text("document"), at.text("operator"), at.text("authentication")
    )


def _captured(index: int, at: _Place, files: Mapping[str, bytes]) -> CapturedPart:
    try:
        modality = Modality(at.text("modality"))
    except ValueError:
        raise BadPackage(f"{at.path}.modality", "unknown") from None
    quality = None if at.value("quality") is None else at.number("quality")
    part = CapturedPart(
        modality, at.text("part"), b"", at.text("image_format"), quality, at.text("device"), at.number("tries")
    )
    record = _file(files, _file_name(index, part))
    return CapturedPart(modality, part.part, record, part.image_format, quality, part.device, part.tries)


def _biodata(value: Any) -> Biodata:
    if not isinstance(value, dict):
        raise BadPackage("biodata", "not an object")
    try:
        return Biodata.from_json(value)
    except (BadBiodata, BadNik) as wrong:
        raise BadPackage("biodata", str(wrong)) from None


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise BadPackage(name, "missing")
    return files[name]


def _loaded(files: Mapping[str, bytes]) -> Any:
    body = _file(files, DETAILS)
    if len(body) > _DETAILS_MAX:
        raise BadPackage(DETAILS, "too large")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadPackage(DETAILS, "not JSON") from None


def _instant(moment: datetime, where: str) -> str:
    if moment.tzinfo is None:
        raise BadPackage(where, "no time zone")
    return moment.isoformat()


class _Place:
    """One object inside the details, and the path to it, for messages."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise BadPackage(path, "not an object")
        self._value, self.path = value, path

    def value(self, name: str) -> Any:
        if name not in self._value:
            raise BadPackage(f"{self.path}.{name}", "missing")
        return self._value[name]

    def inside(self, name: str) -> _Place:
        return _Place(self.value(name), f"{self.path}.{name}")

    def each(self, name: str, read: Callable[[_Place], T]) -> tuple[T, ...]:
        value = self.value(name)
        if not isinstance(value, list):
            raise BadPackage(f"{self.path}.{name}", "not a list")
        return tuple(read(_Place(item, f"{self.path}.{name}[{index}]")) for index, item in enumerate(value))

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str) or len(value) > _TEXT_MAX:
            raise BadPackage(f"{self.path}.{name}", "not text, or too long")
        return value

    def number(self, name: str) -> int:
        value = self.value(name)
        if type(value) is not int or abs(value) >= 2**53:
            raise BadPackage(f"{self.path}.{name}", "not a whole number")
        return value

    def moment(self, name: str) -> datetime:
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise BadPackage(f"{self.path}.{name}", "not a time") from None
        if moment.tzinfo is None:
            raise BadPackage(f"{self.path}.{name}", "no time zone")
        return moment
