"""A station opens whole or not at all, and never makes itself new keys over what the lost ones closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from station.assembly.commands import COMMANDS, run_command
from station.assembly.station import Station, open_station
from station.config import StationConfig, parse_config
from station.ports import StoreError
from station.sealing.key_ring import BadKeyRing
from station.web.owner_socket import CommandRefused


@pytest.fixture
def config(tmp_path: Path) -> StationConfig:
    return parse_config({"data": str(tmp_path / "data")}, "station.toml")


def key_file(config: StationConfig) -> Path:
    return Path(config.data) / "keys" / "station.json"


def test_lost_keys_are_never_replaced_by_new_ones(config: StationConfig) -> None:
    open_station(config).close()
    kept = key_file(config).read_bytes()
    key_file(config).unlink()
    for _ in range(2):  # the first refusal leaves no lock behind
        with pytest.raises(BadKeyRing, match=r"keys/station\.json: is gone"):
            open_station(config)
    assert not key_file(config).exists()
    key_file(config).write_bytes(kept)
    key_file(config).chmod(0o600)
    open_station(config).close()


def test_a_start_that_was_cut_before_its_keys_were_made_makes_them(config: StationConfig) -> None:
    open_station(config, only_reads=True).close()
    key_file(config).unlink()
    open_station(config).close()


def test_a_station_that_cannot_open_leaves_no_lock_behind(config: StationConfig) -> None:
    open_station(config).close()
    keys = Path(config.data) / "vault" / "keys.db"
    keys.rename(keys.with_name("aside"))
    keys.mkdir()
    with pytest.raises(StoreError):
        open_station(config)
    keys.rmdir()
    keys.with_name("aside").rename(keys)
    open_station(config).close()


def test_a_damaged_pairing_is_named_with_what_to_do(config: StationConfig) -> None:
    station = open_station(config)
    path = Path(config.data) / "pairing.json"
    path.touch(mode=0o600)
    path.write_text("{")
    with pytest.raises(StoreError, match=r"pairing\.json.*ektp pair --again"):
        _ = station.pairing
    station.close()


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("stock.receive", {"count": 1}),
        ("stock.receive", {"count": "many", "document": "SJ"}),
        ("stock.receive", {"count": [1], "document": "SJ"}),
        ("print.resolve", {"card": "c", "finding": "nice", "operator": "op"}),
        ("log.show", {"count": "x"}),
        ("pair", {}),
        ("sing", {}),
    ],
)
def test_a_wrong_argument_is_the_command_lines_fault(
    config: StationConfig, name: str, arguments: dict[str, Any]
) -> None:
    station = open_station(config)
    with pytest.raises(CommandRefused) as caught:
        run_command(station, name, arguments)
    assert caught.value.code == "usage"
    station.close()


def test_a_bug_inside_a_command_is_not_the_command_lines_fault(
    config: StationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Station, __: Any) -> dict[str, Any]:
        raise KeyError("nothing")

    station = open_station(config)
    monkeypatch.setattr("station.assembly.commands.COMMANDS", {**COMMANDS, "broken": broken})
    with pytest.raises(KeyError):
        run_command(station, "broken", {})
    station.close()
