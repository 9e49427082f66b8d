"""The office of the demonstration: devices, line and centre as processes, and the station.toml that names them."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.simulators.control import ask
from drivers.simulators.faults import FAULTS, parse_faults
from station.config import StationConfig, load_config
from station.demo.children import Child, await_ready, start

PRINTER = "printer-1"
OFFICE = "Disdukcapil Kabupaten Tanggamus (peragaan)"
KABUPATEN = "1806"
STATION_ID = "tanggamus-01"
PORTS = range(20_000, 32_000)  # below those that Linux gives to outgoing lines
PORT_TRIES_MAX = 100
_PEOPLE = "people"
_FAULT_OWNERS = {
    "printer": "printer",
    "chip": "printer",
    "scanner": "finger",
    "link": "link",
}


@dataclass(frozen=True, slots=True)
class OfficePlan:
    """What the office is started with. `run` counts the runs in one data folder: each has a new stack of blanks."""

    data: Path
    seed: int
    run: int
    faults: dict[str, str]
    pace: float
    prr_delay_s: float
    web_port: int


@dataclass(frozen=True, slots=True)
class Office:
    """The running processes by name, and how the station reaches them."""

    children: dict[str, Child]
    config_path: Path
    centre_folder: Path
    pictures: Path

    @property
    def config(self) -> StationConfig:
        return load_config(self.config_path)

    def seat(self, index: int) -> None:
        """Person `index` stands before every device."""
        for name in ("finger", "iris", "face", "pad"):
            ask(self.children[name].control, f"person {index}")

    def hands(self, name: str, line: str) -> dict[str, Any]:
        return ask(self.children[name].control, line)

    def line_down(self) -> None:
        self.hands("link", "down")

    def line_up(self) -> None:
        self.hands("link", "up")


@contextmanager
def open_office(plan: OfficePlan) -> Iterator[Office]:
    """Starts everything side by side and stops it all at the end, whatever happens between."""
    logs, simulators = plan.data / "logs", plan.data / "simulators"
    pictures = plan.data / "cards" / f"run-{plan.run:03}"
    for folder in (logs, simulators / _PEOPLE, pictures):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    encoder_port = _free_port()
    with ExitStack() as stack:
        waiting = {
            name: start(name, module, arguments, logs)
            for name, module, arguments in _processes(plan, simulators, pictures, encoder_port)
        }
        children: dict[str, Child] = {}
        for name, process in waiting.items():
            stack.callback(process.kill)
            children[name] = await_ready(name, process, logs)
            stack.callback(children[name].stop)
        centre = children["centre"].endpoint.removeprefix("http://")
        link = start("link", "drivers.simulators", ["link", "--to", centre, "--faults", _of(plan, "link")], logs)
        children["link"] = await_ready("link", link, logs)
        stack.callback(children["link"].stop)
        path = plan.data / "station.toml"
        path.write_text(_station_toml(plan, children, encoder_port), encoding="utf-8")
        yield Office(children, path, plan.data / "centre", pictures)


def _of(plan: OfficePlan, owner: str) -> str:
    return plan.faults.get(owner, "")


def _processes(
    plan: OfficePlan, simulators: Path, pictures: Path, encoder_port: int
) -> Iterator[tuple[str, str, list[str]]]:
    people = ["--seed", str(plan.seed), "--people", str(simulators / _PEOPLE)]
    for kind in ("finger", "iris", "face"):
        trust = str(simulators / f"trust-{kind}.pem")
        faults = ["--faults", _of(plan, kind)]
        yield kind, "drivers.simulators", ["scanner", "--kind", kind, "--trust-out", trust, *people, *faults]
    yield "pad", "drivers.simulators", ["pad", *people]
    printer = ["printer", "--seed", f"{plan.seed}/{plan.run}", "--blanks", "0", "--pace", str(plan.pace)]
    printer += ["--vpcd", f"127.0.0.1:{encoder_port}", "--pictures", str(pictures), "--faults", _of(plan, "printer")]
    yield "printer", "drivers.simulators", printer
    centre = ["central", "run", "--data", str(plan.data / "centre"), "--port", "0", "--until-input-ends"]
    yield "centre", "station", [*centre, "--prr-delay", str(plan.prr_delay_s)]


def _station_toml(plan: OfficePlan, children: dict[str, Child], encoder_port: int) -> str:
    simulators = plan.data / "simulators"

    def device(name: str, model: str, child: str) -> str:
        trust = f'\ntrust = {json.dumps(str(simulators / f"trust-{child}.pem"))}' if model == "sbi" else ""
        return f'[devices.{name}]\nmodel = "{model}"\nendpoint = "{children[child].endpoint}"{trust}\n'

    keys = f"file://{key_file(plan.data)}"
    return "\n".join(
        (
            "# Written by `ektp demo`: a station with simulated devices.",
            f"data = {json.dumps(str(plan.data / 'station'))}\n",
            f'[office]\nname = "{OFFICE}"\nkabupaten = "{KABUPATEN}"\noperator = "operator-1"\n',
            '[keys]\nguard = "plain-file"  # for demonstrations only\n',
            f'[centre]\nendpoint = "{children["link"].endpoint.replace("tcp", "http")}"\n',
            "[capture]\nsignature_pause_s = 0.2\n",
            f"[web]\nport = {plan.web_port}\n",
            device("fingerprint_scanner", "sbi", "finger"),
            device("iris_scanner", "sbi", "iris"),
            device("face_camera", "sbi", "face"),
            device("signature_pad", "topaz", "pad"),
            f'[devices.secure_access_module]\nmodel = "memory"\nendpoint = {json.dumps(keys)}\n',
            f'[[devices.card_printers]]\nname = "{PRINTER}"\nmodel = "evolis"\n'
            f'endpoint = "{children["printer"].endpoint}"\nencoder_model = "vpcd"\n'
            f'encoder_endpoint = "vpcd://127.0.0.1:{encoder_port}"\n',
        )
    )


def key_file(data: Path) -> Path:
    return data / "simulators" / "module.key"


def sort_faults(text: str) -> dict[str, str]:
    """Each fault to the process that obeys it; `ValueError` names the piece that is wrong and what is known."""
    found: dict[str, list[str]] = {}
    for fault in parse_faults(text):
        owner = _FAULT_OWNERS[FAULTS[fault.name].simulator]
        found.setdefault(owner, []).append(f"{fault.name}@{fault.where}={fault.n}")
    return {owner: ",".join(pieces) for owner, pieces in found.items()}


def _free_port() -> int:
    """A port that nobody listens on now. The station's reader takes it in a moment, and again after each restart.

    Hence none that the system gives to outgoing lines: one of those could sit on it meanwhile.
    """
    for _ in range(PORT_TRIES_MAX):
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError(f"no free port between {PORTS.start} and {PORTS.stop}")
