"""`station.toml` as this program can run it: every model, chip profile and template that it names is here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drivers.catalogue import CHIP_PROFILES, Kind, UnknownModel, find_model
from station.artwork.errors import TemplateError
from station.artwork.loader import load_template
from station.config import BadConfig, StationConfig, load_config


def read_config(path: Path) -> StationConfig:
    """`load_config`, and a `BadConfig` too for a name that nothing here answers to."""
    config = load_config(path)
    if problems := [*_models(config), *_card(config)]:
        raise BadConfig(str(path), problems)
    return config


def _models(config: StationConfig) -> Iterator[str]:
    """A model that is left empty is a device that is not fitted."""
    devices = config.devices
    for kind in Kind:
        if kind is not Kind.CARD_PRINTER:
            yield from _model(kind, getattr(devices, kind).model, f"devices.{kind}.model")
    for n, printer in enumerate(devices.card_printers):
        yield from _model(Kind.CARD_PRINTER, printer.model, f"devices.card_printers[{n}].model")
        yield from _model(Kind.CHIP_READER, printer.encoder_model, f"devices.card_printers[{n}].encoder_model")


def _model(kind: Kind, name: str, key: str) -> Iterator[str]:
    try:
        if name:
            find_model(kind, name)
    except UnknownModel as unknown:
        yield f"{key}: {unknown}"


def _card(config: StationConfig) -> Iterator[str]:
    if config.card.chip not in CHIP_PROFILES:
        yield f"card.chip: no profile {config.card.chip!r}; known: {', '.join(CHIP_PROFILES)}"
    try:
        load_template(config.card.template)
    except (TemplateError, OSError, ValueError) as wrong:
        yield f"card.template: {config.card.template!r}: {wrong}"
