"""`ektp config`: check a station.toml, or print one to start from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from station.assembly.configuration import read_config
from station.cli.speaking import config_option, ending_well, json_option, show

_EXAMPLE = '''# station.toml: every key, with its usual value. A key that is not known stops the start.
data = "/var/lib/ektp"                # the folder that keeps the records; only this user may enter it

[office]
name = "Disdukcapil Kabupaten ..."
kabupaten = "1806"                    # the office's own kabupaten/kota code
operator = "operator-1"

[keys]
guard = "passphrase"                  # "plain-file" is for demonstrations only
passphrase_file = "/run/ektp/passphrase"   # read at every start; only this user may read it

[centre]
endpoint = "http://127.0.0.1:8440"

[capture]
order = ["face", "signature", "fingers", "irises"]
tries_max = 3
timeout_s = 40.0                      # of one capture
signature_pause_s = 1.5               # after the pen has rested so long, the signature is done

[card]
template = "ktp-el-front"
chip = "ktp-el"
place_of_issue = "TANGGAMUS"

[web]
host = "127.0.0.1"
port = 8080

[devices.fingerprint_scanner]         # leave a table out where the device is not fitted: the rest works
model = "sbi"
endpoint = "http://127.0.0.1:4501"
trust = "/etc/ektp/device-authority.pem"

[devices.iris_scanner]
model = "sbi"
endpoint = "http://127.0.0.1:4502"
trust = "/etc/ektp/device-authority.pem"

[devices.face_camera]
model = "sbi"
endpoint = "http://127.0.0.1:4503"
trust = "/etc/ektp/device-authority.pem"

[devices.signature_pad]
model = "topaz"
endpoint = "tcp://127.0.0.1:4001"

[devices.chip_reader]                 # on the desk; without it cards are read on the printer's encoder
model = "vpcd"
endpoint = "vpcd://127.0.0.1:35964"

[devices.secure_access_module]
model = "memory"
endpoint = "file:///etc/ektp/module.key"

[[devices.card_printers]]
name = "printer-1"
model = "evolis"
endpoint = "tcp://127.0.0.1:9100"
encoder_model = "vpcd"
encoder_endpoint = "vpcd://127.0.0.1:35963"
'''


@click.group()
def config() -> None:
    """Konfigurasi: periksa, contoh / Configuration: check, example."""


@config.command()
@config_option
@json_option
def check(config_path: Path, as_json: bool) -> None:
    """Periksa station.toml / Say everything that is wrong with a station.toml at once."""
    with ending_well():
        read = read_config(config_path)

        def line(console: Console) -> None:
            console.print(f"{config_path}: baik / good")

        show({"ok": True, "config": asdict(read)}, as_json, line)


@config.command()
def example() -> None:
    """Contoh station.toml / Print a station.toml with every key."""
    click.echo(_EXAMPLE, nl=False)
