"""`ektp`: one file for each group of commands; every message says what happened and what to do next."""

from __future__ import annotations

import click

from station import __version__
from station.cli.central import central
from station.cli.config import config
from station.cli.demo import demo
from station.cli.devices import devices
from station.cli.exit_codes import EPILOG
from station.cli.log import log
from station.cli.pair import pair, sync
from station.cli.printing import printing
from station.cli.run import run
from station.cli.stock import stock


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ektp")
def main() -> None:
    """Stasiun KTP-el: perekaman, pencetakan, pengiriman. / The KTP-el station: recording, printing, sending.

    Start with `ektp demo --once`. A real station is `ektp config example > station.toml`, `ektp pair`, `ektp run`.
    """


for command in (demo, run, central, pair, sync, devices, log, stock, printing, config):
    main.add_command(command)
