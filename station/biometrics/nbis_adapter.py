"""The one place that touches nbis-py: NFIQ 2, MINDTCT and Bozorth3 behind three functions, safe from several threads.

What nbis-py 0.1.3 is like, as measured:
- an extractor with NFIQ 2 takes 0.8 s to make (it loads the forest) and may be shared: the calls release the GIL,
  and two threads on one extractor give the same results as one, in 0.55 of the time;
- its angles are already those of ISO/IEC 19794-2 (counter-clockwise, into the ridge at an ending, into the valley at
  a bifurcation), its rows count downwards;
- its "ISO" records are not ISO/IEC 19794-2: no view header, a two-byte count, qualities of six bits. Conformant ones
  are read as empty, without an error. `_private_record` writes its layout for its loader; it never leaves this file;
- NFIQ 2 links FingerJetFX (LGPL-3.0) as a separate library.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from station.biometrics.verdicts import Grey

_ANGLE_STEP_DEG = 360 / 256
_BOZORTH_MINUTIAE_MAX = 150  # what NIST's own program keeps
_making = Lock()


class BiometricsUnavailable(RuntimeError):
    """nbis-py is not installed on this system: fingers can be recorded, but neither judged nor matched."""


@dataclass(frozen=True, slots=True)
class RawMinutia:
    """Pixels from the top left, degrees counter-clockwise from the right, reliability 0..1."""

    x: int
    y: int
    angle_deg: float
    is_bifurcation: bool
    reliability: float


@dataclass(frozen=True, slots=True)
class Examination:
    """`nfiq2` is None if not asked for, or if NFIQ 2 refuses the image (nearly uniform, or beyond 800x1000)."""

    nfiq2: int | None
    minutiae: tuple[RawMinutia, ...]


def warm_up() -> None:
    """Loads the NFIQ 2 forest now (0.8 s) instead of at the first finger."""
    _extractor(nfiq2=True)


def examine(grey: Grey, *, nfiq2: bool) -> Examination:
    """Minutiae of a 500 ppi image, and its NFIQ 2 score if asked: about 70 ms without, 170 ms with."""
    nbis = _module()
    height, width = grey.shape
    # PGM is the cheapest container that its image reader knows.
    image = b"P5 %d %d 255\n" % (width, height) + grey.tobytes()
    try:
        found = _extractor(nfiq2=nfiq2).extract_minutiae(image)
    except nbis.NbisError:
        return Examination(None, ())
    minutiae = tuple(
        RawMinutia(m.x(), m.y(), m.angle(), m.kind() is nbis.MinutiaKind.BIFURCATION, m.reliability())
        for m in found.get()
    )
    return Examination(int(found.quality().score) if nfiq2 else None, minutiae)


def compare(a: tuple[RawMinutia, ...], b: tuple[RawMinutia, ...]) -> int:
    """The Bozorth3 score: 0 and up, symmetric to within a few points, 4-25 ms."""
    if not a or not b:
        return 0
    loader = _extractor(nfiq2=False)
    first = loader.load_iso_19794_2_2005(_private_record(a))
    second = loader.load_iso_19794_2_2005(_private_record(b))
    return int(first.compare(second))


@cache
def _module() -> Any:
    try:
        import nbis
    except (ImportError, OSError) as error:
        raise BiometricsUnavailable("nbis-py: " + type(error).__name__) from error
    return nbis


def _extractor(*, nfiq2: bool) -> Any:
    with _making:
        return _make_extractor(nfiq2)


@cache
def _make_extractor(nfiq2: bool) -> Any:
    nbis = _module()
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=nfiq2, ppi=None
    )
    return nbis.new_nbis_extractor(settings)


def _private_record(minutiae: tuple[RawMinutia, ...]) -> bytes:
    """nbis-py's own layout. Width, height and the rest of the header do not enter the score and are left zero."""
    # Bozorth3 takes its points for sorted by x, then y; nbis-py does not sort. By y, a genuine 116 becomes a 39.
    best = sorted(minutiae, key=lambda each: -each.reliability)[:_BOZORTH_MINUTIAE_MAX]
    placed = sorted(best, key=lambda each: (each.x, each.y))
    body = b"".join(
        struct.pack(
            ">HHBB",
            (2 if m.is_bifurcation else 1) << 14 | m.x,
            m.y,
            round(m.angle_deg / _ANGLE_STEP_DEG) % 256,
            round(m.reliability * 63),
        )
        for m in placed
    )
    return struct.pack(">4s4sI12xH", b"FMR\0", b" 20\0", 26 + len(body), len(placed)) + body
