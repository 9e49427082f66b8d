"""A package has exactly one encoding: a stored ZIP with fixed dates, whose last member lists the SHA-256 of the others.

So `decode` can be strict: whatever would not be written again byte for byte (another order, a trailing byte, a path, a
second member of one name) is refused. It is bounded before anything is read: nothing in it is compressed.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from station.domain.canonical import canonical
from station.package import members
from station.package.contents import EnrolmentPackage
from station.package.members import BadPackage

__all__ = ["PACKAGE_BYTES_MAX", "BadPackage", "decode", "encode"]

PACKAGE_BYTES_MAX = 16 * 1024 * 1024
MEMBERS_MAX = 48  # ten fingers, two eyes, a face, and the few of our own; room for more captures of one part
_DETAILS_MAX = 256 * 1024
_MANIFEST = "manifest.json"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can hold
_FORMAT = 1


def encode(package: EnrolmentPackage) -> bytes:
    """The package's one encoding; `BadPackage` when it is larger than a package may be."""
    parts = members.of_package(package)
    manifest = {
        "format": _FORMAT,
        "members": [
            {"name": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
            for name, body in parts.items()
        ],
    }
    data = _zipped({**parts, _MANIFEST: canonical(manifest)})
    if len(data) > PACKAGE_BYTES_MAX or len(parts) + 1 > MEMBERS_MAX:
        raise BadPackage("package", f"{len(data)} bytes in {len(parts) + 1} members are too many")
    return data


def decode(data: bytes) -> EnrolmentPackage:
    """The inverse; `BadPackage` names the member or field that is wrong, never its value."""
    if len(data) > PACKAGE_BYTES_MAX:
        raise BadPackage("package", f"{len(data)} bytes are more than {PACKAGE_BYTES_MAX}")
    parts = _unzipped(data)
    _check_manifest(parts)
    package = members.to_package(parts)
    if encode(package) != data:
        raise BadPackage("package", "not in the one encoding that a package has")
    return package


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, body in parts.items():
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.create_system = 3  # else the encoding would depend on the system that packs
            info.external_attr = 0o600 << 16
            archive.writestr(info, body)
    return file.getvalue()


def _unzipped(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > MEMBERS_MAX:
                raise BadPackage("package", f"{len(infos)} members are more than {MEMBERS_MAX}")
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                raise BadPackage("package", "a member is compressed")
            # Members may overlap in a crafted file: their sizes together are bounded too.
            if sum(info.file_size for info in infos) > PACKAGE_BYTES_MAX:
                raise BadPackage("package", "the members are larger than the file")
            return {info.filename: archive.read(info) for info in infos}
    except BadPackage:
        raise
    # What zipfile raises for crafted bytes; NotImplementedError and "encrypted" are RuntimeErrors.
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError, struct.error, OverflowError, LookupError):
        raise BadPackage("package", "not a readable ZIP") from None


def _check_manifest(parts: Mapping[str, bytes]) -> None:
    manifest = _read_json(parts, _MANIFEST)
    if manifest.get("format") != _FORMAT:
        raise BadPackage(_MANIFEST, "written by another version")
    listed = manifest.get("members")
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise BadPackage(_MANIFEST, "members: not a list of objects")
    names = [item.get("name") for item in listed]
    if names != [name for name in parts if name != _MANIFEST]:
        raise BadPackage(_MANIFEST, "does not list exactly the members that are there")
    for item in listed:
        if item.get("sha256") != hashlib.sha256(parts[item["name"]]).hexdigest():
            raise BadPackage(item["name"], "its SHA-256 is not the manifest's")


def _read_json(parts: Mapping[str, bytes], name: str) -> dict[str, Any]:
    body = parts.get(name)
    if body is None:
        raise BadPackage(name, "missing")
    if len(body) > _DETAILS_MAX:
        raise BadPackage(name, "too large")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadPackage(name, "not JSON") from None
    if not isinstance(value, dict):
        raise BadPackage(name, "not an object")
    return value
