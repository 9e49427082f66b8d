"""A folder's book goes on from run to run: who comes next, and whose record is whose."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from station.demo.book import DemoBook
from station.demo.day import citizens
from station.demo.office import KABUPATEN
from station.regions import load_region_tables

DAY = date(2026, 1, 2)


def test_each_run_goes_on_with_the_next_citizens_of_its_seed(tmp_path: Path) -> None:
    assert [DemoBook(tmp_path).begin(seed, 3) for seed in (1, 1, 2)] == [(0, 0), (1, 3), (2, 0)]


def test_a_record_is_still_its_citizens_in_a_later_run_on_a_later_day(tmp_path: Path) -> None:
    regions = load_region_tables()
    DemoBook(tmp_path).note("record-1", 1, 1, DAY)
    DemoBook(tmp_path).note("record-2", 2, 0, DAY)
    assert DemoBook(tmp_path).whose(1, regions) == {"record-1": citizens(1, 2, regions, KABUPATEN, DAY)[1]}


def test_a_new_folder_knows_nobody_and_no_name_is_kept(tmp_path: Path) -> None:
    regions = load_region_tables()
    assert DemoBook(tmp_path).whose(1, regions) == {}
    DemoBook(tmp_path).note("record-1", 1, 0, DAY)
    (citizen,) = DemoBook(tmp_path).whose(1, regions).values()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode()
    assert citizen.truth.nama not in kept
    assert citizen.truth.nik.digits not in kept
