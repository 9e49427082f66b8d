"""One finger matches itself and no other, through conformant records, in any order, and from a card's minutiae."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations
from random import Random

import cv2
import numpy as np
import pytest

from drivers.contracts.parts import Finger
from drivers.iso19794 import card_minutiae
from drivers.iso19794 import minutiae as full_record
from drivers.iso19794.minutiae import Minutia, MinutiaeTemplate, MinutiaKind
from drivers.iso19794.record import BadRecord
from station.biometrics.matching import MATCH_THRESHOLD, match
from station.biometrics.minutiae import extract, for_chip, from_chip, shortened
from station.biometrics.verdicts import Grey, UnusableInput

Templates = dict[str, MinutiaeTemplate]


def _scores(fresh: Templates, stored: Templates) -> tuple[list[int], list[int]]:
    """Genuine and impostor scores of every ordered pair of different touches."""
    genuine, impostor = [], []
    for a, b in permutations(fresh, 2):
        (genuine if a[:2] == b[:2] else impostor).append(match(fresh[a], stored[b]))
    return genuine, impostor


def test_through_conformant_records_genuine_pairs_score_70_and_impostors_25_at_most(templates: Templates) -> None:
    stored = {name: full_record.decode_one(full_record.encode(each)) for name, each in templates.items()}
    assert stored == templates
    genuine, impostor = _scores(templates, stored)
    assert (len(genuine), len(impostor)) == (12, 18)
    assert min(genuine) >= 70
    assert max(impostor) <= 25


def test_a_fresh_finger_matches_its_sixty_minutiae_on_the_chip_and_no_other(templates: Templates) -> None:
    stored = {name: from_chip(for_chip(each), Finger.RIGHT_INDEX) for name, each in templates.items()}
    genuine, impostor = _scores(templates, stored)
    assert min(genuine) >= MATCH_THRESHOLD + 10
    assert max(impostor) <= MATCH_THRESHOLD - 10


def test_a_chip_record_is_small_and_sorted_by_y_then_x(templates: Templates) -> None:
    for template in templates.values():
        record = for_chip(template)
        assert len(record) <= 180
        placed = [(each.y_tenth_mm, each.x_tenth_mm) for each in card_minutiae.decode(record)]
        assert len(placed) == 60
        assert placed == sorted(placed)


def test_the_order_of_a_records_minutiae_does_not_change_the_score(templates: Templates) -> None:
    template = templates["p1_2"]
    shuffled = list(template.minutiae)
    Random(1).shuffle(shuffled)
    score = match(templates["p1_3"], template)
    assert match(templates["p1_3"], replace(template, minutiae=tuple(shuffled))) == score
    assert score >= 70


def test_a_finger_put_down_askew_still_matches(prints: dict[str, Grey], templates: Templates) -> None:
    turn = cv2.getRotationMatrix2D((200, 250), 30, 1)
    askew = cv2.warpAffine(prints["p1_1"], turn, (400, 500), flags=cv2.INTER_CUBIC, borderValue=(255,))
    assert match(extract(np.asarray(askew, dtype=np.uint8), 500, None), templates["p1_2"]) >= MATCH_THRESHOLD


def test_a_template_at_another_resolution_is_scaled_before_it_is_compared(templates: Templates) -> None:
    original = templates["p1_2"]
    doubled = replace(
        original, ppi=1000, minutiae=tuple(replace(m, x=m.x * 2, y=m.y * 2) for m in original.minutiae)
    )
    assert match(templates["p1_1"], doubled) == match(templates["p1_1"], original)


def test_angles_point_into_the_ridge_at_an_ending_as_the_standard_wants(
    prints: dict[str, Grey], templates: Templates
) -> None:
    grey, template = prints["p1_1"], templates["p1_1"]
    ahead, behind = [], []
    for minutia in template.minutiae:
        if minutia.kind is MinutiaKind.RIDGE_ENDING and minutia.quality >= 40:
            angle = minutia.angle * 2 * math.pi / 256
            for reach_px in range(4, 9):
                across, down = reach_px * math.cos(angle), -reach_px * math.sin(angle)
                ahead.append(int(grey[round(minutia.y + down), round(minutia.x + across)]))
                behind.append(int(grey[round(minutia.y - down), round(minutia.x - across)]))
    assert len(ahead) > 100
    assert np.mean(ahead) + 100 < np.mean(behind)


def test_a_template_taller_than_a_card_can_say_keeps_its_middle() -> None:
    column = tuple(Minutia(10 + y % 3, y, 0, MinutiaKind.RIDGE_ENDING, 50) for y in range(0, 800, 20))
    tall = MinutiaeTemplate(400, 800, 500, Finger.LEFT_INDEX, 0, column)
    kept = shortened(tall, 60)
    assert kept.minutiae[0].y == 0
    assert 400 < kept.minutiae[-1].y <= 25.5 * 500 / 25.4
    assert len(card_minutiae.decode(for_chip(tall))) == len(kept.minutiae)


def test_the_poorest_minutiae_are_the_first_to_go(templates: Templates) -> None:
    template = templates["p2_2"]
    poor = sum(1 for each in template.minutiae if each.quality < 20)
    assert len(template.minutiae) - poor < 90
    kept = shortened(template, 90)
    dropped = sorted(each.quality for each in template.minutiae)[: len(template.minutiae) - 90]
    assert len(kept.minutiae) == 90
    assert sum(each.quality for each in template.minutiae) - sum(each.quality for each in kept.minutiae) == sum(dropped)


def test_an_empty_template_matches_nothing(templates: Templates) -> None:
    empty = replace(templates["p1_1"], minutiae=())
    assert match(empty, templates["p1_1"]) == 0
    assert match(empty, empty) == 0
    assert for_chip(empty) == b""


def test_a_template_without_a_resolution_is_refused(templates: Templates) -> None:
    with pytest.raises(UnusableInput, match="resolution"):
        match(replace(templates["p1_1"], ppi=0), templates["p1_1"])


def test_a_chip_record_cut_short_is_refused(templates: Templates) -> None:
    with pytest.raises(BadRecord):
        from_chip(for_chip(templates["p1_1"])[:-1], None)
