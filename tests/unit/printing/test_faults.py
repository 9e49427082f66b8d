"""The fault language."""

from __future__ import annotations

import pytest

from drivers.simulators.faults import FAULTS, Fault, FaultPlan, parse_faults


def test_text_becomes_faults_in_order() -> None:
    assert parse_faults(" ribbon-out@card=2,jam@card=3  drop-link@byte=4000 ") == (
        Fault("ribbon-out", "card", 2),
        Fault("jam", "card", 3),
        Fault("drop-link", "byte", 4000),
    )


def test_no_text_is_no_faults() -> None:
    assert parse_faults(" ") == ()


@pytest.mark.parametrize(
    "piece", ["jam", "jam@card", "jam@card=x", "jam@apdu=2", "fire@card=1", "jam@card=0", "jam@card=-1"]
)
def test_bad_piece_is_named(piece: str) -> None:
    with pytest.raises(ValueError, match=f"fault '{piece}'"):
        parse_faults(f"ribbon-out@card=2 {piece}")


def test_unknown_fault_is_answered_with_what_is_known() -> None:
    with pytest.raises(ValueError, match=r"ribbon-out@card=N.*tear@apdu=N"):
        parse_faults("fire@card=1")


def test_fault_happens_once_and_only_at_its_place() -> None:
    plan = FaultPlan(parse_faults("jam@card=2"))
    assert [plan.fires("jam", "card", number) for number in (1, 2, 2, 3)] == [False, True, False, False]


def test_byte_fault_is_found_in_the_piece_that_holds_it() -> None:
    plan = FaultPlan(parse_faults("drop-link@byte=500 drop-link@byte=400"))
    assert [plan.first_due("drop-link", "byte", upto) for upto in (399, 1000, 1000, 1000)] == [None, 400, 500, None]


def test_every_fault_says_who_obeys_and_what_happens() -> None:
    assert all(obedience.simulator and obedience.units and obedience.deed for obedience in FAULTS.values())
