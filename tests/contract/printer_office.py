"""The simulated printer in its own process, the hands at it, drivers to it, and a face to print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivers.contracts.card_printer import Bitmap, CardPrinter, Panel
from drivers.printers.evolis.driver import AfterPrint, EvolisPrinter, Habit
from drivers.simulators.control import ask
from drivers.transports.tcp import TcpTransport

WIDTH, HEIGHT = 1016, 648


@dataclass
class Office:
    """The printer's process, its hands, and a driver to it."""

    endpoint: str
    control: str
    process: subprocess.Popen[str]

    def hands(self, line: str) -> dict[str, Any]:
        return ask(self.control, line)

    def driver(
        self, habit: Habit = "per_command", after_print: AfterPrint = "deliver", levels: int = 256
    ) -> CardPrinter:
        return EvolisPrinter(TcpTransport(self.endpoint), habit=habit, after_print=after_print, colour_levels=levels)


@contextmanager
def office(*options: str) -> Iterator[Office]:
    command = [sys.executable, "-m", "drivers.simulators", "printer", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            ready = json.loads(process.stdout.readline())
            yield Office(ready["endpoint"], ready["control"], process)
        finally:
            process.stdin.close()
            assert process.wait(20) == 0


def bitmap(pixels: np.ndarray) -> Bitmap:
    return Bitmap(WIDTH, HEIGHT, pixels.astype(np.uint8).tobytes())


def face() -> dict[Panel, Bitmap]:
    ramp = np.tile(np.linspace(0, 255, WIDTH), (HEIGHT, 1))
    text = np.zeros((HEIGHT, WIDTH))
    text[40:90, 60:500] = 255
    return {
        Panel.YELLOW: bitmap(ramp),
        Panel.MAGENTA: bitmap(ramp[:, ::-1]),
        Panel.CYAN: bitmap(np.zeros((HEIGHT, WIDTH))),
        Panel.BLACK: bitmap(text),
        Panel.OVERLAY: bitmap(np.full((HEIGHT, WIDTH), 255)),
    }
