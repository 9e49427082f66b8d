"""`ektp`: one file for each group of commands; every message says what happened and what to do next."""

from __future__ import annotations

import importlib

import click

from station import __version__
from station.cli.exit_codes import EPILOG

_COMMANDS = {
    "demo": "station.cli.demo:demo",
    "run": "station.cli.run:run",
    "pair": "station.cli.pair:pair",
    "sync": "station.cli.pair:sync",
    "devices": "station.cli.devices:devices",
    "stock": "station.cli.stock:stock",
    "print": "station.cli.printing:printing",
    "log": "station.cli.log:log",
    "config": "station.cli.config:config",
    "central": "station.cli.central:central",
}


class _Commands(click.Group):
    """Imports a command's file when it is called: a count of blanks need not wait for image libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ektp")
def main() -> None:
    """Stasiun KTP-el: perekaman, pencetakan, pengiriman / The KTP-el station: recording, printing, sending.

    Start with `ektp demo --once`. A real station is `ektp config example > station.toml`, `ektp pair`, `ektp run`.
    """
