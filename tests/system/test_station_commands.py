"""A station is run, asked and stopped from the command line, as a technician does it; every end has its exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

START_TIMEOUT_S = 60.0
COMMAND_TIMEOUT_S = 60.0

CONFIG = """
data = {data}

[office]
operator = "petugas-7"

[web]
port = 0

[devices.signature_pad]
model = "topaz"
endpoint = "tcp://127.0.0.1:9"

[[devices.card_printers]]
name = "printer-a"
model = "evolis"
endpoint = "tcp://127.0.0.1:9"
encoder_model = "vpcd"
encoder_endpoint = "vpcd://127.0.0.1:0"
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A station.toml and the commands given with it."""

    config: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "station", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    config = tmp_path / "station.toml"
    config.write_text(CONFIG.format(data=json.dumps(str(tmp_path / "data"))))
    return Desk(config)


@pytest.fixture
def running(desk: Desk) -> Iterator[tuple[Desk, str, list[str]]]:
    """A station with a broken printer and pad: (desk, the board's address, what it said of devices)."""
    command = [sys.executable, "-m", "station", "run", "--config", str(desk.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("! printer-a"):
                break
        yield desk, said[0].split()[-1], said
        process.send_signal(signal.SIGTERM)
        assert process.wait(START_TIMEOUT_S) == 0


@pytest.mark.timeout(120)
def test_a_station_with_broken_devices_starts_and_says_what_is_off(running: tuple[Desk, str, list[str]]) -> None:
    _, address, said = running
    assert any(line.startswith("! signature_pad") and "tidak terjangkau" in line for line in said)
    assert any(line.startswith("! face_camera") and "tidak dipasang" in line for line in said)
    with urllib.request.urlopen(address, timeout=10) as page:
        assert "Stasiun KTP-el" in page.read().decode()


@pytest.mark.timeout(120)
def test_commands_reach_the_running_owner_of_the_folder(running: tuple[Desk, str, list[str]]) -> None:
    desk, _, _ = running
    received = desk("stock", "receive", "40", "--document", "SJ-1", "--json")
    assert json.loads(received.stdout)["in_store"] == 40
    assert json.loads(desk("stock", "load", "30", "--json").stdout)["in_printers"] == 30
    too_many = desk("stock", "spoil", "11", "--reason", "cacat pabrik")
    assert (too_many.returncode, "in_store" in too_many.stderr) == (1, True)
    assert json.loads(desk("stock", "show", "--json").stdout)["in_store"] == 10
    unknown = desk("stock", "load", "1", "--printer", "printer-z")
    assert (unknown.returncode, "printer-a" in unknown.stderr) == (2, True)
    nothing = desk("print", "card")
    assert nothing.returncode == 1
    unpaired = desk("sync")
    assert (unpaired.returncode, "ektp pair" in unpaired.stderr) == (6, True)
    assert desk("devices", "check").returncode == 5


def test_without_an_owner_the_command_owns_the_folder_itself(desk: Desk) -> None:
    assert desk("stock", "receive", "5", "--document", "SJ-2").returncode == 0
    shown = desk("stock", "show", "--json")
    assert (shown.returncode, json.loads(shown.stdout)["received"]) == (0, 5)
    assert desk("log", "verify").returncode == 0


def test_reading_leaves_the_log_as_it_is(desk: Desk) -> None:
    assert desk("stock", "receive", "5", "--document", "SJ-3").returncode == 0
    first = json.loads(desk("log", "show", "--json").stdout)["last_seq"]
    assert json.loads(desk("log", "show", "--json").stdout)["last_seq"] == first


def test_a_wrong_configuration_stops_the_start_with_all_that_is_wrong(desk: Desk) -> None:
    desk.config.write_text('data = "x"\nkunci = 1\n[capture]\ntries_max = "tiga"\n[web]\nport = 70000\n')
    done = desk("run")
    assert done.returncode == 3
    assert "kunci" in done.stderr
    assert "capture.tries_max" in done.stderr


def test_a_folder_that_others_may_enter_is_refused_by_name(desk: Desk) -> None:
    folder = desk.config.parent / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    done = desk("stock", "show")
    assert (done.returncode, str(folder) in done.stderr) == (4, True)
