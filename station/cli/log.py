"""`ektp log`: what happened, and whether the chain of it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from station.cli.exit_codes import Exit
from station.cli.speaking import ask_station, config_option, end, ending_well, json_option, show


@click.group()
def log() -> None:
    """Catatan peristiwa: lihat, periksa / The event log: show, verify."""


@log.command("show")
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many entries.")
@click.option("--after", type=click.IntRange(0), help="Begin after this number instead of at the end.")
@config_option
@json_option
def show_log(count: int, after: int | None, config_path: Path, as_json: bool) -> None:
    """Catatan terakhir / The last entries; they name records and cards, never people."""
    with ending_well():
        result = ask_station(config_path, "log.show", {"count": count, "after": after})

        def lines(console: Console) -> None:
            for entry in result["entries"]:
                data = json.dumps(entry["data"], ensure_ascii=False)
                line = f"{entry['seq']:>7} {entry['at']} {entry['kind']} {data}"
                console.print(line, highlight=False, soft_wrap=True, markup=False)

        show(result, as_json, lines)


@log.command()
@config_option
@json_option
def verify(config_path: Path, as_json: bool) -> None:
    """Periksa rantai catatan / Recompute every hash, and check the blank equation."""
    with ending_well():
        result = ask_station(config_path, "log.verify", {})

        def lines(console: Console) -> None:
            if result["whole"]:
                console.print(f"Rantai utuh / the chain is whole: {result['entries']} entries, head {result['head']}")
            else:
                where = f"entry {result['broken_at']}: {result['reason']}"
                console.print(f"Rantai PUTUS / the chain is BROKEN at {where}. Keep this disk, call the supervisor.")

        show(result, as_json, lines)
        if not (result["whole"] and result["blank_equation_holds"]):
            end(Exit.NOT_HELD, "")
