"""Every contract test of a card printer may ask for a printer of its own, in both habits of connecting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.contracts.card_printer import CardPrinter
from tests.contract.printer_office import Office, office


@pytest.fixture
def printer_office(tmp_path: Path) -> Iterator[Office]:
    with office("--blanks", "5", "--seed", "7", "--pictures", str(tmp_path / "pictures")) as running:
        yield running


@pytest.fixture(params=["per_command", "long_lived"])
def printer(printer_office: Office, request: pytest.FixtureRequest) -> Iterator[CardPrinter]:
    device = printer_office.driver(request.param)
    yield device
    device.close()
