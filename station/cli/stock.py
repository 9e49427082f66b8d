"""`ektp stock`: blanks received, loaded, spoiled, and the blank equation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from station.cli.exit_codes import Exit
from station.cli.speaking import ask_station, config_option, end, ending_well, json_option, show
from station.languages import both

_operator = click.option("--operator", default="", help="Who does it; without it, the operator in station.toml.")


@click.group()
def stock() -> None:
    """Blangko: terima, muat, rusak, hitung / Blanks: receive, load, spoil, count."""


def _say(result: Mapping[str, Any], as_json: bool) -> None:
    def table(console: Console) -> None:
        rows = Table(show_header=False)
        for name, count in result.items():
            if name != "holds":
                rows.add_row(both(f"screen.{name}"), f"{count:,}")
        console.print(rows)
        console.print(both("screen.equation_holds" if result["holds"] else "screen.equation_broken"))

    show(result, as_json, table)
    if not result["holds"]:
        end(Exit.NOT_HELD, "")


def _ask(config_path: Path, as_json: bool, command: str, **arguments: Any) -> None:
    with ending_well():
        _say(ask_station(config_path, f"stock.{command}", arguments), as_json)


@stock.command("show")
@config_option
@json_option
def show_stock(config_path: Path, as_json: bool) -> None:
    """Hitungan blangko / The accounts, and whether the equation holds."""
    _ask(config_path, as_json, "show")


@stock.command()
@click.argument("count", type=click.IntRange(1, 1_000_000))
@click.option("--document", required=True, help="Number of the delivery note (surat jalan).")
@_operator
@config_option
@json_option
def receive(count: int, document: str, operator: str, config_path: Path, as_json: bool) -> None:
    """Terima blangko / COUNT blanks came into the store."""
    _ask(config_path, as_json, "receive", count=count, document=document, operator=operator)


@stock.command()
@click.argument("count", type=click.IntRange(1, 100_000))
@click.option("--printer", default="", help="Needed when the station has several.")
@_operator
@config_option
@json_option
def load(count: int, printer: str, operator: str, config_path: Path, as_json: bool) -> None:
    """Muat ke printer / COUNT blanks go from the store into a printer: note it as you load them."""
    _ask(config_path, as_json, "load", count=count, printer=printer, operator=operator)


@stock.command()
@click.argument("count", type=click.IntRange(1, 100_000))
@click.option("--printer", default="", help="Needed when the station has several.")
@_operator
@config_option
@json_option
def unload(count: int, printer: str, operator: str, config_path: Path, as_json: bool) -> None:
    """Keluarkan dari printer / COUNT unused blanks go from a printer back into the store."""
    _ask(config_path, as_json, "unload", count=count, printer=printer, operator=operator)


@stock.command()
@click.argument("count", type=click.IntRange(1, 100_000))
@click.option("--reason", required=True, help="Why they cannot be used, e.g. 'cacat pabrik'.")
@_operator
@config_option
@json_option
def spoil(count: int, reason: str, operator: str, config_path: Path, as_json: bool) -> None:
    """Catat rusak / COUNT blanks in the store are unusable; keep them for the minutes of destruction."""
    _ask(config_path, as_json, "spoil", count=count, reason=reason, operator=operator)
