"""How commands end: a result for people or as JSON, or one message and the exit code that fits it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

from drivers.contracts.errors import DeviceFault, RemoteProtocolError, TransportError
from station.assembly.commands import READING, run_command
from station.assembly.configuration import read_config
from station.assembly.station import NotPaired, open_station
from station.cli.exit_codes import Exit
from station.config import BadConfig, StationConfig
from station.domain.life import Refused
from station.languages import both, told
from station.ports import DeviceAway, StoreError
from station.sealing.key_guards import FilesExposed, GuardRefused
from station.sealing.key_ring import BadKeyRing
from station.web.owner_socket import CommandRefused, ask_owner
from station.workflows.capture_parts import NothingCaptured
from station.workflows.enrol import VerificationFailed
from station.workflows.hand_over import NotForHandOver

DEFAULT_CONFIG = "station.toml"
_REFUSALS = {
    "usage": Exit.USAGE,
    "refused": Exit.NOT_HELD,
    "device": Exit.DEVICE,
    "centre": Exit.CENTRE,
    "doubt": Exit.DOUBT,
    "store": Exit.STORE,
}

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    envvar="EKTP_CONFIG",
    help="The station's configuration.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


def end(code: Exit, message: str) -> NoReturn:
    """Says `message` on standard error and ends with `code`."""
    click.echo(message, err=True)
    sys.exit(code)


@contextmanager
def ending_well() -> Iterator[None]:
    """Whatever a person can put right ends with one message and its exit code; a bug still shows its trace."""
    try:
        yield
    except BadConfig as bad:
        end(Exit.CONFIG, str(bad))
    except (StoreError, FilesExposed, GuardRefused, BadKeyRing) as wrong:
        end(Exit.STORE, f"{both(f'store.{type(wrong).__name__}')}\n{wrong}")
    except NotPaired as unpaired:
        end(Exit.CENTRE, str(unpaired))
    except NotForHandOver as not_now:
        end(Exit.NOT_HELD, both(f"hand_over.{not_now.code}"))
    except (Refused, NothingCaptured, VerificationFailed) as not_held:
        end(Exit.NOT_HELD, f"{type(not_held).__name__}: {not_held}")
    except DeviceFault as fault:
        end(Exit.DEVICE, f"{told('fault.' + fault.code)} {fault.detail}".strip())
    except (TransportError, RemoteProtocolError, DeviceAway) as error:
        end(Exit.DEVICE, f"{type(error).__name__}: {error}")
    except CommandRefused as refused:
        end(_REFUSALS.get(refused.code, Exit.NOT_HELD), refused.text)


def ask_station(config_path: Path, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The running owner does it; when nothing runs, this process owns the folder for as long as it takes."""
    config = read_config(config_path)
    answer = ask_owner(Path(config.data), command, arguments)
    if answer is not None:
        return answer
    return _done_here(config, command, arguments)


def _done_here(config: StationConfig, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    station = open_station(config, only_reads=command in READING)
    try:
        return run_command(station, command, arguments)
    finally:
        station.close()


def show(result: Mapping[str, Any], as_json: bool, for_people: Callable[[Console], None]) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        for_people(Console())
