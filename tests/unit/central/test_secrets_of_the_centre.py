"""The centre's keys are made once, by the one process that runs it; lost ones are never replaced by new ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from station.central.serve import CentreSettings, new_pairing_code, open_centre, running
from station.cli.central import central as commands
from station.cli.exit_codes import Exit
from station.ports import StoreError

SECRETS = ["keys.json", "person.key"]


def test_second_start_over_the_same_folder_is_refused_while_the_first_runs(tmp_path: Path, tools: Any) -> None:
    with running(tmp_path / "c", tools, settings=CentreSettings()):
        with pytest.raises(StoreError, match="in use by process"), running(
            tmp_path / "c", tools, settings=CentreSettings()
        ):
            pass
        assert new_pairing_code(tmp_path / "c", "s-1")
    with running(tmp_path / "c", tools, settings=CentreSettings()):
        pass


@pytest.mark.parametrize("lost", SECRETS)
def test_lost_secret_is_not_made_anew_once_a_station_is_paired(
    centre: Any, station: Any, tmp_path: Path, lost: str
) -> None:
    (tmp_path / "centre" / lost).unlink()
    with pytest.raises(StoreError, match=rf"{lost}: is gone, .*restore"):
        open_centre(tmp_path / "centre", CentreSettings())
    with pytest.raises(StoreError, match=rf"{lost}: is gone, .*restore"):
        new_pairing_code(tmp_path / "centre", "s-2")
    assert not (tmp_path / "centre" / lost).exists()


@pytest.mark.parametrize("lost", SECRETS)
def test_first_start_that_was_cut_is_finished_by_the_next_start_only(centre: Any, tmp_path: Path, lost: str) -> None:
    (tmp_path / "centre" / lost).unlink()
    with pytest.raises(StoreError, match="start the centre first"):
        new_pairing_code(tmp_path / "centre", "s-1")
    open_centre(tmp_path / "centre", CentreSettings()).parts.catalogue.close()
    assert (tmp_path / "centre" / lost).exists()


@pytest.mark.parametrize("command", [["code", "s-1"], ["fingerprint"]])
def test_where_no_centre_ran_code_and_fingerprint_make_nothing(tmp_path: Path, command: list[str]) -> None:
    done = CliRunner().invoke(commands, [*command, "--data", str(tmp_path / "c")])
    assert (done.exit_code, "ektp central run" in done.output) == (Exit.STORE, True)
    assert list(tmp_path.iterdir()) == []


def test_fingerprint_beside_a_running_centre_is_that_of_its_keys(tmp_path: Path, tools: Any) -> None:
    with running(tmp_path / "c", tools, settings=CentreSettings()):
        beside = CliRunner().invoke(commands, ["fingerprint", "--data", str(tmp_path / "c")]).output
    after = CliRunner().invoke(commands, ["fingerprint", "--data", str(tmp_path / "c")]).output
    assert beside == after != ""


def test_parts_of_a_centre_do_not_print_its_secret(centre: Any) -> None:
    assert repr(centre.parts.person_secret) not in repr(centre.parts)
    assert "person_secret" not in repr(centre.parts)


def test_start_says_that_its_keys_are_plain(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        commands, ["run", "--data", str(tmp_path / "c"), "--port", "0", "--until-input-ends"], input=""
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["ready"] is True  # the notice is not where programs read
    assert "tidak dilindungi" in done.stderr
    assert "not protected" in done.stderr
