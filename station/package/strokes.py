"""A signature's strokes as the package keeps them: canonical JSON in hundredths of a millimetre."""

from __future__ import annotations

import json
from typing import Any

from drivers.contracts.capture import CaptureFacts
from drivers.contracts.signature_pad import PenPoint, Strokes
from station.domain.canonical import canonical

POINTS_MAX = 20_000
_HUNDREDTHS = 100
_PRESSURE_STEPS = 1000


class BadStrokes(ValueError):
    """Not strokes; says what is wrong, never where the pen was."""


def encode_strokes(strokes: Strokes) -> bytes:
    device = strokes.device
    return canonical(
        {
            "unit": "mm/100",
            "width": round(strokes.width_mm * _HUNDREDTHS),
            "height": round(strokes.height_mm * _HUNDREDTHS),
            "device": [device.model, device.make, device.device_model, device.serial, device.firmware],
            "strokes": [[_point(point) for point in stroke] for stroke in strokes.strokes],
        }
    )


def _point(point: PenPoint) -> list[int]:
    pressure = -1 if point.pressure is None else round(point.pressure * _PRESSURE_STEPS)
    return [round(point.x_mm * _HUNDREDTHS), round(point.y_mm * _HUNDREDTHS), point.t_ms, pressure]


def decode_strokes(data: bytes) -> Strokes:
    """The inverse; `BadStrokes` for anything else."""
    try:
        read: dict[str, Any] = json.loads(data)
        if read["unit"] != "mm/100" or sum(map(len, read["strokes"])) > POINTS_MAX:
            raise BadStrokes("unknown unit or too many points")
        model, make, device_model, serial, firmware = map(str, read["device"])
        return Strokes(
            tuple(tuple(_read_point(point) for point in stroke) for stroke in read["strokes"]),
            int(read["width"]) / _HUNDREDTHS,
            int(read["height"]) / _HUNDREDTHS,
            CaptureFacts(model, make, device_model, serial, firmware, trusted=False),
        )
    except BadStrokes:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise BadStrokes("not strokes") from None


def _read_point(point: list[int]) -> PenPoint:
    x, y, t_ms, pressure = map(int, point)
    return PenPoint(x / _HUNDREDTHS, y / _HUNDREDTHS, t_ms, None if pressure < 0 else pressure / _PRESSURE_STEPS)
