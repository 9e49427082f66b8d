"""A manifest announces up to 500 bodies in one round trip; the reply says what is missing and from where to go on."""

from __future__ import annotations

from dataclasses import dataclass

from station.wire.fields import BadMessage, Fields, encoded, opened
from station.wire.limits import BODY_BYTES_MAX, MANIFEST_ENTRIES_MAX


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    record_id: str
    sha256: str  # of the sealed bytes
    size: int

    def to_json(self) -> dict[str, str | int]:
        return {"record_id": self.record_id, "sha256": self.sha256, "size": self.size}

    @classmethod
    def from_fields(cls, at: Fields) -> ManifestEntry:
        return cls(at.id("record_id"), at.sha256("sha256"), at.number("size", least=1, most=BODY_BYTES_MAX))


@dataclass(frozen=True, slots=True)
class Manifest:
    station_id: str
    entries: tuple[ManifestEntry, ...]

    def encode(self) -> bytes:
        return encoded(station_id=self.station_id, entries=[entry.to_json() for entry in self.entries])

    @classmethod
    def decode(cls, data: bytes) -> Manifest:
        at = opened(data, "manifest")
        entries = at.each("entries", ManifestEntry.from_fields, most=MANIFEST_ENTRIES_MAX)
        if len({entry.record_id for entry in entries}) != len(entries):
            raise BadMessage("manifest.entries", "names a record twice")
        return cls(at.id("station_id"), entries)


@dataclass(frozen=True, slots=True)
class MissingBody:
    sha256: str
    offset: int  # bytes already held

    def to_json(self) -> dict[str, str | int]:
        return {"sha256": self.sha256, "offset": self.offset}

    @classmethod
    def from_fields(cls, at: Fields) -> MissingBody:
        return cls(at.sha256("sha256"), at.number("offset", most=BODY_BYTES_MAX))


@dataclass(frozen=True, slots=True)
class ManifestReply:
    """Bodies of the manifest that are not named here are held in full."""

    missing: tuple[MissingBody, ...]

    def encode(self) -> bytes:
        return encoded(missing=[body.to_json() for body in self.missing])

    @classmethod
    def decode(cls, data: bytes) -> ManifestReply:
        at = opened(data, "manifest reply")
        return cls(at.each("missing", MissingBody.from_fields, most=MANIFEST_ENTRIES_MAX))


@dataclass(frozen=True, slots=True)
class UploadState:
    """After a chunk: what the centre holds on disk, and whether that is all."""

    offset: int
    complete: bool

    def encode(self) -> bytes:
        return encoded(offset=self.offset, complete=self.complete)

    @classmethod
    def decode(cls, data: bytes) -> UploadState:
        at = opened(data, "upload state")
        complete = at.value("complete")
        if not isinstance(complete, bool):
            raise BadMessage("upload state.complete", "neither true nor false")
        return cls(at.number("offset", most=BODY_BYTES_MAX), complete)
