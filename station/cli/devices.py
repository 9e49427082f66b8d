"""`ektp devices`: what is supported, what is configured, and whether it answers."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from drivers.catalogue import CATALOGUE
from station.cli.exit_codes import Exit
from station.cli.speaking import ask_station, config_option, end, ending_well, json_option, show
from station.languages import both


@click.group()
def devices() -> None:
    """Alat: daftar dan pemeriksaan / Devices: list and check."""


@devices.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """Model yang didukung / Every model that can be driven, and whether it ever met the real thing."""
    rows = [
        {"model": m.name, "kind": str(m.kind), "title": m.title, "reached": m.reached, "seen": str(m.seen)}
        for m in CATALOGUE
    ]

    def table(console: Console) -> None:
        shown = Table("model", "kind", "title", "reached", "seen")
        for row in rows:
            shown.add_row(*row.values())
        console.print(shown)

    show({"models": rows}, as_json, table)


@devices.command()
@config_option
@json_option
def check(config_path: Path, as_json: bool) -> None:
    """Periksa semua alat / Open every configured device and ask how it is.

    A broken one never stops the others.
    """
    with ending_well():
        result = ask_station(config_path, "devices.check", {})

        def table(console: Console) -> None:
            shown = Table("alat / device", "keadaan / state", "rincian / detail", "gangguan / trouble")
            for row in result["devices"]:
                trouble = "\n".join([*row["faults"].values(), *filter(None, [row["trouble"]])])
                shown.add_row(row["name"], both(f"screen.{row['condition']}"), row["detail"], trouble)
            console.print(shown)

        show(result, as_json, table)
        if not result["all_ready"]:
            end(Exit.DEVICE, "Ada alat yang tidak terjangkau / a device cannot be reached: see its line")
