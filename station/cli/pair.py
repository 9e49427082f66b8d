"""`ektp pair` and `ektp sync`: meeting the centre once, and one turn of the line by hand."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from station.cli.exit_codes import Exit
from station.cli.speaking import ask_station, config_option, end, ending_well, json_option, show
from station.languages import both
from station.web.owner_socket import CommandRefused


@click.command()
@click.option("--code", prompt="Kode sekali pakai dari pusat / one-time code from the centre", help="From the centre.")
@click.option("--fingerprint", default="", help="What the centre shows; without it you are asked to compare.")
@click.option("--again", is_flag=True, help="Although it is paired already: the pinned keys are replaced.")
@config_option
@json_option
def pair(code: str, fingerprint: str, again: bool, config_path: Path, as_json: bool) -> None:
    """Pasangkan dengan pusat / Learn the centre's keys by a one-time code, and pin them.

    They are pinned only after their fingerprint was compared with the one that the centre shows (`ektp central
    fingerprint`): aloud, or by --fingerprint.
    """
    with ending_well():
        asked = {"code": code, "again": again}
        spoken = fingerprint or _compared(ask_station(config_path, "pair", asked)["fingerprint"])
        result = ask_station(config_path, "pair", {**asked, "fingerprint": spoken})

        def lines(console: Console) -> None:
            console.print(f"Stasiun / station: {result['station']}    Pusat / centre: {result['centre']}")
            console.print(f"Sidik kunci pusat / the centre's fingerprint: [bold]{result['fingerprint']}[/bold]")

        show(result, as_json, lines)


def _compared(fingerprint: str) -> str:
    """The fingerprint, when a person says that the centre shows the same one."""
    click.echo(f"Sidik kunci / fingerprint: {fingerprint}", err=True)
    if not click.confirm("Sama dengan yang tampil di pusat? / Does the centre show the same?", err=True):
        raise CommandRefused("refused", both("pair.not_confirmed"))
    return fingerprint


@click.command()
@config_option
@json_option
def sync(config_path: Path, as_json: bool) -> None:
    """Kirim dan ambil sekarang / Send what waits and fetch what is there, once, now.

    Exit 1 when something did not hold, as a receipt that the centre did not sign.
    """
    with ending_well():
        result = ask_station(config_path, "sync", {})

        def lines(console: Console) -> None:
            console.print(
                f"Terkirim / sent {result['sent_bytes']:,} B, tanda terima / receipts {result['receipts']}, "
                f"siap cetak / print-ready {result['print_ready_records']}"
            )
            for problem in result["problems"]:
                console.print(f"! {problem}")

        show(result, as_json, lines)
        if result["problems"]:
            end(Exit.NOT_HELD, "")
