"""Minutiae of a finger's image as an ISO/IEC 19794-2 template, and the few of them that a chip has room for."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from drivers.contracts.parts import Finger
from drivers.iso19794 import card_minutiae
from drivers.iso19794.card_minutiae import USUAL_COUNT_MAX
from drivers.iso19794.minutiae import Minutia, MinutiaeTemplate, MinutiaKind
from station.biometrics import nbis_adapter
from station.biometrics.finger_images import check_finger_image
from station.biometrics.nbis_adapter import Examination, RawMinutia
from station.biometrics.verdicts import Grey

RECORD_COUNT_MAX = 255  # one byte in a 19794-2 view
CARD_SIDE_MM = 25.5  # 0.1 mm in one byte
_SURELY_POOR = 20  # of 100: MINDTCT's reliability where it saw little more than the block's direction


def extract(grey: Grey, ppi: int, finger: Finger | None) -> MinutiaeTemplate:
    """MINDTCT's minutiae of a 500 ppi image, about 70 ms; `quality` 0: nobody asked NFIQ 2. Raises `UnusableFinger`.

    It finds minutiae in anything: an image that `judge_finger` has not passed may hold no ridges.
    """
    check_finger_image(grey, ppi)
    return template_of(nbis_adapter.examine(grey, nfiq2=False), grey, ppi, finger)


def template_of(examination: Examination, grey: Grey, ppi: int, finger: Finger | None) -> MinutiaeTemplate:
    """An examination as a record would hold it: at most 255 minutiae, the most reliable ones."""
    best = sorted(examination.minutiae, key=lambda each: -each.reliability)[:RECORD_COUNT_MAX]
    height, width = grey.shape
    kept = tuple(_minutia(each) for each in sorted(best, key=lambda each: (each.x, each.y)))
    return MinutiaeTemplate(width, height, ppi, finger, examination.nfiq2 or 0, kept)


def _minutia(raw: RawMinutia) -> Minutia:
    kind = MinutiaKind.BIFURCATION if raw.is_bifurcation else MinutiaKind.RIDGE_ENDING
    # 0 would mean "not said".
    return Minutia(raw.x, raw.y, round(raw.angle_deg * 256 / 360) % 256, kind, max(1, round(raw.reliability * 100)))


def for_chip(template: MinutiaeTemplate, *, count_max: int = USUAL_COUNT_MAX) -> bytes:
    """The compact-card record of at most `count_max` minutiae (180 bytes for 60), sorted by y, then x."""
    return card_minutiae.encode(card_minutiae.for_card(shortened(template, count_max), count_max=count_max))


def from_chip(record: bytes, finger: Finger | None) -> MinutiaeTemplate:
    """Read back for the matcher; raises `BadRecord` for what is no compact-card record."""
    return card_minutiae.from_card(card_minutiae.decode(record), finger)


def shortened(template: MinutiaeTemplate, count_max: int) -> MinutiaeTemplate:
    """At most `count_max` minutiae within a card's 25.5 mm square, moved to its corner.

    In the order that ISO/IEC 19794-2:2005, clause 8 sets for cards: first the poorest go, then the convex hull is
    peeled, so that what stays is the middle of the finger, which two touches are likeliest to share.
    """
    kept = sorted(template.minutiae, key=lambda each: each.quality)
    while len(kept) > count_max and kept[0].quality < _SURELY_POOR:
        kept.pop(0)
    while len(kept) > count_max or _side_px(kept) * 25.4 / template.ppi > CARD_SIDE_MM:
        kept.remove(_outermost(kept))
    left = min((each.x for each in kept), default=0)
    top = min((each.y for each in kept), default=0)
    moved = (replace(each, x=each.x - left, y=each.y - top) for each in kept)
    return replace(template, minutiae=tuple(sorted(moved, key=lambda each: (each.y, each.x))))


def _side_px(minutiae: list[Minutia]) -> int:
    across, down = [each.x for each in minutiae], [each.y for each in minutiae]
    return max(max(across) - min(across), max(down) - min(down)) if minutiae else 0


def _outermost(minutiae: list[Minutia]) -> Minutia:
    """The poorest minutia of the convex hull."""
    points = np.array([(each.x, each.y) for each in minutiae], dtype=np.int32)
    hull = cv2.convexHull(points, returnPoints=False).ravel()
    return min((minutiae[int(index)] for index in hull), key=lambda each: each.quality)
