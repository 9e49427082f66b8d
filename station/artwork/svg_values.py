"""The values that the card's SVG may hold: plain numbers in millimetres, `#rrggbb`, and the styles an editor writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from station.artwork.errors import TemplateError

Colour = tuple[int, int, int]
Refuse = Callable[[str], TemplateError]

FAMILY: Final = "Liberation Sans"
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?(px)?", re.ASCII | re.IGNORECASE)
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.ASCII | re.IGNORECASE)
_NUMBER_MAX: Final = 1000.0

# What an editor writes beside the text although it changes nothing: allowed at exactly the values that change nothing.
_WITHOUT_EFFECT: Final[Mapping[str, frozenset[str]]] = {
    "display": frozenset({"inline"}),
    "direction": frozenset({"ltr"}),
    "fill-opacity": frozenset({"1"}),
    "font-stretch": frozenset({"normal"}),
    "font-style": frozenset({"normal"}),
    "font-variant": frozenset({"normal"}),
    "font-variant-caps": frozenset({"normal"}),
    "font-variant-east-asian": frozenset({"normal"}),
    "font-variant-ligatures": frozenset({"normal"}),
    "font-variant-numeric": frozenset({"normal"}),
    "letter-spacing": frozenset({"normal", "0", "0px"}),
    "opacity": frozenset({"1"}),
    "stroke-dasharray": frozenset({"none"}),
    "stroke-linejoin": frozenset({"miter"}),
    "stroke-opacity": frozenset({"1"}),
    "white-space": frozenset({"normal", "pre"}),
    "word-spacing": frozenset({"normal", "0", "0px"}),
    "writing-mode": frozenset({"lr-tb", "horizontal-tb"}),
}
# These follow from what is read: the anchor, and the binding's own line pitch.
_IMPLIED: Final = frozenset({"line-height", "text-align"})


def merged_style(known: Mapping[str, str], *, allowed: frozenset[str], refuse: Refuse) -> dict[str, str]:
    """Attributes with the declarations of `style` over them, as CSS has it; `style` itself is gone."""
    merged = {name: value for name, value in known.items() if name not in ("style", "space")}
    for declaration in known.get("style", "").split(";"):
        if not declaration.strip():
            continue
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if name in _IMPLIED or name.startswith("-inkscape-") or value in _WITHOUT_EFFECT.get(name, ()):
            continue
        if name == "stroke" and value == "none" and name not in allowed:
            continue
        if not colon or name not in allowed or name in ("id", "style", "x", "y", "width", "height"):
            raise refuse(f"style {name}:{value} is not allowed")
        merged[name] = value
    return merged


def number(value: str | None, *, name: str, refuse: Refuse) -> float:
    """Millimetres: the page's user unit, which CSS calls px."""
    if value is None:
        raise refuse(f"{name} is missing")
    written = value.strip().lower()
    if not _NUMBER.fullmatch(written) or abs(float(written.removesuffix("px"))) > _NUMBER_MAX:
        raise refuse(f"{name} is not a plain number of millimetres")
    return float(written.removesuffix("px"))


def colour(value: str, *, name: str, refuse: Refuse) -> Colour | None:
    if value == "none":
        return None
    if not _COLOUR.fullmatch(value):
        raise refuse(f"{name} must be #rrggbb or none")
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def family_is_known(value: str) -> bool:
    return value.strip().strip("'\"") == FAMILY


def weight_is_bold(value: str, *, refuse: Refuse) -> bool:
    if value not in ("normal", "400", "bold", "700"):
        raise refuse("font-weight must be normal or bold")
    return value in ("bold", "700")


def anchor(value: str, *, refuse: Refuse) -> str:
    if value not in ("start", "middle", "end"):
        raise refuse("text-anchor must be start, middle or end")
    return value
