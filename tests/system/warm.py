"""Imported once by the server that station processes are forked from: their start costs nothing twice."""

from __future__ import annotations

import station.assembly.live  # noqa: F401
import tests.system.station_life  # noqa: F401
from station.biometrics.nbis_adapter import warm_up

warm_up()
