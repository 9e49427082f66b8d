"""The strict part of SVG that cards are drawn in: rect, line, text, in millimetres; all else is refused with its line.

Inkscape edits and saves it: its own attributes are passed over, its habits (`style`, one `tspan` a line, `px` for user
units) are read, and what would change the print without being understood here (a transform, an opacity) is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat  # a parser without network; DOCTYPE, hence every entity, is refused below

from station.artwork.errors import TemplateError
from station.artwork.svg_values import Colour, anchor, colour, family_is_known, merged_style, number, weight_is_bold

WIDTH_MM: Final = 85.6
HEIGHT_MM: Final = 53.98
_BYTES_MAX: Final = 1 << 20
_MARKS_MAX: Final = 500
_DEPTH_MAX: Final = 8

_SVG: Final = "http://www.w3.org/2000/svg"
_EDITORS: Final = (
    "http://www.inkscape.org/namespaces/inkscape",
    "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
)
_PASSED_OVER: Final = ("metadata", "title", "desc")  # with all that is in them


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; also the place of a picture, and the room of a field (`box:NAME`)."""

    id: str
    layer: str
    line: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    fill: Colour | None
    stroke: Colour | None
    stroke_mm: float


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    layer: str
    line: int
    x1_mm: float
    y1_mm: float
    x2_mm: float
    y2_mm: float
    stroke: Colour
    stroke_mm: float


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `x_mm`, `y_mm` is where its baseline starts, is centred or ends."""

    id: str
    layer: str
    line: int
    x_mm: float
    y_mm: float
    size_mm: float
    bold: bool
    anchor: str  # start, middle or end
    fill: Colour
    content: str


Mark = Box | Rule | Text

_TEXT: Final = frozenset({"id", "style", "x", "y", "font-family", "font-size", "font-weight", "text-anchor", "fill"})
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "svg": frozenset({"version", "width", "height", "viewBox", "id"}),
    "g": frozenset({"id", "style"}),
    "defs": frozenset({"id"}),
    "rect": frozenset({"id", "style", "x", "y", "width", "height", "fill", "stroke", "stroke-width"}),
    "line": frozenset({"id", "style", "x1", "y1", "x2", "y2", "stroke", "stroke-width"}),
    "text": _TEXT | {"space"},
    "tspan": _TEXT,
}
_PARENTS: Final[Mapping[str, frozenset[str]]] = {
    "g": frozenset({"svg", "g"}),
    "defs": frozenset({"svg"}),
    "rect": frozenset({"g"}),
    "line": frozenset({"g"}),
    "text": frozenset({"g"}),
    "tspan": frozenset({"text"}),
}
LAYERS: Final = ("ymc", "k", "overlay")


def parse_svg(data: bytes, *, file: str) -> tuple[Mark, ...]:
    """The marks in drawing order. `TemplateError` for anything that is not of the subset."""
    if len(data) > _BYTES_MAX:
        raise TemplateError(file, 0, f"larger than {_BYTES_MAX} bytes")
    return _Reader(file).read(data)


class _Reader:
    """One pass over one file; refuses at the first thing it does not know."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ProcessingInstructionHandler = self._instruction
        self._open: list[str] = []
        self._passing_over = 0
        self._layer = ""
        self._ids: set[str] = set()
        self._marks: list[Mark] = []
        self._text: dict[str, str] = {}
        self._text_line = 0
        self._written: list[str] = []
        self._spans = 0

    def read(self, data: bytes) -> tuple[Mark, ...]:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise TemplateError(self._file, error.lineno, f"not XML: {expat.ErrorString(error.code)}") from None
        return tuple(self._marks)

    def _refuse(self, reason: str) -> TemplateError:
        return TemplateError(self._file, self._parser.CurrentLineNumber, reason)

    def _doctype(self, *_: object) -> None:
        raise self._refuse("DOCTYPE is not allowed")

    def _instruction(self, target: str, _data: str) -> None:
        raise self._refuse(f"processing instruction <?{target}?> is not allowed")

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        if self._passing_over or namespace in _EDITORS or (namespace == _SVG and name in _PASSED_OVER):
            self._passing_over += 1
            return
        if namespace != _SVG or name not in _ATTRIBUTES:
            raise self._refuse(f"unknown element <{name}>")
        if (self._open[-1] if self._open else "") not in _PARENTS.get(name, frozenset({""})):
            raise self._refuse(f"<{name}> is not allowed here")
        if len(self._open) >= _DEPTH_MAX or len(self._marks) >= _MARKS_MAX:
            raise self._refuse("too many elements")
        self._open.append(name)
        self._element(name, self._known_attributes(name, attributes))

    def _known_attributes(self, element: str, attributes: dict[str, str]) -> dict[str, str]:
        known = {}
        for qualified, value in attributes.items():
            namespace, _, name = qualified.rpartition(" ")
            if namespace in _EDITORS:
                continue
            if name not in _ATTRIBUTES[element] or (namespace and name != "space"):
                raise self._refuse(f"unknown attribute {name!r} of <{element}>")
            known[name] = value
        if "id" in known:
            if known["id"] in self._ids:
                raise self._refuse(f"id {known['id']!r} is used twice")
            self._ids.add(known["id"])
        return merged_style(known, allowed=_ATTRIBUTES[element], refuse=self._refuse)

    def _element(self, name: str, known: dict[str, str]) -> None:
        if name == "svg":
            self._page(known)
        elif name == "g":
            self._group(known)
        elif name == "rect":
            self._marks.append(self._box(known))
        elif name == "line":
            self._marks.append(self._rule(known))
        elif name == "text":
            self._text, self._text_line, self._written, self._spans = known, self._parser.CurrentLineNumber, [], 0
        elif name == "tspan":
            self._span(known)

    def _page(self, known: dict[str, str]) -> None:
        size = (f"{WIDTH_MM:g}", f"{HEIGHT_MM:g}")
        wanted = {"width": f"{size[0]}mm", "height": f"{size[1]}mm", "viewBox": f"0 0 {size[0]} {size[1]}"}
        for name, value in wanted.items():
            if known.get(name) != value:
                raise self._refuse(f"<svg> must have {name}={value!r}")

    def _group(self, known: dict[str, str]) -> None:
        if len(self._open) > 2:  # a plain group inside a layer
            return
        if known.get("id") not in LAYERS:
            raise self._refuse(f"a layer's id must be one of {', '.join(LAYERS)}")
        self._layer = known["id"]

    def _number(self, known: dict[str, str], name: str, default: float | None = None) -> float:
        if name not in known and default is not None:
            return default
        return number(known.get(name), name=name, refuse=self._refuse)

    def _colour(self, known: dict[str, str], name: str, default: str) -> Colour | None:
        found = colour(known.get(name, default), name=name, refuse=self._refuse)
        # Resin has one colour; a grey drawn there would silently come out black.
        if self._layer == "k" and found not in (None, (0, 0, 0)):
            raise self._refuse(f"{name} in layer k must be #000000 or none")
        return found

    def _box(self, known: dict[str, str]) -> Box:
        width, height = self._number(known, "width"), self._number(known, "height")
        if width <= 0 or height <= 0:
            raise self._refuse("width and height must be above 0")
        return Box(
            known.get("id", ""), self._layer, self._parser.CurrentLineNumber,
            self._number(known, "x", 0.0), self._number(known, "y", 0.0), width, height,
            self._colour(known, "fill", "#000000"), self._colour(known, "stroke", "none"),
            self._number(known, "stroke-width", 1.0),
        )  # fmt: skip

    def _rule(self, known: dict[str, str]) -> Rule:
        stroke = self._colour(known, "stroke", "none")
        if stroke is None:
            raise self._refuse("a line needs a stroke")
        x1, y1, x2, y2 = (self._number(known, name, 0.0) for name in ("x1", "y1", "x2", "y2"))
        return Rule(
            known.get("id", ""), self._layer, self._parser.CurrentLineNumber, x1, y1, x2, y2,
            stroke, self._number(known, "stroke-width", 1.0),
        )  # fmt: skip

    def _span(self, known: dict[str, str]) -> None:
        self._spans += 1
        if self._spans > 1 or "".join(self._written).strip():
            raise self._refuse("one line of text in a <text>; put the next one in its own")
        self._text = {**self._text, **{name: value for name, value in known.items() if name != "id"}}

    def _characters(self, written: str) -> None:
        if self._passing_over:
            return
        if self._open and self._open[-1] in ("text", "tspan"):
            if self._spans and self._open[-1] == "text" and written.strip():
                raise self._refuse("text after a <tspan>")
            self._written.append(written)
        elif written.strip():
            raise self._refuse("text outside a <text>")

    def _end(self, _qualified: str) -> None:
        if self._passing_over:
            self._passing_over -= 1
        elif self._open.pop() == "text":
            self._marks.append(self._finished_text())

    def _finished_text(self) -> Text:
        known = self._text
        fill = self._colour(known, "fill", "#000000")
        if not family_is_known(known.get("font-family", "")):
            raise TemplateError(self._file, self._text_line, "font-family must be Liberation Sans")
        if fill is None:
            raise TemplateError(self._file, self._text_line, "a text needs a fill")
        return Text(
            known.get("id", ""), self._layer, self._text_line,
            self._number(known, "x"), self._number(known, "y"), self._number(known, "font-size"),
            weight_is_bold(known.get("font-weight", "normal"), refuse=self._refuse),
            anchor(known.get("text-anchor", "start"), refuse=self._refuse), fill,
            " ".join("".join(self._written).split()),
        )  # fmt: skip
