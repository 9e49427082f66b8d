"""`ektp demo`: the whole life of cards with simulated devices, people and centre; nothing to install or to own."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from station.cli.exit_codes import Exit
from station.cli.speaking import end, ending_well
from station.demo.children import DidNotStart
from station.demo.play import PlayStuck
from station.demo.prepare import FingerprintsDiffer
from station.demo.progress import Progress
from station.demo.run import DemoPlan, run_demo
from station.demo.summary import show_summary


@click.command()
@click.option("--once", is_flag=True, help="Play the day, say what it came to, and end.")
@click.option("--citizens", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many come.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Makes citizens and day.")
@click.option("--offline-until", type=click.IntRange(0), default=0, help="The centre is away for the first K citizens.")
@click.option("--fault", "faults", default="", help="What goes wrong, e.g. 'ribbon-out@card=2, drop-link@byte=4000'.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo-data",
    show_default=True,
    help="The state folder; a second run goes on in it.",
)
@click.option("--pace", type=click.FloatRange(0, 10), default=0.0, help="1: the printer is as slow as a real one.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Of the live board.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output; progress on standard error.")
def demo(
    once: bool,
    citizens: int,
    seed: int,
    offline_until: int,
    faults: str,
    data: Path,
    pace: float,
    port: int,
    as_json: bool,
) -> None:
    """Peragaan lengkap dengan alat tiruan / The whole story with simulated devices.

    Without --once everything stays running afterwards, with a live board on loopback, until Ctrl-C.
    """
    console = Console(stderr=as_json)
    plan = DemoPlan(citizens, seed, offline_until, faults, data.absolute(), pace, 0 if once else port)
    with ending_well():
        try:
            result = run_demo(plan, Progress(console), None if once else _stay(console))
        except ValueError as bad:
            end(Exit.USAGE, str(bad))
        except (DidNotStart, PlayStuck, FingerprintsDiffer) as wrong:
            end(Exit.NOT_HELD, f"{wrong}\nLogs: {plan.data / 'logs'}")
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    elif once:
        show_summary(console, result)
    sys.exit(Exit.DONE if result["ok"] else Exit.NOT_HELD)


def _stay(console: Console) -> Callable[[dict[str, Any]], None]:
    """Shows what the day came to, then waits to be stopped."""

    def staying(result: dict[str, Any]) -> None:
        show_summary(console, result)
        console.print("Semua tetap berjalan / everything stays running. Ctrl-C: berhenti / stop.")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()

    return staying
