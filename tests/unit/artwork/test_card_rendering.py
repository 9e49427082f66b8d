"""A card's panels: what is resin, what is dye, where the photo is, and what happens to values with no room."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drivers.contracts.card_printer import Panel, PrinterFacts
from station.artwork.card_data import CardData
from station.artwork.comparison import SAME_PHOTO_MAX, photo_difference
from station.artwork.errors import BadPicture, FieldMissing, LetterMissing, PrinterUnfit, TooLong
from station.artwork.panels import Pixels, recompose
from station.artwork.rendering import CardGeometry, RenderedCard, render
from station.artwork.template import CardTemplate

CardOf = Callable[..., CardData]
PhotoOf = Callable[..., bytes]

GOLDEN = Path(__file__).parents[2] / "vectors" / "artwork" / "front-300.png"
AT_300, AT_600 = CardGeometry(), CardGeometry(2032, 1296, 600)
NAME_60 = "Abcdefghijklm Nopqrstuvwx Yzabcdefgh Ijklmnopqrst Uvwxyzabcd"
WIDE_60 = "Muhammadmu Wahyuwwidodo Mangkunegarawan Wirawangsanegara Mmm"
VILLAGE_44 = "Kampuang Tanjuang Koto Mambang Sungai Durian"
REGENCY_36 = "Kabupaten Penukal Abab Lematang Ilir"


def plane(card: RenderedCard, panel: Panel) -> Pixels:
    bitmap = card.face[panel]
    return np.frombuffer(bitmap.pixels, np.uint8).reshape(bitmap.height_px, bitmap.width_px)


def worst_tile(a: Pixels, b: Pixels, side: int = 24) -> float:
    """The largest mean difference of any tile: a few letters weigh as much as they would to a reader."""
    difference = np.abs(a.astype(int) - b.astype(int)).mean(axis=2)
    rows, columns = (n // side * side for n in difference.shape)
    tiles = difference[:rows, :columns].reshape(rows // side, side, columns // side, side)
    return float(tiles.mean(axis=(1, 3)).max())


def test_the_card_looks_as_it_did(template: CardTemplate, card_of: CardOf) -> None:
    golden = np.asarray(Image.open(GOLDEN).convert("RGB"))
    assert worst_tile(recompose(render(template, card_of(), AT_300).face), golden) < 12


def test_the_golden_image_shows_when_one_letter_differs(template: CardTemplate, card_of: CardOf) -> None:
    golden = np.asarray(Image.open(GOLDEN).convert("RGB"))
    changed = render(template, card_of(nama="Contoh Sintetis Sata"), AT_300)
    assert worst_tile(recompose(changed.face), golden) > 12


@pytest.mark.parametrize("geometry", [AT_300, AT_600, CardGeometry(1036, 664)], ids=["300", "600", "with bleed"])
def test_every_panel_has_the_printers_size_and_resin_is_there_or_not(
    template: CardTemplate, card_of: CardOf, geometry: CardGeometry
) -> None:
    card = render(template, card_of(), geometry)
    assert list(card.face) == list(Panel)
    for bitmap in card.face.values():
        assert (bitmap.width_px, bitmap.height_px) == (geometry.width_px, geometry.height_px)
        assert len(bitmap.pixels) == geometry.width_px * geometry.height_px
    assert set(card.face[Panel.BLACK].pixels) == {0, 255}
    assert set(card.face[Panel.OVERLAY].pixels) == {255}


def test_a_printers_own_facts_are_enough_to_render_for_it(template: CardTemplate, card_of: CardOf) -> None:
    panels = (Panel.YELLOW, Panel.MAGENTA, Panel.CYAN, Panel.BLACK)
    facts = PrinterFacts("m", "d", "s", "f", 300, 1016, 648, panels, 64, True, True, True)
    card = render(template, card_of(), facts)
    assert tuple(card.face) == panels  # no overlay on its ribbon
    assert len(set(card.face[Panel.CYAN].pixels)) <= 64
    assert card.template_sha256 == template.sha256


@pytest.mark.parametrize("levels", [32, 64, 128, 256])
def test_a_driver_gets_its_own_level_back_by_shifting_or_by_rounding(
    levels: int, template: CardTemplate, card_of: CardOf
) -> None:
    card = render(template, card_of(), CardGeometry(colour_levels=levels))
    shift = 8 - (levels.bit_length() - 1)
    for amount in set(card.face[Panel.MAGENTA].pixels):
        level = round(amount * (levels - 1) / 255)
        assert amount >> shift == level
        assert round(level * 255 / (levels - 1)) == amount


def test_a_black_photo_leaves_no_resin_in_its_box(template: CardTemplate, card_of: CardOf, photo_of: PhotoOf) -> None:
    card = render(template, card_of(card={"photo_jpeg": photo_of((0, 0, 0))}), AT_300)
    left, top, right, bottom = card.photo_box_px
    assert not plane(card, Panel.BLACK)[top:bottom, left:right].any()
    assert plane(card, Panel.CYAN)[top + 5, left + 5] > 240


def test_text_differs_in_resin_alone(template: CardTemplate, card_of: CardOf) -> None:
    one, other = (render(template, card_of(nama=name), AT_300) for name in ("Contoh Satu", "Contoh Dua"))
    assert one.face[Panel.BLACK] != other.face[Panel.BLACK]
    for panel in (Panel.YELLOW, Panel.MAGENTA, Panel.CYAN, Panel.OVERLAY):
        assert one.face[panel] == other.face[panel]


@pytest.mark.parametrize("size", [(960, 1280), (120, 160), (2400, 3200)])
def test_the_photo_fills_its_box_whatever_its_size(
    template: CardTemplate, card_of: CardOf, photo_of: PhotoOf, size: tuple[int, int]
) -> None:
    card = render(template, card_of(card={"photo_jpeg": photo_of((20, 200, 40), size)}), AT_300)
    left, top, right, bottom = card.photo_box_px
    shown = recompose(card.face)[top:bottom, left:right]
    for y, x in ((0, 0), (0, -1), (-1, 0), (-1, -1), (0, 120), (100, 0), (100, -1)):
        assert np.abs(shown[y, x].astype(int) - (20, 200, 40)).max() < 16
    assert shown.shape == (331, 248, 3)


@pytest.mark.parametrize("levels", [32, 64, 256])
def test_the_face_that_was_sent_shows_the_chips_photo_and_no_other(
    template: CardTemplate, card_of: CardOf, photo_of: PhotoOf, levels: int
) -> None:
    card = render(template, card_of(), CardGeometry(colour_levels=levels))

    def difference(jpeg: bytes) -> float:
        return photo_difference(card.face, card.photo_box_px, jpeg)

    assert difference(photo_of()) < 0.001
    assert difference(photo_of(size=(180, 240), quality=30)) < SAME_PHOTO_MAX  # a chip has little room
    other = photo_of(skin=(120, 80, 60), shirt=(230, 230, 220))  # another person before the same background
    assert difference(other) > 1.5 * SAME_PHOTO_MAX
    assert difference(photo_of((0, 144, 255))) > 2 * SAME_PHOTO_MAX


def test_recomposing_gives_back_the_colours_that_were_split(template: CardTemplate, card_of: CardOf) -> None:
    card = render(template, card_of(), AT_300)
    picture = recompose(card.face)
    assert tuple(picture[630, 1000]) == (0xE6, 0xF0, 0xF5)  # the ground, past the card's edge too
    assert tuple(picture[-1, -1]) == (0xE6, 0xF0, 0xF5)
    assert (picture[plane(card, Panel.BLACK) == 255] == 0).all()
    preview = np.asarray(Image.open(io.BytesIO(card.preview_png())))
    assert (preview == picture).all()


def test_recompose_refuses_panels_of_two_sizes(template: CardTemplate, card_of: CardOf) -> None:
    small = render(template, card_of(), AT_300).face
    large = render(template, card_of(), AT_600).face
    with pytest.raises(ValueError, match="differ in size"):
        recompose({**small, Panel.BLACK: large[Panel.BLACK]})


@pytest.mark.parametrize(("year", "colour"), [(1985, (0xDB, 0x15, 0x14)), (1986, (0x00, 0x90, 0xFF))])
def test_the_frame_says_the_colour_of_the_birth_year_of_the_biodata(
    template: CardTemplate, card_of: CardOf, year: int, colour: tuple[int, int, int]
) -> None:
    card = render(template, card_of(tanggal_lahir=date(year, 7, 1)), AT_300)
    left, top, _, _ = card.photo_box_px
    assert tuple(recompose(card.face)[top - 2, left + 50]) == colour
    assert [finding.code for finding in card.findings] == ["photo_background_not_replaced"]


def test_a_replaced_background_needs_no_frame(template: CardTemplate, card_of: CardOf) -> None:
    card = render(template, card_of(card={"photo_background_replaced": True}), AT_300)
    left, top, _, _ = card.photo_box_px
    assert tuple(recompose(card.face)[top - 2, left + 50]) == (0xE6, 0xF0, 0xF5)
    assert card.findings == ()


def test_the_signature_is_whole_and_in_resin(template: CardTemplate, card_of: CardOf) -> None:
    with_it = plane(render(template, card_of(), AT_300), Panel.BLACK)
    without = plane(render(template, card_of(card={"signature_png": None}), AT_300), Panel.BLACK)
    rows, columns = np.nonzero(with_it != without)
    scale = 300 / 25.4
    left, top = 2.5 + 62.3 * scale, 5.2 + 47 * scale
    assert left - 1 <= columns.min()
    assert columns.max() <= left + 21 * scale
    assert top - 1 <= rows.min()
    assert rows.max() <= top + 5.4 * scale
    # 310 of the drawing's 336 columns have ink, and the drawing is as wide as the box's height lets it be
    assert columns.max() - columns.min() == pytest.approx(314 / 88 * 5.4 * scale, abs=4)


def test_a_missing_signature_is_said_and_does_not_stop_the_card(template: CardTemplate, card_of: CardOf) -> None:
    card = render(template, card_of(card={"signature_png": None}), AT_300)
    assert "signature_missing" in {finding.code for finding in card.findings}


@pytest.mark.parametrize("geometry", [AT_300, AT_600], ids=["300", "600"])
@pytest.mark.parametrize("name", [NAME_60, WIDE_60, "Ali"])
def test_names_of_sixty_letters_fit_beside_the_longest_regions(
    template: CardTemplate, card_of: CardOf, geometry: CardGeometry, name: str
) -> None:
    data = card_of(
        card={"issued_place": REGENCY_36},
        nama=name, kelurahan=VILLAGE_44, kecamatan=VILLAGE_44, kabupaten=REGENCY_36, tempat_lahir=REGENCY_36,
        provinsi="Daerah Istimewa Yogyakarta", golongan_darah="Tidak Tahu", alamat=VILLAGE_44 + " Nomor 12",
        agama="Kepercayaan Terhadap Tuhan Yang Maha Esa", pekerjaan="Karyawan Badan Usaha Milik Daerah",
    )  # fmt: skip
    assert set(render(template, data, geometry).face[Panel.BLACK].pixels) == {0, 255}


def test_a_long_name_is_set_in_two_lines(template: CardTemplate, card_of: CardOf) -> None:
    short, long = (plane(render(template, card_of(nama=name), AT_300), Panel.BLACK) for name in ("Ali", NAME_60))
    left, right = (round(2.5 + mm * 300 / 25.4) for mm in (22, 60.6))
    rows = slice(round(5.2 + 15.2 * 300 / 25.4), round(5.2 + 19.2 * 300 / 25.4))

    def lines(k: Pixels) -> int:
        inked = k[rows, left:right].any(axis=1)
        return int(np.count_nonzero(np.diff(inked.astype(int)) == 1))

    assert (lines(short), lines(long)) == (1, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nama", "M" * 60),  # one word: there is no place to break it
        ("nama", " ".join([NAME_60, NAME_60])),
        ("kelurahan", " ".join([VILLAGE_44, VILLAGE_44])),
        ("status_perkawinan", NAME_60),
    ],
)
def test_a_value_with_no_room_is_a_question_and_never_cut(
    template: CardTemplate, card_of: CardOf, field: str, value: str
) -> None:
    with pytest.raises(TooLong) as caught:
        render(template, card_of(**{field: value}), AT_300)
    assert caught.value.field == field
    assert value not in str(caught.value)


def test_a_letter_the_font_lacks_is_not_printed_as_a_box(template: CardTemplate, card_of: CardOf) -> None:
    render(template, card_of(nama="Sri Nur'aini D. José-Łukasz"), AT_300)
    with pytest.raises(LetterMissing, match=r"^nama: "):
        render(template, card_of(nama="Contoh ᮃᮊ᮪ᮞᮛ"), AT_300)


def test_a_blank_value_that_is_needed_stops_the_card(template: CardTemplate, card_of: CardOf) -> None:
    with pytest.raises(FieldMissing, match=r"^nama: "):
        render(template, card_of(nama="  "), AT_300)


def test_a_blank_blood_type_is_a_dash(template: CardTemplate, card_of: CardOf) -> None:
    blank, dash = (render(template, card_of(golongan_darah=text), AT_300) for text in ("", "-"))
    assert blank.face == dash.face


@pytest.mark.parametrize("encoded", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_bytes_that_are_no_photo_are_refused(template: CardTemplate, card_of: CardOf, encoded: bytes) -> None:
    with pytest.raises(BadPicture, match=r"^photo: "):
        render(template, card_of(card={"photo_jpeg": encoded}), AT_300)


def test_a_photo_that_ends_early_is_refused(template: CardTemplate, card_of: CardOf, photo_of: PhotoOf) -> None:
    whole = photo_of()
    with pytest.raises(BadPicture, match=r"^photo: "):
        render(template, card_of(card={"photo_jpeg": whole[: len(whole) // 2]}), AT_300)


def test_a_photo_turned_by_its_camera_is_set_upright(
    template: CardTemplate, card_of: CardOf, photo_of: PhotoOf
) -> None:
    upright = Image.open(io.BytesIO(photo_of()))
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # turn right to see it
    upright.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=92, exif=exif)
    one, other = (render(template, card_of(card={"photo_jpeg": j}), AT_300) for j in (photo_of(), out.getvalue()))
    assert np.abs(recompose(one.face).astype(int) - recompose(other.face)).mean() < 1


def test_a_square_photo_is_cut_and_said_to_be(template: CardTemplate, card_of: CardOf, photo_of: PhotoOf) -> None:
    card = render(template, card_of(card={"photo_jpeg": photo_of(size=(600, 600))}), AT_300)
    assert "photo_cropped" in {finding.code for finding in card.findings}


def test_a_printer_without_colour_or_with_too_small_a_bitmap_is_refused(
    template: CardTemplate, card_of: CardOf
) -> None:
    with pytest.raises(PrinterUnfit, match="no panel y"):
        render(template, card_of(), CardGeometry(panels=(Panel.BLACK,)))
    with pytest.raises(PrinterUnfit, match="outside"):
        render(template, card_of(), CardGeometry(900, 600))


def test_rendering_twice_gives_the_same_bytes(template: CardTemplate, card_of: CardOf) -> None:
    assert render(template, card_of(), AT_300).face == render(template, card_of(), AT_300).face


def test_nobody_is_named_where_a_card_is_written_down(template: CardTemplate, card_of: CardOf) -> None:
    written = repr(card_of()) + repr(render(template, card_of(), AT_300))
    assert "Contoh" not in written
    assert "3273014107859001" not in written
