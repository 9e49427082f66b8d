"""In a real browser the board is right, live, honest when cut off, closed to the outside, and usable by everyone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from station.devices.health import Condition, Health
from station.domain.blank_stock import BlankEquation

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
CHANGE_TIMEOUT_MS = 10_000
CUT_TIMEOUT_MS = 20_000  # the screen's own limit is 10 s, counted from the last sign of life
BACK_TIMEOUT_MS = 60_000  # the browser tries again after ever longer pauses
KIOSK = {"width": 1366, "height": 768}
Row = Callable[[str], Any]


@pytest.fixture(scope="module")
def browser(require_peer: Callable[[str, str], Path]) -> Iterator[Browser]:
    executable = require_peer("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            headless=True,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=KIOSK)
    yield context
    context.close()


class Watched:
    """A page, with what it asked for and what it complained of."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        self._address = address

    def goto(self, path: str = "/") -> Page:
        self.page.goto(self._address + path)
        return self.page


@pytest.fixture
def watched(context: BrowserContext, board: Any) -> Watched:
    return Watched(context, board.address)


def _changed(page: Page, office: Any) -> None:
    """Waits until a look later than the page's own has come through the stream."""
    office.change(queue={**office.state.queue, "waiting": 913})
    expect(page.locator("[data-queue=waiting] dd")).to_have_text("913", timeout=CHANGE_TIMEOUT_MS)


def _device(page: Page, name: str) -> str:
    return re.sub(r"\s+", " ", page.locator(f"[data-device={name}]").inner_text()).strip()


def test_the_board_shows_devices_queue_and_blanks_in_indonesian(watched: Watched) -> None:
    page = watched.goto("/")
    assert page.locator("html").get_attribute("lang") == "id"
    expect(page.locator("h1")).to_have_text("Stasiun KTP-el")
    expect(page.locator("h2")).to_have_text(["Alat", "Antrean", "Blangko"])
    expect(page.locator("#line")).to_have_text("langsung")
    assert _device(page, "fingerprint_scanner") == "Pemindai sidik jari siap Contoh FS-50 SN123"
    assert _device(page, "iris_scanner") == "Pemindai iris tidak terjangkau tcp://127.0.0.1:9: connection refused"
    assert _device(page, "face_camera") == "Kamera wajah tidak dipasang"
    assert _device(page, "signature_pad") == "Papan tanda tangan sedang bekerja Contoh P-1"
    expect(page.locator("[data-queue=waiting]")).to_have_text(re.compile(r"menunggu dikirim\s*12"))
    expect(page.locator("[data-blanks=issued]")).to_have_text(re.compile(r"Terbit\s*38"))
    expect(page.get_by_text("Persamaan blangko benar")).to_be_visible()


def test_the_board_is_in_english_on_its_own_page_and_the_two_lead_to_each_other(watched: Watched) -> None:
    page = watched.goto("/board/en")
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.locator("h2")).to_have_text(["Devices", "Queue", "Blanks"])
    assert _device(page, "fingerprint_scanner") == "Fingerprint scanner ready Contoh FS-50 SN123"
    assert _device(page, "iris_scanner").startswith("Iris scanner cannot be reached")
    expect(page.locator("[data-queue=waiting]")).to_have_text(re.compile(r"waiting to be sent\s*12"))
    expect(page.get_by_text("The blank equation holds")).to_be_visible()
    page.get_by_role("link", name="ID").click()
    expect(page.locator("h1")).to_have_text("Stasiun KTP-el")
    page.get_by_role("link", name="EN").click()
    expect(page.locator("h1")).to_have_text("KTP-el station")


def test_a_device_that_needs_somebody_says_what_to_do(watched: Watched) -> None:
    row = _device(watched.goto("/"), "kiri")
    assert row.startswith("kiri perlu petugas Pita habis. Ganti pita, lalu cetak ulang.")
    assert "Tutup printer terbuka. Tutup printer rapat-rapat." in row


def test_what_changes_appears_without_a_reload(watched: Watched, office: Any) -> None:
    page = watched.goto("/")
    page.evaluate("window.sameDocument = true")
    expect(page.locator("[data-queue=waiting] dd")).to_have_text("12")
    devices = (
        replace(office.state.devices[0], condition=Condition.AWAY, trouble="unplugged"),
        *office.state.devices[1:],
    )
    office.change(
        devices=devices,
        queue={**office.state.queue, "waiting": 11, "in_doubt": 2},
        blanks=BlankEquation(500, 400, 50, 38, 6, 1, 3, 2, 1),
        keys_are_plain=True,
    )
    expect(page.locator("[data-queue=waiting] dd")).to_have_text("11", timeout=CHANGE_TIMEOUT_MS)
    assert _device(page, "fingerprint_scanner") == "Pemindai sidik jari tidak terjangkau unplugged Contoh FS-50 SN123"
    assert "calls" in str(page.locator("[data-queue=in_doubt]").get_attribute("class"))
    expect(page.get_by_text("Persamaan blangko SALAH: panggil pengawas")).to_be_visible()
    expect(page.get_by_text("Kunci stasiun tidak dilindungi")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True


def test_a_board_whose_server_stops_says_so_in_bounded_time_and_comes_back_by_itself(
    watched: Watched, board: Any, office: Any
) -> None:
    page = watched.goto("/")
    _changed(page, office)
    board.stop()
    line = page.locator("#line")
    expect(line).to_have_text(
        re.compile(r"^Terputus: layar ini tidak lagi diperbarui \(\d\d:\d\d:\d\d\)$"), timeout=CUT_TIMEOUT_MS
    )
    expect(page.locator("body")).to_have_class("cut")
    expect(page.locator("[data-queue=waiting] dd")).to_have_text("913")  # what was known stays readable
    assert _violations(page) == []
    office.change(queue={**office.state.queue, "waiting": 5})
    board.start()
    expect(line).to_have_text("langsung", timeout=BACK_TIMEOUT_MS)
    expect(page.locator("[data-queue=waiting] dd")).to_have_text("5", timeout=CHANGE_TIMEOUT_MS)
    expect(page.locator("body")).not_to_have_class("cut")


def test_no_request_leaves_this_machine_and_nothing_is_complained_of(watched: Watched, board: Any, office: Any) -> None:
    for path in ("/", "/board/en"):
        page = watched.goto(path)
        _changed(page, office)
        office.change(queue={**office.state.queue, "waiting": 12})
    assert {urlsplit(url).netloc for url in watched.asked} == {f"127.0.0.1:{board.port}"}
    paths = {urlsplit(url).path for url in watched.asked}
    assert {"/", "/board/en", "/board/id/events", "/board/en/events", "/static/board.css"} <= paths
    assert watched.complaints == []


def test_script_style_and_pictures_from_elsewhere_are_refused_by_the_page(watched: Watched) -> None:
    page = watched.goto("/")
    page.evaluate(
        """() => {
            window.refused = [];
            document.addEventListener("securitypolicyviolation", e => window.refused.push(e.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.head.append(script);
            document.body.setAttribute("onclick", "window.ran = true");
            document.body.click();
            const picture = document.createElement("img");
            picture.src = "http://192.0.2.1/x.png";
            document.body.append(picture);
            fetch("http://192.0.2.1/").catch(() => {});
        }"""
    )
    page.wait_for_function("window.refused.length >= 4", timeout=CHANGE_TIMEOUT_MS)
    assert set(page.evaluate("window.refused")) == {"script-src-elem", "script-src-attr", "img-src", "connect-src"}
    assert page.evaluate("window.ran === undefined")
    assert "192.0.2.1" in " ".join(watched.complaints)  # so a complaint would have been seen above


HOSTILE = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>\"&amp;'"


def test_values_are_shown_as_they_are_and_never_as_markup(watched: Watched, office: Any) -> None:
    devices = (Health(HOSTILE, Condition.READY, HOSTILE, HOSTILE),)
    office.change(devices=devices, centre_detail=HOSTILE, queue={"waiting": 1})
    page = watched.goto("/")
    for _ in range(2):  # in the page itself, then through the stream
        assert page.locator("tbody th").inner_text() == HOSTILE
        assert page.locator("tbody tr").get_attribute("data-device") == HOSTILE
        assert page.locator("tbody td").nth(1).inner_text() == HOSTILE
        assert page.locator("tbody td").nth(2).inner_text() == HOSTILE
        assert HOSTILE in page.locator("section p").first.inner_text()
        assert page.locator("body script, main img").count() == 0
        _changed(page, office)
    assert page.evaluate("window.ran === undefined")
    assert watched.complaints == []


def _violations(page: Page) -> list[str]:
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],"
        " resultTypes: ['violations']})"
    )
    return [f"{found['id']}: {node['html']}" for found in result["violations"] for node in found["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/board/en"])
def test_the_board_holds_no_barrier_that_axe_can_find(watched: Watched, office: Any, path: str, scheme: Any) -> None:
    office.change(keys_are_plain=True, blanks=replace(office.state.blanks, missing=3))
    watched.page.emulate_media(color_scheme=scheme)
    assert _violations(watched.goto(path)) == []


def test_a_barrier_would_be_found(watched: Watched) -> None:
    page = watched.goto("/")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    page.evaluate("document.querySelector('h1').style.setProperty('color', '#bbb')")
    assert {found.partition(":")[0] for found in _violations(page)} == {"html-has-lang", "color-contrast"}


def test_everything_fits_the_office_screen_at_once(watched: Watched, office: Any) -> None:
    office.change(keys_are_plain=True)
    page = watched.goto("/")
    assert page.evaluate("document.documentElement.scrollHeight") <= KIOSK["height"]


@pytest.mark.parametrize("width", [320, 640, 1366])
def test_nothing_is_cut_off_sideways_on_a_narrow_or_enlarged_screen(watched: Watched, width: int) -> None:
    watched.page.set_viewport_size({"width": width, "height": 700})
    for path in ("/", "/board/en"):
        page = watched.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
