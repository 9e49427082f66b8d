"""A template's files: what an editor may write, and that everything else is refused with its line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from station.artwork.card_data import CardData, field_text
from station.artwork.errors import TemplateError
from station.artwork.loader import TEMPLATES, load_fonts, load_template
from station.artwork.svg_subset import Box, Text, parse_svg
from station.artwork.template import CardTemplate, Fonts, check_template

CardOf = Callable[..., CardData]

SVG = (TEMPLATES / "card" / "ktp-el-front.svg").read_bytes()
TOML = (TEMPLATES / "card" / "ktp-el-front.toml").read_bytes()


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    return load_fonts()


def checked(svg: bytes, toml: bytes, fonts: Fonts) -> CardTemplate:
    return check_template(svg, toml, fonts, svg_file="card.svg", toml_file="card.toml")


def with_line(source: bytes, before: bytes, line: bytes) -> tuple[bytes, int]:
    """`source` with `line` put before the first line that holds `before`, and that line's number."""
    lines = source.split(b"\n")
    at = next(i for i, found in enumerate(lines) if before in found)
    return b"\n".join([*lines[:at], line, *lines[at:]]), at + 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'<path d="M0 0"/>', "unknown element <path>"),
        (b'<image href="file:///etc/passwd"/>', "unknown element <image>"),
        (b"<script>1</script>", "unknown element <script>"),
        (b'<h:p xmlns:h="http://www.w3.org/1999/xhtml">x</h:p>', "unknown element <p>"),
        (b'<rect x="1" y="1" width="2" height="2" rx="1"/>', "unknown attribute 'rx' of <rect>"),
        (b'<g transform="translate(1,1)"/>', "unknown attribute 'transform' of <g>"),
        (b'<rect width="2" height="2" onclick="x"/>', "unknown attribute 'onclick' of <rect>"),
        (b'<rect width="2" height="2" style="filter:url(#a)"/>', "style filter:url(#a) is not allowed"),
        (b'<rect width="2" height="2" style="opacity:0.5"/>', "style opacity:0.5 is not allowed"),
        (b'<g style="display:none"/>', "style display:none is not allowed"),
        (b'<rect width="2" height="2" fill="red"/>', "fill must be #rrggbb or none"),
        (b'<rect width="2" height="2" fill="#808080"/>', "fill in layer k must be #000000 or none"),
        (b'<rect width="1e9" height="2"/>', "width is not a plain number"),
        (b'<rect width="nan" height="2"/>', "width is not a plain number"),
        (b'<rect width="0" height="2"/>', "width and height must be above 0"),
        (b'<rect id="photo" width="2" height="2"/>', "id 'photo' is used twice"),
        (b'<text x="1" y="1" font-size="2" font-family="Arial">x</text>', "font-family must be Liberation Sans"),
        (b'<rect id="box:other" width="2" height="2" fill="none"/>', "'box:other' has no binding"),
        (b"<rect/><!-- -->stray", "width is missing"),
        (b"stray", "text outside a <text>"),
        (b"<?php x?>", "processing instruction <?php?> is not allowed"),
        (b"</rect>", "not XML"),
    ],
)
def test_what_the_station_does_not_know_is_refused_with_its_line(line: bytes, reason: str, fonts: Fonts) -> None:
    svg, at = with_line(SVG, b"<!-- NIK -->", line)
    with pytest.raises(TemplateError) as caught:
        checked(svg, TOML, fonts)
    assert (caught.value.file, caught.value.line) == ("card.svg", at)
    assert reason in caught.value.reason


def test_an_entity_bomb_is_refused_at_its_doctype(fonts: Fonts) -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    svg, at = with_line(SVG, b"<svg ", bomb)
    with pytest.raises(TemplateError, match="DOCTYPE is not allowed") as caught:
        checked(svg, TOML, fonts)
    assert caught.value.line == at


@pytest.mark.parametrize(
    ("before", "line", "reason"),
    [
        (b"[photo]", b'colour = "blue"', "colour: unknown key"),
        (b"frame_mm", b"gamma = 2", "photo.gamma: unknown key"),
        (b"[fields.nama]", b"[extra]", "extra: unknown key"),
        (b"[fields.nama]", b"[fields.gelar]\nx = 1", "fields.gelar.panel: missing"),
        (b"[photo]", b"a b", "not TOML"),
    ],
)
def test_an_unknown_key_is_refused_with_its_line(before: bytes, line: bytes, reason: str, fonts: Fonts) -> None:
    toml, at = with_line(TOML, before, line)
    with pytest.raises(TemplateError) as caught:
        checked(SVG, toml, fonts)
    assert (caught.value.file, caught.value.line) == ("card.toml", at)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'source = "nama"', b'source = "nama_ibu"', "unknown source 'nama_ibu'"),
        (b'{ source = "nama", format = "upper" }', b'{ source = "nama", format = "title" }', "unknown format 'title'"),
        (b'{ source = "nama", format = "upper" }', b'{ source = "nama", format = "date" }', "does not go with 'nama'"),
        (b'{ source = "nama", format = "upper" }', b'{ source = "nama", format = "upper", cut = 30 }', "unknown key"),
        (b'"srgb"', b'"fogra39"', "unknown profile 'fogra39'"),
        (b"version = 1", b'version = "1"', "version: must be int"),
        (b"ink_below = 128", b"ink_below = 0", "must be 1 to 255"),
        (b"frame_mm = 0.4", b"frame_mm = true", "must be a number of millimetres"),
        (b"[fields.nama]", b"[fields.alias]", "the SVG has no text 'field:alias'"),
    ],
)
def test_a_binding_that_cannot_be_meant_is_refused_at_its_line(
    old: bytes, new: bytes, reason: str, fonts: Fonts
) -> None:
    at = TOML[: TOML.index(old)].count(b"\n") + 1
    with pytest.raises(TemplateError) as caught:
        checked(SVG, TOML.replace(old, new, 1), fonts)
    assert reason in caught.value.reason
    assert caught.value.line == at


def test_a_field_that_has_left_its_box_is_refused(fonts: Fonts) -> None:
    with pytest.raises(TemplateError, match=r"'field:nama' does not stand in its box"):
        checked(SVG.replace(b'<text id="field:nama" x="22"', b'<text id="field:nama" x="30"'), TOML, fonts)


def test_a_page_of_another_size_is_refused(fonts: Fonts) -> None:
    with pytest.raises(TemplateError, match=r"<svg> must have width='85.6mm'"):
        checked(SVG.replace(b'width="85.6mm"', b'width="85mm"'), TOML, fonts)


def test_a_file_as_an_editor_saves_it_is_read(fonts: Fonts) -> None:
    """Inkscape's habits: named view, metadata, style with units, a tspan for the line, its own attributes."""
    old = SVG[SVG.index(b'<text id="field:nama"') :]
    old = old[: old.index(b"</text>") + 7]
    new = b"""<text xml:space="preserve" id="field:nama" x="22" y="17.99"
      style="font-size:2.2px;line-height:1.25;font-family:'Liberation Sans';
             -inkscape-font-specification:'Liberation Sans';
             font-weight:normal;letter-spacing:0px;fill:#000000;fill-opacity:1;stroke:none"
      inkscape:label="nama"><tspan id="tspan9" x="22" y="17.99" inkscape:role="line">CONTOH</tspan></text>"""
    extra = b"""<inkscape:view pagecolor="#fff"><inkscape:grid/></inkscape:view><defs id="defs1"/>
      <metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>words</metadata>"""
    saved, _ = with_line(SVG.replace(old, new), b'<g id="ymc"', extra)
    ours, theirs = ({m.id: m for m in parse_svg(s, file="card.svg")}["field:nama"] for s in (SVG, saved))
    assert isinstance(ours, Text)
    assert isinstance(theirs, Text)
    assert (theirs.x_mm, theirs.y_mm, theirs.size_mm, theirs.bold, theirs.content) == (
        (ours.x_mm, ours.y_mm, ours.size_mm, ours.bold, ours.content)
    )  # fmt: skip
    checked(saved, TOML, fonts)


def test_two_lines_in_one_text_are_refused(fonts: Fonts) -> None:
    line = b'<text x="1" y="1" font-size="2" font-family="Liberation Sans"><tspan>a</tspan><tspan>b</tspan></text>'
    svg, at = with_line(SVG, b"<!-- NIK -->", line)
    with pytest.raises(TemplateError, match="one line of text") as caught:
        checked(svg, TOML, fonts)
    assert caught.value.line == at


def test_any_change_of_drawing_binding_or_font_is_another_template(fonts: Fonts, template: CardTemplate) -> None:
    same = checked(SVG, TOML, fonts)
    others = (
        checked(SVG + b"\n", TOML, fonts),
        checked(SVG, TOML + b"\n", fonts),
        checked(SVG, TOML, Fonts(fonts.bold, fonts.regular)),
    )
    assert same == template
    assert len({same.sha256, *(other.sha256 for other in others)}) == 4


def test_the_card_has_every_element_of_the_law_and_no_other(template: CardTemplate) -> None:
    """Permendagri 74/2015's list, the address in its four rows, photo and signature being rects."""
    assert {field.binding.name for field in template.fields} == {
        "provinsi", "kabupaten", "nik", "nama", "lahir", "jenis_kelamin", "golongan_darah", "alamat", "rt_rw",
        "kelurahan", "kecamatan", "agama", "status_perkawinan", "pekerjaan", "kewarganegaraan", "berlaku_hingga",
        "issued_place", "issued_on",
    }  # fmt: skip
    words = " ".join(mark.content for mark in template.ground if isinstance(mark, Text))
    assert "CONTOH · SPECIMEN" in words
    assert template.photo.layer == "ymc"
    assert isinstance(template.signature, Box)


def test_templates_may_live_in_another_folder(tmp_path: Path) -> None:
    for ending in (".svg", ".toml"):
        shutil.copy(TEMPLATES / "card" / f"ktp-el-front{ending}", tmp_path / f"mine{ending}")
    assert load_template("mine", folder=tmp_path) == load_template()


@pytest.mark.parametrize(
    ("field", "biodata", "written"),
    [
        ("provinsi", {"provinsi": "Jawa Barat"}, "PROVINSI JAWA BARAT"),
        ("kabupaten", {"kabupaten": "Kota Bandung"}, "KOTA BANDUNG"),
        ("kabupaten", {"kabupaten": "Kabupaten Bandung Barat"}, "KABUPATEN BANDUNG BARAT"),
        ("kabupaten", {"kabupaten": "Bandung", "region_code": "3273011001"}, "KOTA BANDUNG"),
        ("kabupaten", {"kabupaten": "Bandung", "region_code": "3204011001"}, "KABUPATEN BANDUNG"),
        ("kabupaten", {"kabupaten": "Kotabaru", "region_code": "6302011001"}, "KABUPATEN KOTABARU"),
        ("lahir", {"tempat_lahir": "Bandung", "tanggal_lahir": date(1931, 2, 3)}, "BANDUNG, 03-02-1931"),
        ("nama", {"nama": " ali  bin   ahmad "}, "ALI BIN AHMAD"),
        ("rt_rw", {"rt": "001", "rw": "012"}, "001/012"),
        ("rt_rw", {"rt": "", "rw": ""}, "-/-"),
        ("nik", {}, "3273014107859001"),
        ("issued_on", {}, "02-01-2030"),
    ],
)
def test_each_field_is_spelled_as_on_a_card(
    template: CardTemplate, card_of: CardOf, field: str, biodata: dict[str, Any], written: str
) -> None:
    bound = {f.binding.name: f.binding for f in template.fields}[field]
    assert field_text(bound, card_of(**biodata)) == written
