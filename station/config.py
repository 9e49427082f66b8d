"""`station.toml` becomes frozen values; an unknown key or a bad value stops the start with everything that is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints


class BadConfig(Exception):
    """The configuration cannot be used. The message has one line for each thing that is wrong, with its key."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__("\n".join([f"{source}: {len(problems)} problem(s)", *(f"  {line}" for line in problems)]))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class OfficeConfig:
    name: str = "Dinas Kependudukan dan Pencatatan Sipil"
    kabupaten: str = "1806"  # the office's own kabupaten/kota code
    operator: str = "operator"


@dataclass(frozen=True, slots=True)
class KeysConfig:
    """`plain-file` is for demonstrations and says so at every start.

    `passphrase` reads it from `passphrase_file` at every start: a file that only the station's user may read, best on
    a memory file system that the operator fills after each boot.
    """

    guard: str = "plain-file"
    passphrase_file: str = ""


@dataclass(frozen=True, slots=True)
class CentreConfig:
    endpoint: str = ""  # empty: not paired, the station records all the same


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """One device: its catalogue model, where it is reached, and who vouches for it."""

    model: str = ""
    endpoint: str = ""
    trust: str = ""  # PEM file of the certificate authority, where the model signs
    allow_untrusted: bool = False


@dataclass(frozen=True, slots=True)
class PrinterConfig:
    """One card printer and the chip reader at its contactless station. `name` stands in the log and the books."""

    name: str = ""
    model: str = ""
    endpoint: str = ""
    encoder_model: str = ""
    encoder_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class DevicesConfig:
    fingerprint_scanner: DeviceConfig = DeviceConfig()
    iris_scanner: DeviceConfig = DeviceConfig()
    face_camera: DeviceConfig = DeviceConfig()
    signature_pad: DeviceConfig = DeviceConfig()
    chip_reader: DeviceConfig = DeviceConfig()  # on the desk; empty: the printer's encoder reads
    card_printers: tuple[PrinterConfig, ...] = ()
    secure_access_module: DeviceConfig = DeviceConfig()


@dataclass(frozen=True, slots=True)
class CaptureConfig:
    """The order of modalities differs between offices. `tries_max` bounds the retries of each; the best try is kept."""

    order: tuple[str, ...] = ("face", "signature", "fingers", "irises")
    tries_max: int = 3
    timeout_s: float = 40.0
    signature_pause_s: float = 1.5


@dataclass(frozen=True, slots=True)
class CardConfig:
    template: str = "ktp-el-front"
    chip: str = "ktp-el"
    place_of_issue: str = "TANGGAMUS"


@dataclass(frozen=True, slots=True)
class WebConfig:
    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True, slots=True)
class StationConfig:
    data: str = ""
    office: OfficeConfig = OfficeConfig()
    keys: KeysConfig = KeysConfig()
    centre: CentreConfig = CentreConfig()
    devices: DevicesConfig = DevicesConfig()
    capture: CaptureConfig = CaptureConfig()
    card: CardConfig = CardConfig()
    web: WebConfig = field(default_factory=WebConfig)


_MODALITIES = ("face", "signature", "fingers", "irises")
_CHOICES: Mapping[tuple[type, str], tuple[str, ...]] = {
    (KeysConfig, "guard"): ("plain-file", "passphrase"),
    (CaptureConfig, "order"): _MODALITIES,
    # The board has no passwords: it is for this machine's own screen.
    (WebConfig, "host"): ("127.0.0.1", "::1", "localhost"),
}


def load_config(path: Path) -> StationConfig:
    """Reads and checks a station.toml; `BadConfig` names all that is wrong at once."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadConfig(str(path), ["there is no such file; `ektp config example` prints one"]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(str(path), [str(error)]) from None
    return parse_config(data, str(path))


def parse_config(data: Mapping[str, Any], source: str) -> StationConfig:
    problems: list[str] = []
    config: StationConfig = _section(StationConfig, data, "", problems)
    said = {_key(problem) for problem in problems}
    problems += [problem for problem in _checks(config) if _key(problem) not in said]
    if problems:
        raise BadConfig(source, problems)
    return config


def _key(problem: str) -> str:
    return problem.partition(":")[0].partition("[")[0]


def _checks(config: StationConfig) -> list[str]:
    printers = config.devices.card_printers
    rules: tuple[tuple[bool, str], ...] = (
        (config.data != "", "data: name the folder that keeps the records"),
        (1 <= config.capture.tries_max <= 10, "capture.tries_max: 1 to 10"),
        (1 <= config.capture.timeout_s <= 300, "capture.timeout_s: 1 to 300 seconds"),
        (0.1 <= config.capture.signature_pause_s <= 30, "capture.signature_pause_s: 0.1 to 30 seconds"),
        (0 <= config.web.port <= 65535, "web.port: 0 to 65535"),
        (sorted(config.capture.order) == sorted(_MODALITIES), "capture.order: name each modality once"),
        (all(printer.name for printer in printers), "devices.card_printers: each has a name"),
        (len({printer.name for printer in printers}) == len(printers), "devices.card_printers: two have one name"),
        (config.keys.guard != "passphrase" or config.keys.passphrase_file != "", "keys.passphrase_file: name the file"),
    )
    return [text for holds, text in rules if not holds]


def _section(cls: type, data: Any, path: str, problems: list[str]) -> Any:
    if not isinstance(data, Mapping):
        problems.append(f"{path}: a table is expected")
        return cls()
    known = {f.name: f for f in fields(cls)}
    hints = get_type_hints(cls)
    problems += [f"{_join(path, key)}: unknown key; known here: {', '.join(known)}" for key in data if key not in known]
    given = [name for name in known if name in data]
    return cls(**{n: _value(cls, known[n], hints[n], data[n], _join(path, n), problems) for n in given})


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


_EXPECTED: Mapping[Any, str] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple[str, ...]: "a list of texts",
}


def _value(cls: type, f: Field[Any], hint: Any, value: Any, path: str, problems: list[str]) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return _section(hint, value, path, problems)
    item = get_args(hint)[0] if get_origin(hint) is tuple else str
    if is_dataclass(item) and isinstance(value, list):
        return tuple(_section(item, part, f"{path}[{n}]", problems) for n, part in enumerate(value))
    if get_origin(hint) is tuple:
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        value = tuple(value) if good else value
    elif hint is float:
        good = type(value) in (int, float)
    else:
        good = type(value) is hint
    if not good:
        problems.append(f"{path}: {_EXPECTED.get(hint, 'a list of tables')} is expected")
        return f.default
    allowed = _CHOICES.get((cls, f.name))
    wrong = [item for item in (value if isinstance(value, tuple) else (value,)) if allowed and item not in allowed]
    if allowed and wrong:
        problems.append(f"{path}: {', '.join(map(repr, wrong))} is not one of {', '.join(allowed)}")
    return value
