"""The chip's biodata is one line of 21 quoted fields in a fixed order; the format has no escape for a quote.

Order and quoting as two independent public readers parse them. Fields 16 to 18 are read by nobody; ours hold the
validity and the two finger positions. The last is empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.contracts.parts import Finger
from station.domain.citizen import Biodata

FIELDS = (
    "nik",
    "alamat",
    "rt",
    "rw",
    "tempat_lahir",
    "kecamatan",
    "kelurahan",
    "kabupaten",
    "jenis_kelamin",
    "golongan_darah",
    "agama",
    "status_perkawinan",
    "pekerjaan",
    "nama",
    "tanggal_lahir",
    "provinsi",
    "berlaku_hingga",
    "finger_1",
    "finger_2",
    "kewarganegaraan",
    "reserved",
)
_TEXT_BYTES_MAX = 4096  # half of the smallest chip


class BadBiodataText(ValueError):
    """A value that the list cannot hold, or bytes that are no such list; names the field, never its value."""


def biodata_text(biodata: Biodata, fingers: Sequence[Finger] = ()) -> bytes:
    """UTF-8; the date of birth as DD-MM-YYYY; `fingers` are the positions of the chip's templates, at most two."""
    if len(fingers) > 2:
        raise BadBiodataText(f"finger_2: {len(fingers)} templates, a chip holds two")
    positions = [str(int(finger)) for finger in fingers] + ["", ""]
    special = {
        "nik": biodata.nik.digits,
        "jenis_kelamin": biodata.jenis_kelamin.value,
        "tanggal_lahir": f"{biodata.tanggal_lahir:%d-%m-%Y}",
        "finger_1": positions[0],
        "finger_2": positions[1],
        "reserved": "",
    }
    values = [special[name] if name in special else str(getattr(biodata, name)) for name in FIELDS]
    for name, value in zip(FIELDS, values, strict=True):
        if '"' in value or any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise BadBiodataText(f"{name}: a quote or control character")
    try:
        return ",".join(f'"{value}"' for value in values).encode()
    except UnicodeEncodeError:
        raise BadBiodataText("biodata: a character that is no Unicode text") from None


def parse_biodata_text(data: bytes) -> list[str]:
    """The 21 values in order; `BadBiodataText`."""
    if len(data) > _TEXT_BYTES_MAX:
        raise BadBiodataText(f"biodata: {len(data)} bytes are more than {_TEXT_BYTES_MAX}")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BadBiodataText("biodata: not UTF-8") from None
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise BadBiodataText("biodata: not quoted at both ends")
    values = text[1:-1].split('","')
    if len(values) != len(FIELDS):
        raise BadBiodataText(f"biodata: {len(values)} fields, not {len(FIELDS)}")
    for name, value in zip(FIELDS, values, strict=True):
        if '"' in value:
            raise BadBiodataText(f"{name}: a quote inside")
    return values
