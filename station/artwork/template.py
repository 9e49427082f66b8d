"""A card template: a drawing and a binding that agree, with fonts, under one SHA-256 that each card's record names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from station.artwork.binding import Binding, FieldBinding, parse_binding
from station.artwork.errors import TemplateError
from station.artwork.svg_subset import Box, Mark, Text, parse_svg

_ROOM_TOLERANCE_MM = 0.05  # an editor rounds


@dataclass(frozen=True, slots=True)
class Fonts:
    """The bytes of two TrueType files of one family."""

    regular: bytes
    bold: bytes


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field is written: `text` gives baseline, size and anchor, `room` the box that it must not leave."""

    binding: FieldBinding
    text: Text
    room: Box


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CardTemplate:
    """Equal templates have equal hashes: of the SVG, the binding and the fonts, each with its length before it."""

    name: str
    version: int
    sha256: str
    binding: Binding
    ground: tuple[Mark, ...]  # what is the same on every card, in drawing order
    fields: tuple[Field, ...]
    photo: Box
    signature: Box
    fonts: Fonts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CardTemplate) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __repr__(self) -> str:
        return f"CardTemplate({self.name} v{self.version} {self.sha256[:12]})"


def check_template(svg: bytes, toml: bytes, fonts: Fonts, *, svg_file: str, toml_file: str) -> CardTemplate:
    """The template that the two files make, or `TemplateError` for the first line that is wrong in either."""
    marks = parse_svg(svg, file=svg_file)
    binding = parse_binding(toml, file=toml_file)
    named = {mark.id: mark for mark in marks if mark.id}
    fields = tuple(_field(bound, named, svg_file, toml_file) for bound in binding.fields)
    _refuse_unbound(named, {field.binding.name for field in fields}, svg_file)
    photo, signature = _picture("photo", "ymc", named, svg_file), _picture("signature", "k", named, svg_file)
    dynamic = {photo.id, signature.id, *(f.text.id for f in fields), *(f.room.id for f in fields)}
    return CardTemplate(
        name=binding.name,
        version=binding.version,
        sha256=_sha256(svg, toml, fonts),
        binding=binding,
        ground=tuple(mark for mark in marks if mark.id not in dynamic),
        fields=fields,
        photo=photo,
        signature=signature,
        fonts=fonts,
    )


def _sha256(svg: bytes, toml: bytes, fonts: Fonts) -> str:
    digest = hashlib.sha256()
    for part in (svg, toml, fonts.regular, fonts.bold):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _field(bound: FieldBinding, named: Mapping[str, Mark], svg_file: str, toml_file: str) -> Field:
    text, room = named.get(f"field:{bound.name}"), named.get(f"box:{bound.name}")
    if not isinstance(text, Text):
        raise TemplateError(toml_file, bound.line, f"the SVG has no text 'field:{bound.name}'")
    if not isinstance(room, Box):
        raise TemplateError(svg_file, text.line, f"'field:{bound.name}' has no rect 'box:{bound.name}'")
    for mark in (text, room):
        if mark.layer != bound.panel:
            raise TemplateError(svg_file, mark.line, f"{mark.id!r} must be in layer {bound.panel}")
    if room.fill or room.stroke:
        raise TemplateError(svg_file, room.line, f"{room.id!r} is only a guide: fill and stroke must be none")
    if not _stands_in(text, room):
        raise TemplateError(svg_file, text.line, f"{text.id!r} does not stand in its box")
    if bound.fit.min_size_mm > text.size_mm:
        raise TemplateError(toml_file, bound.line, "min_size_mm is above the size drawn")
    return Field(bound, text, room)


def _stands_in(text: Text, room: Box) -> bool:
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
    inside = room.y_mm <= text.y_mm <= room.y_mm + room.height_mm + _ROOM_TOLERANCE_MM
    return inside and abs(text.x_mm - room.x_mm - share * room.width_mm) <= _ROOM_TOLERANCE_MM


def _refuse_unbound(named: Mapping[str, Mark], bound: set[str], svg_file: str) -> None:
    for name, mark in named.items():
        kind, colon, field = name.partition(":")
        if colon and kind in ("field", "box") and field not in bound:
            raise TemplateError(svg_file, mark.line, f"{name!r} has no binding")


def _picture(name: str, layer: str, named: Mapping[str, Mark], svg_file: str) -> Box:
    found = named.get(name)
    if not isinstance(found, Box):
        raise TemplateError(svg_file, 0, f"there is no rect {name!r}")
    if found.layer != layer:
        raise TemplateError(svg_file, found.line, f"{name!r} must be in layer {layer}")
    return found
