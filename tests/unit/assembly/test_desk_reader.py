"""A chip reader on the desk reads the cards, wherever one is fitted; the printer need not even be on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drivers.chips.ktp_el.simulator import KtpElChip
from drivers.simulators.faults import FaultPlan
from drivers.simulators.field import Field
from station.assembly.benches import Benches, health_book
from station.config import DeviceConfig, DevicesConfig, PrinterConfig, StationConfig
from station.devices.health import Condition, HealthBook

CHIP_TIMEOUT_S = 10.0
PRINTER_OFF = "tcp://127.0.0.1:9"


@pytest.fixture
def reader() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"vpcd://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _opened(desk: DeviceConfig, encoder: str) -> Iterator[tuple[Benches, HealthBook]]:
    printer = PrinterConfig("printer-a", "evolis", PRINTER_OFF, "vpcd" if encoder else "", encoder)
    config = StationConfig(data="unused", devices=DevicesConfig(chip_reader=desk, card_printers=(printer,)))
    benches = Benches(config)
    try:
        yield benches, health_book(benches, config)
    finally:
        benches.close()


def _read_chip(benches: Benches, reader: str) -> bytes:
    """What is read of a chip that lies on `reader`."""
    field = Field(("127.0.0.1", int(reader.rpartition(":")[2])))
    field.enter(KtpElChip(bytes(range(0x80, 0x88)), faults=FaultPlan()))
    try:
        return benches.read("printer-a", lambda at: at.connect(timeout_s=CHIP_TIMEOUT_S)).atr
    finally:
        field.leave()


def test_a_card_is_read_on_the_desk_while_the_printer_has_no_encoder(reader: str) -> None:
    with _opened(DeviceConfig("vpcd", reader), "") as (benches, health):
        assert _read_chip(benches, reader)
        assert {h.name: h.condition for h in health.look()}["chip_reader"] is Condition.READY


def test_without_a_reader_on_the_desk_the_printers_encoder_reads(reader: str) -> None:
    with _opened(DeviceConfig(), reader) as (benches, health):
        assert _read_chip(benches, reader)
        assert "chip_reader" not in {h.name for h in health.look()}
