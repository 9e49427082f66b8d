"""A name in station.toml that nothing answers to stops the start, with every other one, before anything is opened."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from station.assembly.configuration import read_config
from station.cli import main
from station.config import BadConfig

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "station.toml"
        path.write_text('data = "here"\n' + text)
        return path

    return write


def _problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(BadConfig) as refused:
        read_config(path)
    return refused.value.problems


def test_every_name_that_nothing_answers_to_is_told_at_once_with_what_is_known(written: Written) -> None:
    path = written(
        '[card]\nchip = "nope"\ntemplate = "nowhere"\n[devices.iris_scanner]\nmodel = "sbii"\n'
        '[devices.signature_pad]\nmodel = "sbi"\n'
        '[[devices.card_printers]]\nname = "a"\nmodel = "evolis"\nencoder_model = "pcsc"\n'
    )
    found = {problem.partition(":")[0]: problem for problem in _problems(path)}
    assert set(found) == {
        "card.chip",
        "card.template",
        "devices.iris_scanner.model",
        "devices.signature_pad.model",
        "devices.card_printers[0].encoder_model",
    }
    assert "ktp-el" in found["card.chip"]
    assert "sbi" in found["devices.iris_scanner.model"]
    assert "topaz" in found["devices.signature_pad.model"]
    assert "vpcd" in found["devices.card_printers[0].encoder_model"]


def test_a_station_without_devices_is_good(written: Written) -> None:
    assert read_config(written("")).card.chip == "ktp-el"


def test_what_is_wrong_in_the_file_itself_is_still_told(written: Written) -> None:
    assert _problems(written("kunci = 1\n"))[0].startswith("kunci: unknown key")


def test_the_example_is_good_and_names_every_key(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    done = CliRunner().invoke(main, ["config", "example"])
    path.write_text(done.stdout)
    assert read_config(path).devices.chip_reader.model == "vpcd"
    given = tomllib.loads(done.stdout)
    for name, section in asdict(read_config(path)).items():
        if isinstance(section, dict):
            assert set(section) == set(given[name]), name
