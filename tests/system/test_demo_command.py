"""`ektp demo --once` as a user runs it: what it prints, what it leaves, and that it comes through what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from station.demo.day import citizens
from station.demo.office import KABUPATEN
from station.regions import load_region_tables

DEMO_TIMEOUT_S = 280.0
PROMISED = {
    "ok": bool,
    "seed": int,
    "station_events": int,
    "package_bytes": int,
    "receipt_verified": bool,
    "chip_verified": bool,
    "face_chip_match": float,
    "handover_score": int,
    "blanks": dict,
    "faces": list,
    "seconds": float,
}
ACCOUNTS = ["received", "in_store", "in_printers", "issued", "spoiled", "in_doubt"]
ACCOUNTS += ["transferred_out", "returned", "missing"]


def ektp(*arguments: str, timeout_s: float = DEMO_TIMEOUT_S) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "station", *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )


def demo(data: Path, *arguments: str) -> dict[str, Any]:
    """The demonstration's JSON; it must have ended well."""
    done = ektp("demo", "--once", "--json", "--data", str(data), *arguments)
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    result: dict[str, Any] = json.loads(lines[0])
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def result(folder: Path) -> dict[str, Any]:
    return demo(folder, "--seed", "3")


@pytest.mark.xdist_group("demo")
def test_the_result_has_every_promised_figure(result: dict[str, Any]) -> None:
    assert {name: type(result[name]) for name in PROMISED} == PROMISED
    assert list(result["blanks"]) == ACCOUNTS
    assert result["ok"]
    assert result["blanks"]["received"] == sum(result["blanks"][name] for name in ACCOUNTS[1:])
    assert result["handover_score"] >= 40


@pytest.mark.xdist_group("demo")
def test_the_faces_and_the_receipt_are_where_it_says(result: dict[str, Any]) -> None:
    for path in result["faces"]:
        with Image.open(path) as face:
            assert face.size == (1016, 648)
    assert [Path(path).name for path in result["faces"]] == ["card-0001-back.png", "card-0001-front.png"]
    assert all(Path(path).read_bytes().startswith(b"%PDF-") for path in result["receipts"])
    assert len(result["receipts"]) == 1


@pytest.mark.xdist_group("demo")
def test_a_log_or_file_of_the_station_never_names_the_citizen(result: dict[str, Any], folder: Path) -> None:
    assert result["ok"]
    today = datetime.now().astimezone().date()
    (citizen,) = citizens(3, 1, load_region_tables(), KABUPATEN, today)
    words = (citizen.truth.nik.digits.encode(), citizen.truth.nama.encode())
    kept = [path for name in ("station", "centre", "logs") for path in (folder / name).rglob("*") if path.is_file()]
    assert len(kept) > 8
    assert [path.name for path in kept if any(word in path.read_bytes() for word in words)] == []
    said = ektp("log", "show", "--count", "200", "--config", str(folder / "station.toml")).stdout
    assert "enrolment_opened" in said
    assert not any(word.decode() in said for word in words)


@pytest.mark.xdist_group("demo")
def test_everything_that_is_kept_is_closed_to_others(result: dict[str, Any], folder: Path) -> None:
    assert result["ok"]
    wide = [
        path
        for name in ("station", "centre")
        for path in (folder / name).rglob("*")
        if not path.is_socket() and path.stat().st_mode & 0o077
    ]
    assert [path for path in (folder, *wide) if path.stat().st_mode & 0o077] == []


@pytest.mark.xdist_group("demo")
def test_one_seed_gives_one_trace(result: dict[str, Any], tmp_path: Path) -> None:
    again = demo(tmp_path / "data", "--seed", "3")
    assert again["trace"] == result["trace"]
    assert again["log"] != result["log"]


@pytest.mark.xdist_group("demo")
def test_a_second_run_goes_on_with_the_log_and_the_next_citizen(result: dict[str, Any], folder: Path) -> None:
    again = demo(folder, "--seed", "3")
    opening = 1  # the station says that it was opened, before the run counts
    assert again["station_events"] == result["station_events"] + opening + again["events_of_this_run"]
    assert again["blanks"]["issued"] == 2
    assert again["trace"] != result["trace"]
    verified = ektp("log", "verify", "--json", "--config", str(folder / "station.toml"))
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["entries"] == again["station_events"]


FAULTS = (
    "corrupt-image@capture=2 device-gone@capture=4 poor-finger@capture=6 bad-signature@capture=9",
    "bad-sw@apdu=7 tear@apdu=40 jam@card=2 ribbon-out@card=3 lost-reply@card=5 drop-link@byte=400000",
    "hopper-empty@card=1 jam-printing@card=2 lost-print-reply@card=3 garbage-reply@card=5 flip-bit@card=6",
)


@pytest.mark.parametrize("faults", FAULTS, ids=["capture", "card-and-line", "printer"])
def test_every_citizen_gets_one_card_whatever_goes_wrong(faults: str, tmp_path: Path) -> None:
    result = demo(tmp_path / "data", "--citizens", "2", "--offline-until", "1", "--fault", faults)
    assert result["handed_over"] == 2
    assert result["blanks"]["issued"] == 2
    assert result["checks"]["blank_equation"]
    assert result["checks"]["blanks_where_the_books_say"]
    assert result["checks"]["chain_whole"]


def _killed_when(data: Path, said: str) -> None:
    """A demonstration that is killed as soon as it says this."""
    command = [sys.executable, "-m", "station", "demo", "--once", "--json", "--pace", "0.1", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(said in line for line in process.stderr)
        process.kill()


# A card that was in the printer of an office that is gone is lost: its citizen waits for the centre's word.
@pytest.mark.parametrize(
    ("at", "issued", "lost"),
    [("[Captured]  left_four", 2, []), ("[Blank fed, chip identified]", 1, ["lost"])],
    ids=["recording", "card"],
)
def test_a_run_after_a_killed_one_ends_well_and_goes_on_with_what_that_left(
    at: str, issued: int, lost: list[str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    _killed_when(data, at)
    result = demo(data)
    assert (result["ok"], result["handed_over"], result["blanks"]["issued"]) == (True, 1, issued)
    left = json.loads(ektp("print", "status", "--json", "--config", str(data / "station.toml")).stdout)
    assert (left["authorisations"], left["in_doubt"]) == ([], [])
    assert [card["state"] for card in left["cards"]] == lost


def _ended(arguments: Sequence[str]) -> tuple[int, str]:
    done = ektp(*arguments, timeout_s=60)
    return done.returncode, done.stderr


def test_a_fault_that_nobody_knows_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    code, said = _ended(["demo", "--once", "--fault", "ribbon-out@card", "--data", str(tmp_path / "data")])
    assert code == 2
    assert "ribbon-out@card" in said
    assert not (tmp_path / "data").exists()
