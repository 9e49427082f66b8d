"""`ektp print`: what waits, one card, and cards in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from station.cli.exit_codes import Exit
from station.cli.speaking import ask_station, config_option, end, ending_well, json_option, show
from station.workflows.resolve_in_doubt import Finding

_printer = click.option("--printer", default="", help="Needed when the station has several.")


@click.group("print")
def printing() -> None:
    """Kartu: keadaan, cetak satu, selesaikan keraguan / Cards: status, make one, resolve doubts."""


def _table(result: Mapping[str, Any]) -> Table:
    table = Table("kartu / hak cetak", "keadaan / state", "cip / chip", "catatan / note")
    for row in (*result["authorisations"], *result["cards"]):
        table.add_row(row["id"], row["state"], row.get("chip_id", ""), row.get("since", "") or row.get("reason", ""))
    return table


@printing.command()
@config_option
@json_option
def status(config_path: Path, as_json: bool) -> None:
    """Yang siap cetak, belum diserahkan, diragukan / What is ready to print, not handed over, in doubt.

    Exit 7 while any is in doubt.
    """
    with ending_well():
        result = ask_station(config_path, "print.status", {})
        show(result, as_json, lambda console: console.print(_table(result)))
        if result["in_doubt"]:
            end(
                Exit.DOUBT,
                f"{len(result['in_doubt'])} kartu diragukan: cari kartunya, lalu `ektp print resolve` / "
                "cards in doubt: find them, then `ektp print resolve`",
            )


@printing.command()
@click.argument("authorisation", default="")
@_printer
@config_option
@json_option
def card(authorisation: str, printer: str, config_path: Path, as_json: bool) -> None:
    """Cetak satu kartu / Make one card: for AUTHORISATION, or for the first that is ready."""
    with ending_well():
        result = ask_station(config_path, "print.card", {"authorisation": authorisation, "printer": printer})

        def lines(console: Console) -> None:
            console.print(f"{result['card']}: {result['outcome']}  {result['told']}")

        show(result, as_json, lines)
        if result["outcome"] != "delivered":
            end(Exit.DOUBT if result["outcome"] == "in_doubt" else Exit.NOT_HELD, "")


@printing.command("resolve")
@click.argument("card")
@click.argument("finding", type=click.Choice([str(finding) for finding in Finding]))
@click.option("--operator", required=True, help="Who looked at the card: kept with the finding.")
@click.option("--second", default="", help="For a lost card: who else looked for it.")
@config_option
@json_option
def resolve_card(card: str, finding: str, operator: str, second: str, config_path: Path, as_json: bool) -> None:
    """Selesaikan keraguan / End the doubt about CARD after you looked at it.

    good: printed and its chip reads (lay it on the reader first). spoiled: unusable.
    unused: the blank came out untouched. unfed: none was fed (checked with the printer's counter).
    lost: two people found no card (--second).
    """
    with ending_well():
        asked = {"card": card, "finding": finding, "operator": operator, "second": second}
        result = ask_station(config_path, "print.resolve", asked)
        show(result, as_json, lambda console: console.print(f"{card}: {finding}"))


@printing.command()
@_printer
@config_option
@json_option
def clear(printer: str, config_path: Path, as_json: bool) -> None:
    """Keluarkan kartu tertinggal / Put a card left inside a printer into its reject box, to be looked at."""
    with ending_well():
        result = ask_station(config_path, "print.clear", {"printer": printer})

        def lines(console: Console) -> None:
            there = "Kartu di kotak tolak / the card is in the reject box"
            console.print(there if result["rejected"] else "Kosong / nothing inside")

        show(result, as_json, lines)
