"""Every supported model, one line each: what it is, how it is reached, whether it ever ran on the real thing.

`opener` takes the endpoint and what else the model needs; a line to the device is opened lazily, so an opener succeeds
even when the device is off, and the first use says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography import x509

from drivers.chips.ktp_el.layout import load_layout
from drivers.chips.ktp_el.protocol import KtpElProfile
from drivers.contracts.chip_profile import ChipProfile
from drivers.modules.memory.driver import MemoryModule
from drivers.modules.memory.key_file import read_key_file
from drivers.pads.topaz.driver import TopazPad
from drivers.printers.evolis.driver import EvolisPrinter
from drivers.readers.vpcd.driver import VpcdReader
from drivers.scanners.sbi.client import SbiClient
from drivers.scanners.sbi.driver import SbiFaceCamera, SbiFingerprintScanner, SbiIrisScanner
from drivers.transports.tcp import TcpTransport


class Kind(StrEnum):
    FINGERPRINT_SCANNER = "fingerprint_scanner"
    IRIS_SCANNER = "iris_scanner"
    FACE_CAMERA = "face_camera"
    SIGNATURE_PAD = "signature_pad"
    CARD_PRINTER = "card_printer"
    CHIP_READER = "chip_reader"
    SECURE_ACCESS_MODULE = "secure_access_module"


class Seen(StrEnum):
    """What a driver has met so far."""

    SIMULATOR = "simulator only"
    HARDWARE = "hardware"
    VIRTUAL = "virtual by nature"


@dataclass(frozen=True, slots=True)
class Options:
    """What a model may need beside its endpoint. `trust`: certificates that a signing device must lead to."""

    trust: tuple[x509.Certificate, ...] = ()
    allow_untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """`opener(endpoint, options)` gives the contract's implementation."""

    name: str
    kind: Kind
    title: str
    reached: str
    seen: Seen
    opener: Callable[[str, Options], Any] = field(repr=False)


class UnknownModel(ValueError):
    """The configuration names a model that is not in the catalogue, or an endpoint that the model cannot use."""


def _sbi(endpoint: str, options: Options) -> SbiClient:
    return SbiClient(endpoint, options.trust, allow_untrusted=options.allow_untrusted)


def _vpcd(endpoint: str, _options: Options) -> VpcdReader:
    host, _, port = endpoint.removeprefix("vpcd://").rpartition(":")
    if host != "127.0.0.1" or not port.isdigit():
        raise UnknownModel(f"vpcd: {endpoint!r} is not vpcd://127.0.0.1:PORT")
    return VpcdReader(int(port))


def _key_file(endpoint: str, _options: Options) -> MemoryModule:
    return MemoryModule(read_key_file(Path(endpoint.removeprefix("file://"))))


K, S = Kind, Seen
CATALOGUE: tuple[Model, ...] = (
    Model("sbi", K.FINGERPRINT_SCANNER, "Secure Biometric Interface, slap", "http", S.SIMULATOR,
          lambda endpoint, options: SbiFingerprintScanner(_sbi(endpoint, options))),
    Model("sbi", K.IRIS_SCANNER, "Secure Biometric Interface, both eyes", "http", S.SIMULATOR,
          lambda endpoint, options: SbiIrisScanner(_sbi(endpoint, options))),
    Model("sbi", K.FACE_CAMERA, "Secure Biometric Interface, face", "http", S.SIMULATOR,
          lambda endpoint, options: SbiFaceCamera(_sbi(endpoint, options))),
    Model("topaz", K.SIGNATURE_PAD, "Topaz-style serial pad behind a network adapter", "tcp", S.SIMULATOR,
          lambda endpoint, _options: TopazPad(TcpTransport(endpoint))),
    Model("evolis", K.CARD_PRINTER, "Evolis, command language", "tcp", S.SIMULATOR,
          lambda endpoint, _options: EvolisPrinter(TcpTransport(endpoint))),
    Model("evolis-classic", K.CARD_PRINTER, "Evolis without hold: the card leaves printed", "tcp", S.SIMULATOR,
          lambda endpoint, _options: EvolisPrinter(TcpTransport(endpoint), after_print="deliver", colour_levels=128)),
    Model("vpcd", K.CHIP_READER, "Listening reader of vsmartcard's protocol", "tcp (listens)", S.VIRTUAL, _vpcd),
    Model("memory", K.SECURE_ACCESS_MODULE, "Keys in memory, from a key file", "file", S.VIRTUAL, _key_file),
)  # fmt: skip

CHIP_PROFILES: dict[str, Callable[[Path], ChipProfile]] = {
    "ktp-el": lambda templates: KtpElProfile(load_layout(templates / "chip" / "ktp-el.toml")),
}
"""Profile name -> its maker, given the templates folder."""


def find_model(kind: Kind, name: str) -> Model:
    """`UnknownModel` lists what there is of that kind."""
    known = [model for model in CATALOGUE if model.kind is kind]
    for model in known:
        if model.name == name:
            return model
    raise UnknownModel(f"{kind}: no model {name!r}; known: {', '.join(model.name for model in known)}")
