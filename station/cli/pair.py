"""`ektp pair` and `ektp sync`: meeting the centre once, and one turn of the line by hand."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from station.cli.exit_codes import Exit
from station.cli.speaking import ask_station, config_option, end, ending_well, json_option, show


@click.command()
@click.option("--code", prompt="Kode sekali pakai dari pusat / one-time code from the centre", help="From the centre.")
@config_option
@json_option
def pair(code: str, config_path: Path, as_json: bool) -> None:
    """Pasangkan dengan pusat. / Learn and pin the centre's keys by a one-time code.

    Afterwards compare the fingerprint with the one that the centre shows (`ektp central fingerprint`), aloud.
    """
    with ending_well():
        result = ask_station(config_path, "pair", {"code": code})

        def lines(console: Console) -> None:
            console.print(f"Stasiun / station: {result['station']}    Pusat / centre: {result['centre']}")
            console.print(f"Sidik kunci pusat / the centre's fingerprint: [bold]{result['fingerprint']}[/bold]")
            console.print("Bandingkan dengan yang tampil di pusat. / Compare it with what the centre shows.")

        show(result, as_json, lines)


@click.command()
@config_option
@json_option
def sync(config_path: Path, as_json: bool) -> None:
    """Kirim dan ambil sekarang. / Send what waits and fetch what is there, once, now.

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
