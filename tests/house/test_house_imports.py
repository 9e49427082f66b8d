"""Imports point inwards, and no package stands outside the contracts that say so."""

from __future__ import annotations

import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

from tests.house.sources import ROOT, imported, sources

MODEL_FAMILIES = ("printers", "scanners", "cameras", "pads", "readers", "modules")
WITHOUT_SIMULATOR = {"drivers/modules/memory"}  # it is itself what a simulation needs
# No package may be imported by the product that only the developers' extra brings.
ONLY_FOR_TESTS = {"pytest", "hypothesis", "playwright", "importlinter", "mypy", "ruff", "tests"}


def contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return found


def test_every_import_contract_holds() -> None:
    tool = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_part_of_the_station_stands_on_a_floor() -> None:
    layers = next(contract["layers"] for contract in contracts() if contract["name"].startswith("The station's floors"))
    floors = {part.strip() for layer in layers for part in layer.split("|")}
    parts = {f"station.{path.stem}" for path in (ROOT / "station").glob("*.py") if not path.stem.startswith("__")}
    parts |= {f"station.{path.parent.name}" for path in (ROOT / "station").glob("*/__init__.py")}
    assert parts == floors, sorted(parts ^ floors)


def test_only_commands_demonstration_and_assembly_may_name_concrete_drivers() -> None:
    contract = next(contract for contract in contracts() if contract["name"].startswith("Only the assembly"))
    layers = next(contract["layers"] for contract in contracts() if contract["name"].startswith("The station's floors"))
    floors = {part.strip() for layer in layers for part in layer.split("|")}
    assert floors - set(contract["source_modules"]) == {"station.cli", "station.demo", "station.assembly"}


def test_nothing_in_the_product_imports_what_only_developers_install() -> None:
    wrong = [
        f"{source.at(statement)} imports {module}"
        for source in sources("drivers", "station")
        for module, statement in imported(source.tree)
        if module.split(".")[0] in ONLY_FOR_TESTS
    ]
    assert not wrong, "\n".join(wrong)


def test_every_model_has_the_same_three_files() -> None:
    wanted = {"protocol.py", "driver.py", "simulator.py"}
    models = [path.parent for family in MODEL_FAMILIES for path in (ROOT / "drivers" / family).glob("*/__init__.py")]
    assert len(models) >= 5
    missing = {
        f"{model.relative_to(ROOT)}/{name}"
        for model in models
        for name in wanted - {path.name for path in model.glob("*.py")}
        if name != "simulator.py" or model.relative_to(ROOT).as_posix() not in WITHOUT_SIMULATOR
    }
    # A chip profile's conversations are driven by whoever owns the reader.
    chips = [path.parent for path in (ROOT / "drivers" / "chips").glob("*/__init__.py")]
    missing |= {f"{c.name}/{name}" for c in chips for name in wanted - {"driver.py"} if not (c / name).exists()}
    assert not missing, sorted(missing)
