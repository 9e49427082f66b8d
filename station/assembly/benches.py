"""From the configuration to lanes: each device is opened at its first use, so a missing one never stops a start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509

from drivers.catalogue import Kind, Options, find_model
from drivers.contracts.capture import DeviceState
from drivers.contracts.chip_reader import ChipReader
from drivers.contracts.errors import FaultCode
from drivers.contracts.face_camera import FaceCamera
from drivers.contracts.fingerprint_scanner import FingerprintScanner
from drivers.contracts.iris_scanner import IrisScanner
from drivers.contracts.secure_access_module import SecureAccessModule
from drivers.contracts.signature_pad import SignaturePad
from station.config import DeviceConfig, PrinterConfig, StationConfig
from station.devices.health import Answer, HealthBook
from station.devices.lane import Lane
from station.ports import DeviceAway
from station.workflows.personalise_card import PrinterBench

T = TypeVar("T")


class Benches:
    """Every configured device on its lane. A device that is not configured has a lane that always says so."""

    def __init__(self, config: StationConfig) -> None:
        devices = config.devices
        self.fingers: Lane[FingerprintScanner] = _lane(Kind.FINGERPRINT_SCANNER, devices.fingerprint_scanner)
        self.irises: Lane[IrisScanner] = _lane(Kind.IRIS_SCANNER, devices.iris_scanner)
        self.camera: Lane[FaceCamera] = _lane(Kind.FACE_CAMERA, devices.face_camera)
        self.pad: Lane[SignaturePad] = _lane(Kind.SIGNATURE_PAD, devices.signature_pad)
        self.reader: Lane[ChipReader] = _lane(Kind.CHIP_READER, devices.chip_reader)
        self._reads_on_desk = bool(devices.chip_reader.model)
        self.printers = {printer.name: _printer_lane(printer) for printer in devices.card_printers}
        self._module = devices.secure_access_module

    def lanes(self) -> tuple[Lane[Any], ...]:
        return (self.fingers, self.irises, self.camera, self.pad, self.reader, *self.printers.values())

    def read(self, printer: str, step: Callable[[ChipReader], T]) -> T:
        """A step with the reader on the desk; where none is fitted, with the encoder of this printer."""
        if self._reads_on_desk:
            return self.reader.run(step)
        return self.printers[printer].run(lambda bench: step(bench.encoder))

    def open_module(self) -> SecureAccessModule:
        """A session with the secure access module; `DeviceAway` when there is none or its keys cannot be read."""
        module: SecureAccessModule = _opener(Kind.SECURE_ACCESS_MODULE, self._module)()
        return module

    def close(self) -> None:
        for lane in self.lanes():
            lane.close()


def _lane(kind: Kind, device: DeviceConfig) -> Lane[Any]:
    return Lane(kind, _opener(kind, device), _close)


def _opener(kind: Kind, device: DeviceConfig) -> Callable[[], Any]:
    def open_device() -> Any:
        if not device.model:
            raise DeviceAway(kind, "not configured")
        options = Options(_certificates(device.trust), device.allow_untrusted)
        try:
            return find_model(kind, device.model).opener(device.endpoint, options)
        except (ValueError, OSError) as error:
            raise DeviceAway(kind, str(error)) from error

    return open_device


def _printer_lane(printer: PrinterConfig) -> Lane[PrinterBench]:
    machine = DeviceConfig(printer.model, printer.endpoint)
    encoder = DeviceConfig(printer.encoder_model, printer.encoder_endpoint)

    def open_both() -> PrinterBench:
        reader = _opener(Kind.CHIP_READER, encoder)()
        return PrinterBench(_opener(Kind.CARD_PRINTER, machine)(), reader)

    def close_both(bench: PrinterBench) -> None:
        bench.printer.close()
        bench.encoder.close()

    return Lane(printer.name, open_both, close_both)


def _certificates(path: str) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(Path(path).read_bytes())) if path else ()


def _close(device: Any) -> None:
    device.close()


def health_book(benches: Benches, config: StationConfig) -> HealthBook:
    """What to ask each device to know that it is well."""
    devices = config.devices
    capturing = {
        lane.name: (lane, _capture_health) for lane in (benches.fingers, benches.irises, benches.camera, benches.pad)
    }
    on_desk = (benches.reader,) if devices.chip_reader.model else ()
    reading = {lane.name: (lane, _reader_health) for lane in on_desk}
    printing = {name: (lane, _printer_health) for name, lane in benches.printers.items()}
    configured = {
        kind
        for kind, device in (
            (benches.fingers.name, devices.fingerprint_scanner),
            (benches.irises.name, devices.iris_scanner),
            (benches.camera.name, devices.face_camera),
            (benches.pad.name, devices.signature_pad),
        )
        if device.model
    }
    return HealthBook({**capturing, **reading, **printing}, frozenset(configured | set(reading) | set(printing)))


_STATE_FAULTS: Mapping[DeviceState, tuple[FaultCode, ...]] = {
    DeviceState.READY: (),
    DeviceState.BUSY: (FaultCode.BUSY,),
    DeviceState.NOT_READY: (FaultCode.NOT_READY,),
    DeviceState.NOT_REGISTERED: (FaultCode.NOT_TRUSTED,),
}


def _capture_health(device: Any) -> Answer:
    facts = device.facts()
    return Answer(f"{facts.make} {facts.device_model} {facts.serial}", _STATE_FAULTS[device.state()])


def _reader_health(reader: ChipReader) -> Answer:
    return Answer(reader.name)


def _printer_health(bench: PrinterBench) -> Answer:
    facts, status = bench.printer.facts(), bench.printer.status()
    return Answer(f"{facts.device_model} {facts.serial}, {status.cards_in} cards", status.faults)
