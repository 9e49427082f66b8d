"""What stands on a citizen's receipts, read back out of the PDF through the fonts' own character maps."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from drivers.contracts.parts import Eye, Finger, MissingReason
from station.documents.loader import TEMPLATES, receipt_texts
from station.documents.receipt import HandOver, Recording, hand_over_receipt, recording_receipt
from station.documents.sheet import Paper
from station.documents.texts import RECEIPT_TEXTS, BadTexts, parse_texts
from station.domain.citizen import Nik

AT = datetime(2030, 1, 2, 9, 5, tzinfo=ZoneInfo("Asia/Jakarta"))
RECORDING = Recording(
    office="Disdukcapil Kota Contoh",
    registration_id="3273-2030-000017",
    recorded_at=AT,
    nik=Nik("3273014107859001"),
    nama="CONTOH SINTETIS JOSÉ",
    fingers=frozenset(Finger) - {Finger.RIGHT_THUMB, Finger.LEFT_RING},
    eyes=frozenset({Eye.LEFT}),
    has_face=True,
    has_signature=False,
    missing=((Finger.RIGHT_THUMB, MissingReason.AMPUTATED), (Eye.RIGHT, MissingReason.BANDAGED)),
    contact="loket 3",
)
HAND_OVER = HandOver(
    "Disdukcapil", "3273-2030-000017", AT, Nik("3273014107859001"), "CONTOH", "finger", "", "petugas 1"
)


def objects(pdf: bytes) -> dict[int, bytes]:
    return {int(m[1]): m[2] for m in re.finditer(rb"(\d+) 0 obj\s(.*?)endobj", pdf, re.DOTALL)}


def unpacked(body: bytes) -> bytes:
    head, _, data = body.partition(b"stream")
    data = data.rpartition(b"endstream")[0].strip()
    if b"ASCII85" in head:
        data = base64.a85decode(data.removesuffix(b"~>"))
    return zlib.decompress(data)


def letters_of(bodies: dict[int, bytes], reference: bytes) -> dict[int, str]:
    """Code -> letter, by the font's ToUnicode map; fonts without one are not used for text."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", bodies[int(reference)])
    if not found:
        return {}
    pairs = re.findall(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>", unpacked(bodies[int(found[1])]))
    return {int(code, 16): chr(int(letter, 16)) for code, letter in pairs}


def lines_of(pdf: bytes) -> list[str]:
    bodies = objects(pdf)
    fonts = {
        name: letters_of(bodies, reference)
        for body in bodies.values()
        for name, reference in re.findall(rb"/(F\d\+\d) (\d+) 0 R", body)
    }
    lines = []
    pages = [int(n) for body in bodies.values() for n in re.findall(rb"/Contents (\d+) 0 R", body)]
    for page in pages:
        text = unpacked(bodies[page])
        for block in re.findall(rb"BT (.*?) ET", text, re.DOTALL):
            line, current = "", dict[int, str]()
            for font, shown in re.findall(rb"/(F\d\+\d) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", block):
                current = fonts[font] if font else current
                line += "".join(current[code] for code in plain(shown))
            lines.append(line)
    return [line for line in lines if line]


def plain(shown: bytes) -> bytes:
    """A PDF string without its escapes."""
    return re.sub(
        rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1].translate(ESCAPES), shown
    )


ESCAPES = bytes.maketrans(b"nrtbf", b"\n\r\t\b\f")


@pytest.mark.parametrize("paper", list(Paper))
def test_the_receipt_says_who_when_where_and_what_was_recorded(paper: Paper) -> None:
    said = " ".join(lines_of(recording_receipt(RECORDING, paper=paper)))
    for expected in (
        "BUKTI PEREKAMAN KTP-el", "Proof of KTP-el recording", "Disdukcapil Kota Contoh", "3273-2030-000017",
        "02-01-2030 09:05 WIB", "CONTOH SINTETIS JOSÉ", "Foto wajah", "Sidik jari: 8 dari 10", "Fingerprints: 8 of 10",
        "Iris mata: 1 dari 2", "jempol kanan: tidak ada", "jari manis kiri: belum direkam", "mata kanan: diperban",
        "tanda tangan: belum direkam", "nomor registrasi: loket 3", "tidak dipungut biaya",
    ):  # fmt: skip
        assert expected in said
    assert "telunjuk" not in said


def test_indonesian_stands_before_english() -> None:
    lines = lines_of(recording_receipt(RECORDING))
    assert lines.index("BUKTI PEREKAMAN KTP-el") < lines.index("Proof of KTP-el recording")


def test_a_complete_recording_lacks_nothing() -> None:
    whole = replace(RECORDING, fingers=frozenset(Finger), eyes=frozenset(Eye), has_signature=True, missing=())
    said = " ".join(lines_of(recording_receipt(whole)))
    assert "Sidik jari: 10 dari 10" in said
    assert "Yang tidak dapat direkam" not in said


def test_a_right_eye_and_a_right_thumb_are_not_confused_though_both_are_numbered_one() -> None:
    only_eye = replace(RECORDING, missing=((Eye.RIGHT, MissingReason.UNREADABLE),))
    said = " ".join(lines_of(recording_receipt(only_eye)))
    assert "mata kanan: tidak terbaca" in said
    assert "jempol kanan: belum direkam" in said


@pytest.mark.parametrize(
    "pdf", [recording_receipt(RECORDING), hand_over_receipt(HAND_OVER)], ids=["recorded", "handed"]
)
def test_the_nik_is_masked_everywhere(pdf: bytes) -> None:
    said = " ".join(lines_of(pdf))
    assert "32**********9001" in said
    assert "3273014107859001" not in said
    assert b"3273014107859001" not in pdf + b"".join(unpacked(b) for b in objects(pdf).values() if b"stream" in b)


@pytest.mark.parametrize("paper", list(Paper))
def test_the_same_values_give_the_same_bytes(paper: Paper) -> None:
    assert recording_receipt(RECORDING, paper=paper) == recording_receipt(RECORDING, paper=paper)
    later = replace(RECORDING, registration_id="3273-2030-000018")
    assert recording_receipt(RECORDING, paper=paper) != recording_receipt(later, paper=paper)


def page_sizes_mm(pdf: bytes) -> list[tuple[float, float]]:
    boxes = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    return [(float(w) * 25.4 / 72, float(h) * 25.4 / 72) for w, h in boxes]


def test_an_ordinary_receipt_is_one_a6_page_or_one_strip() -> None:
    assert page_sizes_mm(recording_receipt(RECORDING)) == [(pytest.approx(105, abs=0.1), pytest.approx(148, abs=0.1))]
    ((width, height),) = page_sizes_mm(recording_receipt(RECORDING, paper=Paper.ROLL_80_MM))
    assert width == pytest.approx(80, abs=0.1)
    assert 100 < height < 200


def test_whoever_lacks_everything_gets_a_second_page_and_no_line_less() -> None:
    nothing = replace(RECORDING, fingers=frozenset(), eyes=frozenset(), has_face=False, nama="PANJANG " * 30)
    pdf = recording_receipt(nothing)
    assert len(page_sizes_mm(pdf)) == 2
    said = " ".join(lines_of(pdf))
    assert said.count("PANJANG") == 30
    assert "kelingking kiri" in said
    assert "tidak dipungut biaya" in said


def test_a_word_wider_than_the_paper_is_broken_and_not_cut() -> None:
    pdf = recording_receipt(replace(RECORDING, office="K" * 120), paper=Paper.ROLL_80_MM)
    assert "".join(lines_of(pdf)).startswith("K" * 120)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        recording_receipt(replace(RECORDING, recorded_at=datetime(2030, 1, 2)))


def test_the_hand_over_says_who_received_the_card_and_how_it_was_checked() -> None:
    said = " ".join(lines_of(hand_over_receipt(HAND_OVER)))
    assert "BUKTI PENYERAHAN KTP-el" in said
    assert "pemilik sendiri" in said
    assert "sidik jari dan cip kartu" in said
    sent = replace(HAND_OVER, means="representative", representative="WAKIL CONTOH")
    said = " ".join(lines_of(hand_over_receipt(sent)))
    assert "WAKIL CONTOH" in said
    assert "surat kuasa" in said
    assert "pemilik sendiri" not in said


@pytest.mark.parametrize("change", [{"means": "guess"}, {"means": "representative"}, {"representative": "WAKIL"}])
def test_a_hand_over_that_does_not_add_up_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="do not go together"):
        hand_over_receipt(replace(HAND_OVER, **change))


def test_nobody_is_named_where_a_receipt_is_written_down() -> None:
    assert "CONTOH" not in repr(RECORDING) + repr(HAND_OVER)


TEXTS = (TEMPLATES / "documents" / "receipts.toml").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"[free]", b"[gratis]", "free: missing"),
        (b"[free]", b'[extra]\nid = "a"\nen = "b"\n[free]', "extra: unknown"),
        (b'en = "Name"', b"", "nama: must have exactly id and en"),
        (b'en = "Name"', b'en = ""', "nama.en: must be text"),
        (b"{contact}", b"{kontak}", "follow_up.id: must have ['contact'] braces"),
        (b'en = "Name"', b'en = "{nama}"', "nama.en: must have no braces"),
        (b"{captured} of", b"{captured!r} of", "braces hold a name"),
        (b"{captured} of", b"{captured of", "braces"),
        (b"[nik]", b"[nik", "receipts.toml: "),
    ],
)
def test_texts_that_are_not_whole_are_refused_by_name(old: bytes, new: bytes, reason: str) -> None:
    assert old in TEXTS
    with pytest.raises(BadTexts) as caught:
        parse_texts(TEXTS.replace(old, new, 1), RECEIPT_TEXTS, file="receipts.toml")
    assert reason in str(caught.value)


def test_an_office_may_have_its_own_words() -> None:
    own = {**receipt_texts(), "free": receipt_texts()["free"].filled()}
    own["free"] = type(own["free"])("Gratis.", "Free.")
    assert "Gratis." in lines_of(recording_receipt(RECORDING, texts=own))
