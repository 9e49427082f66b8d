"""The shipped tables are whole, a retired code is told from one that never was, a bad table says where it is bad."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from station.domain.citizen import RegionStanding
from station.regions import BadRegionTable, RegionTables, load_region_tables

NOW = "Kepmendagri 300.2.2-2430 Tahun 2025"
BEFORE = "Kepmendagri 100.1.1-6117 Tahun 2022"


@pytest.fixture(scope="module")
def tables() -> RegionTables:
    return load_region_tables()


def test_the_table_in_force_has_every_region_of_its_decree(tables: RegionTables) -> None:
    assert (tables.in_force.decree, tables.in_force.dated) == (NOW, date(2025, 6, 23))
    levels = Counter(len(code) for code in tables.in_force.names)
    assert levels == {2: 38, 4: 514, 6: 7285, 10: 83762}
    kinds = Counter(code[6] for code in tables.in_force.names if len(code) == 10)
    assert kinds == {"1": 8496, "2": 75252, "3": 14}  # kelurahan, desa, desa adat


def test_the_table_before_it_is_kept(tables: RegionTables) -> None:
    assert [table.decree for table in tables.tables] == [NOW, BEFORE]
    assert Counter(len(code) for code in tables.tables[1].names) == {2: 37, 4: 514, 6: 7277, 10: 83763}


@pytest.mark.parametrize("at", [0, 1])
def test_every_region_lies_in_one_that_is_named(tables: RegionTables, at: int) -> None:
    names = tables.tables[at].names
    above = {4: 2, 6: 4, 10: 6}
    assert [code for code in names if len(code) > 2 and code[: above[len(code)]] not in names] == []


@pytest.mark.parametrize(
    ("code", "standing"),
    [
        ("96", RegionStanding(True, NOW)),
        ("9671", RegionStanding(True, NOW)),  # Kota Sorong, since Papua Barat Daya
        ("9271", RegionStanding(False, BEFORE)),  # Kota Sorong before it
        ("927101", RegionStanding(False, BEFORE)),
        ("317409", RegionStanding(True, NOW)),
        ("99", RegionStanding(False, None)),
        ("990101", RegionStanding(False, None)),
        ("", RegionStanding(False, None)),
        ("96.71", RegionStanding(False, None)),
    ],
)
def test_a_code_is_in_force_retired_or_never_was(tables: RegionTables, code: str, standing: RegionStanding) -> None:
    assert tables.standing(code) == standing


def test_the_villages_of_a_kabupaten_are_its_own_in_order(tables: RegionTables) -> None:
    villages = tables.villages("1806")
    assert len(villages) > 100
    assert villages == sorted(villages)
    assert all(village.startswith("1806") and len(village) == 10 for village in villages)
    assert tables.villages("9999") == []


def test_the_names_of_a_village_are_upper_case_as_on_the_card(tables: RegionTables) -> None:
    assert tables.names_of("1806011001") == ("LAMPUNG", "KABUPATEN TANGGAMUS", "KOTA AGUNG", "BAROS")
    with pytest.raises(KeyError):
        tables.names_of("9999999999")


# --- tables that an operator may bring ---

GOOD = "code,name\n98,Contoh\n98.01,Kabupaten Contoh\n98.01.01,Contoh\n98.01.01.1001,Contoh Satu\n"


def _bring(folder: Path, packed: bytes, decree: str = "Contoh 1") -> RegionTables:
    (folder / "index.toml").write_text(f'[[tables]]\ndecree = "{decree}"\ndated = 2026-01-01\nfile = "t.csv.gz"\n')
    (folder / "t.csv.gz").write_bytes(packed)
    return load_region_tables(folder)


def test_an_operators_own_table_is_read(tmp_path: Path) -> None:
    brought = _bring(tmp_path, gzip.compress(GOOD.encode()))
    assert brought.standing("980101") == RegionStanding(True, "Contoh 1")
    assert brought.names_of("9801011001") == ("CONTOH", "KABUPATEN CONTOH", "CONTOH", "CONTOH SATU")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 0),
        ("kode,nama\n98,Contoh\n", 1),
        ("code,name\n", 1),
        (GOOD + "98.02\n", 6),
        (GOOD + "98.02,Contoh,Dua\n", 6),
        (GOOD + "98.2,Contoh Dua\n", 6),
        (GOOD + "9802,Contoh Dua\n", 6),
        (GOOD + "98.02.01.01,Contoh Dua\n", 6),
        (GOOD + "98.٠٢,Contoh Dua\n", 6),
        (GOOD + "98.02,\n", 6),
        (GOOD + "98.02,  \n", 6),
        (GOOD + "\n98.02,Contoh Dua\n", 6),
        (GOOD + "98.01,Kabupaten Lain\n", 6),
        (GOOD.replace("98.01,", "98.0x,"), 3),
    ],
)
def test_a_malformed_table_names_its_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    brought = _bring(tmp_path, gzip.compress(text.encode()))
    with pytest.raises(BadRegionTable) as refused:
        brought.standing("98")
    assert str(refused.value).startswith(f"{tmp_path / 't.csv.gz'}: line {line}")


@pytest.mark.parametrize(
    "packed",
    [
        GOOD.encode(),  # not packed
        gzip.compress(GOOD.encode())[:40],  # cut off
        gzip.compress(GOOD.encode())[:-8] + b"\0" * 8,  # another checksum
        gzip.compress(GOOD.encode("utf-16")),
        gzip.compress(GOOD.encode() + b"98.02,\xff\n"),
        gzip.compress(GOOD.encode() + b'98.02,"Contoh\n'),
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + b"\xff" * 20,
    ],
)
def test_a_damaged_file_is_named_and_never_half_used(tmp_path: Path, packed: bytes) -> None:
    brought = _bring(tmp_path, packed)
    for _ in range(2):
        with pytest.raises(BadRegionTable) as refused:
            brought.standing("98")
        assert str(refused.value).startswith(f"{tmp_path / 't.csv.gz'}: after line ")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    brought = _bring(tmp_path, b"")
    (tmp_path / "t.csv.gz").unlink()
    with pytest.raises(BadRegionTable, match=r"t\.csv\.gz"):
        brought.standing("98")


_ROW = '[[tables]]\ndecree = "{}"\ndated = {}\nfile = "t.csv.gz"\n'


@pytest.mark.parametrize(
    "index",
    [
        None,
        "tables = [\n",
        "",
        "tables = []\n",
        "tables = 5\n",
        '[[tables]]\ndecree = "a"\nfile = "t.csv.gz"\n',
        _ROW.format("old", "2020-01-01") + _ROW.format("new", "2026-01-01"),
        _ROW.format("a", "2026-01-01") + _ROW.format("b", '"2020-01-01"'),
    ],
)
def test_a_bad_index_is_named(tmp_path: Path, index: str | None) -> None:
    if index is not None:
        (tmp_path / "index.toml").write_text(index)
    with pytest.raises(BadRegionTable, match=r"index\.toml: "):
        load_region_tables(tmp_path)
