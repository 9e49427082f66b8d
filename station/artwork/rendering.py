"""A template and one person's data become a card's panels; text is resin on a canvas of its own, never a photo's.

Sizes: the template is in mm from the card's top left. A printer's bitmap is a little larger than the card or as large;
the card lies in its middle, and the template's ground reaches past the card's edge to cover the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from PIL import Image, ImageDraw

from drivers.contracts.card_printer import Bitmap, Face, Panel
from station.artwork import fitting, pictures
from station.artwork.card_data import CardData, field_text
from station.artwork.errors import FieldMissing, LetterMissing, PrinterUnfit, TooLong
from station.artwork.lettering import face as letters
from station.artwork.lettering import has_all_letters
from station.artwork.panels import bitmap, overlaid, png, recompose, split
from station.artwork.svg_subset import HEIGHT_MM, WIDTH_MM, Box, Mark, Rule, Text
from station.artwork.svg_values import Colour
from station.artwork.template import CardTemplate, Field
from station.domain.citizen import Finding, Level

_COLOUR_PANELS = (Panel.YELLOW, Panel.MAGENTA, Panel.CYAN)
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
PixelBox = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom are outside


class PrinterGeometry(Protocol):
    """The part of `PrinterFacts` that artwork asks for."""

    @property
    def width_px(self) -> int: ...
    @property
    def height_px(self) -> int: ...
    @property
    def dpi(self) -> int: ...
    @property
    def panels(self) -> tuple[Panel, ...]: ...
    @property
    def colour_levels(self) -> int: ...


@dataclass(frozen=True, slots=True)
class CardGeometry:
    """A `PrinterGeometry` without a printer, as previews need it."""

    width_px: int = 1016
    height_px: int = 648
    dpi: int = 300
    panels: tuple[Panel, ...] = tuple(Panel)
    colour_levels: int = 256


@dataclass(frozen=True, slots=True, repr=False)
class RenderedCard:
    """`face` goes to the printer; the rest is told about it. Findings are warnings about this card's looks."""

    face: Face
    photo_box_px: PixelBox
    template_sha256: str
    findings: tuple[Finding, ...]

    def preview_png(self) -> bytes:
        """The card as it will look, made from the panels that are printed and from nothing else."""
        return png(recompose(self.face))

    def __repr__(self) -> str:
        return f"RenderedCard({self.template_sha256[:12]})"


def render(template: CardTemplate, data: CardData, geometry: PrinterGeometry) -> RenderedCard:
    """`FieldError` when a value needs a person (`TooLong` is one), `PrinterUnfit` when this printer cannot do it."""
    sheet = _sheet(
        template,
        CardGeometry(geometry.width_px, geometry.height_px, geometry.dpi, geometry.panels, geometry.colour_levels),
    )
    resin = sheet.resin.copy()
    dyes, photo_findings = _dyes_with_photo(sheet, data)
    findings = [*photo_findings, *_draw_signature(sheet, resin, data)]
    _draw_fields(sheet, resin, data)
    panels = {**dyes, Panel.BLACK: bitmap(resin)}
    if Panel.OVERLAY in geometry.panels:
        panels[Panel.OVERLAY] = sheet.overlay
    return RenderedCard(
        face={panel: panels[panel] for panel in Panel if panel in panels},
        photo_box_px=sheet.photo_px,
        template_sha256=template.sha256,
        findings=tuple(findings),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Millimetres of the card -> pixels of the bitmap."""

    per_mm: float
    left_px: float
    top_px: float

    def length(self, mm: float) -> int:
        return round(mm * self.per_mm)

    def point(self, x_mm: float, y_mm: float) -> tuple[int, int]:
        return round(x_mm * self.per_mm + self.left_px), round(y_mm * self.per_mm + self.top_px)

    def box(self, box: Box) -> PixelBox:
        corner = (box.x_mm + box.width_mm, box.y_mm + box.height_mm)
        return (*self.point(box.x_mm, box.y_mm), *self.point(*corner))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All that is the same on every card of one template on one printer: drawn once, copied for each card."""

    template: CardTemplate
    geometry: CardGeometry
    scale: _Scale
    photo_px: PixelBox
    colours: Image.Image
    dyes: Face
    resin: Image.Image
    overlay: Bitmap


@lru_cache(maxsize=8)
def _sheet(template: CardTemplate, geometry: CardGeometry) -> _Sheet:
    if missing := [panel for panel in (*_COLOUR_PANELS, Panel.BLACK) if panel not in geometry.panels]:
        raise PrinterUnfit(f"the printer has no panel {missing[0]}")
    if not 2 <= geometry.colour_levels <= 256:
        raise PrinterUnfit(f"the printer has {geometry.colour_levels} colour levels")
    per_mm = geometry.dpi / 25.4
    margins = ((geometry.width_px - WIDTH_MM * per_mm) / 2, (geometry.height_px - HEIGHT_MM * per_mm) / 2)
    scale = _Scale(per_mm, *margins)
    for box in (template.photo, template.signature, *(field.room for field in template.fields)):
        left, top, right, bottom = scale.box(box)
        if left < 0 or top < 0 or right > geometry.width_px or bottom > geometry.height_px:
            raise PrinterUnfit(f"{box.id} lies outside what the printer prints")
    size = (geometry.width_px, geometry.height_px)
    layers = {
        "k": Image.new("L", size, 0),
        "overlay": Image.new("L", size, 0),
        "ymc": Image.new("RGB", size, "#ffffff"),
    }
    for mark in template.ground:
        _draw_mark(layers[mark.layer], mark, scale, template)
    return _Sheet(
        template=template,
        geometry=geometry,
        scale=scale,
        photo_px=scale.box(template.photo),
        colours=layers["ymc"],
        dyes=split(layers["ymc"], levels=geometry.colour_levels),
        resin=layers["k"],
        overlay=bitmap(layers["overlay"]),
    )


def _draw_mark(canvas: Image.Image, mark: Mark, scale: _Scale, template: CardTemplate) -> None:
    draw = ImageDraw.Draw(canvas)
    draw.fontmode = "1" if canvas.mode == "L" else "L"
    if isinstance(mark, Text):
        font = letters(template.fonts, max(1, scale.length(mark.size_mm)), bold=mark.bold)
        at, fill = scale.point(mark.x_mm, mark.y_mm), _ink(canvas, mark.fill)
        draw.text(at, mark.content, fill=fill, font=font, anchor=_ANCHORS[mark.anchor])
    elif isinstance(mark, Rule):
        ends = (scale.point(mark.x1_mm, mark.y1_mm), scale.point(mark.x2_mm, mark.y2_mm))
        draw.line(ends, fill=_ink(canvas, mark.stroke), width=max(1, scale.length(mark.stroke_mm)))
    else:
        left, top, right, bottom = scale.box(mark)
        stroke_px = max(1, scale.length(mark.stroke_mm)) if mark.stroke else 0
        fill, outline = _ink(canvas, mark.fill), _ink(canvas, mark.stroke)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=fill, outline=outline, width=stroke_px)


def _ink(canvas: Image.Image, colour: Colour | None) -> Colour | int | None:
    """Resin and overlay are there or not; dye has a colour."""
    return 255 if colour is not None and canvas.mode == "L" else colour


def _dyes_with_photo(sheet: _Sheet, data: CardData) -> tuple[Face, list[Finding]]:
    """The dye panels. Only photo and frame differ from card to card, so only they are split anew."""
    around_px = sheet.scale.length(sheet.template.binding.photo.frame_mm)
    left, top, right, bottom = sheet.photo_px
    left, top = max(0, left - around_px), max(0, top - around_px)
    right, bottom = min(sheet.geometry.width_px, right + around_px), min(sheet.geometry.height_px, bottom + around_px)
    patch = sheet.colours.crop((left, top, right, bottom))
    findings = _draw_photo(sheet, patch, (left, top), data)
    dyes = split(patch, levels=sheet.geometry.colour_levels)
    ground = sheet.dyes
    return {dye: overlaid(ground[dye], dyes[dye], left_px=left, top_px=top) for dye in dyes}, findings


def _draw_photo(sheet: _Sheet, patch: Image.Image, corner: tuple[int, int], data: CardData) -> list[Finding]:
    """Into `patch`, whose top left is at `corner` and whose rim is the frame's room."""
    left, top, right, bottom = sheet.photo_px
    picture, cropped = pictures.photo(data.photo_jpeg, size_px=(right - left, bottom - top))
    findings = [Finding(Level.WARNING, "photo", "photo_cropped")] if cropped > pictures.CROPPED_MAX else []
    if not data.photo_background_replaced:
        findings.append(Finding(Level.WARNING, "photo", "photo_background_not_replaced"))
        # The rule asks for the background itself; a frame says the colour and leaves the photo as it is.
        # The year is the biodata's: a NIK may carry another, and stays valid.
        rule = sheet.template.binding.photo
        odd = data.biodata.tanggal_lahir.year % 2 == 1
        patch.paste(rule.odd_birth_year if odd else rule.even_birth_year, (0, 0, *patch.size))
    patch.paste(picture, (left - corner[0], top - corner[1]))
    return findings


def _draw_signature(sheet: _Sheet, resin: Image.Image, data: CardData) -> list[Finding]:
    rule = sheet.template.binding.signature
    if data.signature_png is None:
        if rule.required:
            raise FieldMissing("signature")
        return [Finding(Level.WARNING, "signature", "signature_missing")]
    left, top, right, bottom = sheet.scale.box(sheet.template.signature)
    ink = pictures.signature(data.signature_png, size_px=(right - left, bottom - top), ink_below=rule.ink_below)
    resin.paste(255, ((left + right - ink.width) // 2, (top + bottom - ink.height) // 2), mask=ink)
    return [] if ink.getbbox() else [Finding(Level.WARNING, "signature", "signature_blank")]


def _draw_fields(sheet: _Sheet, resin: Image.Image, data: CardData) -> None:
    draw = ImageDraw.Draw(resin)
    draw.fontmode = "1"
    for field in sheet.template.fields:
        if text := field_text(field.binding, data):
            _draw_field(sheet, draw, field, text)


def _draw_field(sheet: _Sheet, draw: ImageDraw.ImageDraw, field: Field, text: str) -> None:
    fonts, bold, name = sheet.template.fonts, field.text.bold, field.binding.name
    if not has_all_letters(fonts, text, bold=bold):
        raise LetterMissing(name)
    left, top, right, bottom = sheet.scale.box(field.room)
    room = fitting.Room(
        width_px=right - left,
        height_px=bottom - top,
        size_px=sheet.scale.length(field.text.size_mm),
        min_size_px=max(1, sheet.scale.length(field.binding.fit.min_size_mm)),
        lines_max=field.binding.fit.lines_max,
    )
    fitted = fitting.fit(text, room, lambda words, size: letters(fonts, size, bold=bold).getlength(words, mode="1"))
    if fitted is None:
        raise TooLong(name)
    x, baseline = sheet.scale.point(field.text.x_mm, field.text.y_mm)
    font = letters(fonts, fitted.size_px, bold=bold)
    if len(fitted.lines) > 1:
        baseline = top + fitted.baseline_px
    for line in fitted.lines:
        draw.text((x, baseline), line, fill=255, font=font, anchor=_ANCHORS[field.text.anchor])
        baseline += fitted.pitch_px
