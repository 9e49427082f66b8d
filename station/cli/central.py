"""`ektp central`: a centre on one machine, its pairing codes and its fingerprint."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import click

from station.assembly.issuer_tools import issuer_tools
from station.central.serve import CentreSettings, new_pairing_code, open_centre, running
from station.cli.exit_codes import Exit
from station.cli.speaking import end, ending_well
from station.sealing.fingerprints import fingerprint

_PLAIN_KEYS = (
    "Kunci pusat tidak dilindungi: hanya untuk peragaan. / "
    "The centre's keys are not protected: for demonstrations only."
)
_data = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder that keeps what stations send.",
)


@click.group()
def central() -> None:
    """Pusat: jalankan, kode pasangan, sidik kunci / The centre: run, pairing code, fingerprint."""


@central.command()
@_data
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback unless you know why.")
@click.option("--port", type=click.IntRange(0, 65535), default=8440, show_default=True, help="0 picks a free one.")
@click.option("--prr-delay", type=click.FloatRange(0, 3600), default=0.0, help="Seconds from receipt to print-ready.")
@click.option("--until-input-ends", is_flag=True, help="Stop when standard input is closed.")
def run(data: Path, host: str, port: int, prr_delay: float, until_input_ends: bool) -> None:
    """Layani stasiun / Serve stations until stopped; one JSON line when it listens."""
    settings = CentreSettings(prr_delay_s=prr_delay)
    if not settings.guard.is_safe_when_stolen:
        click.echo(f"! {_PLAIN_KEYS}", err=True)
    with ending_well():
        try:
            with running(data, issuer_tools(), host=host, port=port, settings=settings) as centre:
                click.echo(json.dumps({"ready": True, "endpoint": centre.url}))
                _wait(until_input_ends)
        except RuntimeError as wrong:
            end(Exit.CENTRE, str(wrong))


def _wait(until_input_ends: bool) -> None:
    try:
        if until_input_ends:
            while sys.stdin.buffer.read(4096):
                pass
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        return


@central.command()
@click.argument("station_id")
@_data
def code(station_id: str, data: Path) -> None:
    """Kode sekali pakai / A one-time code for STATION_ID.

    It holds for a quarter of an hour. Works beside a running centre.
    """
    with ending_well():
        click.echo(new_pairing_code(data, station_id))


@central.command("fingerprint")
@_data
def show_fingerprint(data: Path) -> None:
    """Sidik kunci pusat / The fingerprint of the centre's keys, to be compared with what the station shows."""
    with ending_well():
        centre = open_centre(data, CentreSettings(), makes_keys=False)
        keys = centre.parts.keys
        centre.parts.catalogue.close()
        public = keys.signing.public.encode() + keys.sealing[0].public.encode() + keys.issuer.public.encode()
        click.echo(fingerprint(public))
