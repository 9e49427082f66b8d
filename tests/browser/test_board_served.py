"""The board answers this machine only, asks the devices once for all screens, and its stream never falls silent."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from station.web.board import LISTENERS_MAX, PERIOD_S, CentreState

TIMEOUT_S = 15.0
Ask = Callable[..., http.client.HTTPResponse]


@pytest.fixture
def ask(board: Any) -> Iterator[Ask]:
    """`ask(path, Host=...)`: one request on a line of its own, which stays open until the test ends."""
    lines: list[http.client.HTTPConnection] = []

    def send(path: str, **headers: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection("127.0.0.1", board.port, timeout=TIMEOUT_S)
        lines.append(line)
        line.request("GET", path, headers=headers)
        return line.getresponse()

    yield send
    for line in lines:
        line.close()


def _event(stream: http.client.HTTPResponse) -> tuple[str, str]:
    """(name, data) of the next event."""
    name, data = "", []
    for line in iter(lambda: stream.readline().decode().rstrip("\n"), ""):
        field, _, value = line.partition(": ")
        name = value if field == "event" else name
        data += [value] if field == "data" else []
    return name, "\n".join(data)


@pytest.mark.parametrize("path", ["/", "/board/en", "/board/id/events", "/static/board.js"])
@pytest.mark.parametrize("host", ["ktp.example", "ktp.example:80", "192.0.2.1", "127.0.0.1.ktp.example", ""])
def test_a_request_by_a_foreign_name_is_refused(board: Any, office: Any, ask: Ask, path: str, host: str) -> None:
    answer = ask(path, Host=host)
    assert answer.status == 400
    assert b"Contoh" not in answer.read()
    assert office.looks == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machines_own_names_are_answered(board: Any, ask: Ask, host: str) -> None:
    assert ask("/", Host=f"{host}:{board.port}").status == 200


@pytest.mark.parametrize("path", ["/", "/board/en", "/static/board.css", "/nowhere"])
def test_every_answer_forbids_what_is_not_of_this_station(ask: Ask, path: str) -> None:
    answer = ask(path)
    policy = dict(part.strip().split(" ", 1) for part in str(answer.getheader("content-security-policy")).split(";"))
    assert policy == {
        "default-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    assert answer.getheader("x-content-type-options") == "nosniff"
    assert answer.getheader("referrer-policy") == "no-referrer"
    assert answer.getheader("cache-control") == "no-store"


@pytest.mark.parametrize(
    ("path", "status"), [("/board/fr", 307), ("/board/fr/events", 404), ("/static/../board.py", 404)]
)
def test_what_is_not_there_is_not_answered(ask: Ask, path: str, status: int) -> None:
    assert ask(path).status == status


def test_the_stream_sends_the_board_once_and_then_that_it_is_alive(office: Any, ask: Ask) -> None:
    stream = ask("/board/id/events")
    name, data = _event(stream)
    assert name == "board"
    assert "Contoh FS-50 SN123" in data
    assert [_event(stream) for _ in range(2)] == [("alive", ""), ("alive", "")]
    office.change(centre=CentreState.AWAY, centre_detail="timeout: test")
    assert any("timeout: test" in _event(stream)[1] for _ in range(5))


@pytest.mark.parametrize(("language", "said"), [("id", "Pusat: tidak terjangkau"), ("en", "Centre: out of reach")])
def test_the_centre_is_told_in_the_screens_own_language(office: Any, ask: Ask, language: str, said: str) -> None:
    office.change(centre=CentreState.AWAY, centre_detail="timeout")
    page = ask(f"/board/{language}").read().decode()
    assert said in page
    assert "timeout" in page


def test_text_with_line_breaks_cannot_write_events_of_its_own(office: Any, ask: Ask) -> None:
    office.change(centre_detail="x\n\nevent: board\ndata: forged\r\n\rdata: more")
    stream = ask("/board/id/events")
    name, data = _event(stream)
    assert name == "board"
    assert "event: board" in data
    assert "Persamaan blangko" in data
    assert _event(stream) == ("alive", "")


def test_many_screens_do_not_ask_the_devices_more_often(office: Any, ask: Ask) -> None:
    begun_s = time.monotonic()
    streams = [ask(f"/board/{language}/events") for language in ("id", "en") * 5]
    for _ in range(3):
        for stream in streams:
            _event(stream)
    assert office.looks <= (time.monotonic() - begun_s) / PERIOD_S + 2


def test_a_look_that_takes_long_does_not_make_the_screens_look_dead(office: Any, ask: Ask) -> None:
    office.may_look.clear()
    stream = ask("/board/id/events")
    assert [_event(stream) for _ in range(3)] == [("alive", "")] * 3
    assert office.looks == 1
    office.may_look.set()
    assert any(_event(stream)[0] == "board" for _ in range(5))


def test_a_page_whose_look_does_not_end_says_so_and_asks_again(board: Any, office: Any, ask: Ask) -> None:
    board.stop()
    board.page_patience_s = 0.2
    board.start()
    office.may_look.clear()
    waiting = ask("/")
    assert (waiting.status, waiting.getheader("refresh")) == (503, "5")
    assert "Alat belum menjawab" in waiting.read().decode()
    office.may_look.set()
    board.stop()
    board.page_patience_s = TIMEOUT_S
    board.start()
    assert ask("/").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://ktp.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_another_site_holds_no_place_of_a_screen(office: Any, ask: Ask, headers: dict[str, str]) -> None:
    assert ask("/board/id/events", **headers).status == 403
    assert office.looks == 0


def test_the_boards_own_page_may_listen(board: Any, ask: Ask) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": board.address}):
        assert _event(ask("/board/id/events", **headers))[0] == "board"


def test_screens_are_bounded_and_one_too_many_is_told_to_come_back(ask: Ask) -> None:
    streams = [ask("/board/id/events") for _ in range(LISTENERS_MAX)]
    for stream in streams:
        assert _event(stream)[0] == "board"
    late = ask("/board/id/events")
    assert (late.status, late.getheader("retry-after")) == (503, "10")
