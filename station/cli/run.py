"""`ektp run`: the station, with its board, its uplink and its owner's socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from station.assembly.commands import run_command
from station.assembly.configuration import read_config
from station.assembly.live import live, until_signal
from station.assembly.station import Station, open_station
from station.cli.exit_codes import Exit
from station.cli.speaking import config_option, end, ending_well
from station.devices.health import Condition
from station.languages import both


@click.command()
@config_option
def run(config_path: Path) -> None:
    """Jalankan stasiun / Run the station until it is stopped (Ctrl-C).

    A device that is missing switches off only what needs it."""
    with ending_well():
        station = open_station(read_config(config_path))
        try:
            asyncio.run(_run(station))
        except OSError as wrong:
            end(Exit.CONFIG, str(wrong))
        finally:
            station.close()


async def _run(station: Station) -> None:
    if not station.guard.is_safe_when_stolen:
        click.echo(f"! {both('screen.plain_keys')}", err=True)
    async with live(station) as address:
        click.echo(f"Stasiun berjalan / the station runs: {address}")
        if not station.is_paired:
            click.echo("Belum dipasangkan: `ektp pair` / not paired yet: `ektp pair`")
        for line in await asyncio.to_thread(_what_is_off, station):
            click.echo(line)
        await until_signal()


def _what_is_off(station: Station) -> list[str]:
    """One line for each device that is not there or needs a person, with its trouble."""
    checked = run_command(station, "devices.check", {})["devices"]
    return [
        " ".join(filter(None, [f"! {row['name']}: {both('screen.' + row['condition'])}", *_troubles(row)]))
        for row in checked
        if row["condition"] not in (Condition.READY, Condition.AT_WORK)
    ]


def _troubles(row: Mapping[str, Any]) -> list[str]:
    return [*row["faults"].values(), row["trouble"]]
