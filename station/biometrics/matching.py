"""One finger against one template: a Bozorth3 score, from records of any maker.

The records may be full or compact-card. Bozorth3 looks only at places and directions, so a record of another algorithm
matches too, if its angles follow the standard. Seen on 6 images of 2 fingers: full against full, genuine 73-153 and
impostor at most 15; fresh against a card's 60 minutiae, genuine 56-149 and impostor at most 27.
"""

from __future__ import annotations

from drivers.iso19794.minutiae import Minutia, MinutiaeTemplate, MinutiaKind
from station.biometrics import nbis_adapter
from station.biometrics.nbis_adapter import RawMinutia
from station.biometrics.thresholds import MATCH_THRESHOLD
from station.biometrics.verdicts import Modality, UnusableInput

__all__ = ["MATCH_THRESHOLD", "match"]

_COMPARED_PPI = 500
_COORDINATE_MAX = 0x3FFF


def match(a: MinutiaeTemplate, b: MinutiaeTemplate) -> int:
    """The Bozorth3 score, 0 and up; from `MATCH_THRESHOLD` it is the same finger. Other resolutions are scaled."""
    return nbis_adapter.compare(_raw(a), _raw(b))


def _raw(template: MinutiaeTemplate) -> tuple[RawMinutia, ...]:
    if not template.ppi:
        raise UnusableInput(Modality.FINGER, "template without a resolution")
    scale = _COMPARED_PPI / template.ppi
    return tuple(_raw_minutia(each, scale) for each in template.minutiae)


def _raw_minutia(minutia: Minutia, scale: float) -> RawMinutia:
    # Unsaid quality counts as the middle: Bozorth3 takes the best 150 and a card's are few.
    reliability = (minutia.quality or 50) / 100
    x, y = min(round(minutia.x * scale), _COORDINATE_MAX), min(round(minutia.y * scale), _COORDINATE_MAX)
    return RawMinutia(x, y, minutia.angle * 360 / 256, minutia.kind is MinutiaKind.BIFURCATION, reliability)
