"""A running station pairs only with a centre whose fingerprint was compared, and begins to send at that moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from station.assembly.live import LiveStation, live
from station.assembly.station import Station, open_station
from station.assembly.uplinks import meet_centre, open_uplink
from station.cli.pair import pair
from station.config import parse_config
from station.sealing.fingerprints import fingerprint
from station.uplink import Away, TurnReport
from station.uplink.identity import Pairing
from station.web.board import CentreState
from station.web.owner_socket import CommandRefused, ask_owner

TIMEOUT_S = 30.0


@pytest.fixture
def station(at_work: Any, tmp_path: Path, clock: Any) -> Iterator[Station]:
    config = {"data": str(tmp_path / "station"), "centre": {"endpoint": at_work.url}, "web": {"port": 0}}
    opened = open_station(parse_config(config, "station.toml"), clock=clock)
    yield opened
    opened.close()


Asking = Callable[..., Awaitable[Mapping[str, Any] | None]]


def while_it_runs(station: Station, work: Callable[[Asking], Awaitable[None]]) -> None:
    async def ask(command: str, **arguments: Any) -> Mapping[str, Any] | None:
        return await asyncio.to_thread(ask_owner, station.folder, command, arguments)

    async def run() -> None:
        async with asyncio.timeout(TIMEOUT_S), live(station):
            await work(ask)

    asyncio.run(run())


def pinned(at_work: Any, station: Station) -> Pairing:
    code = at_work.centre.new_pairing_code("s-9")
    pairing = asyncio.run(meet_centre(station, code))
    station.keep_pairing(pairing)
    return pairing


def centre_has_heard(at_work: Any) -> int:
    return int(at_work.centre.parts.catalogue.logs.head("s-9").seq)


def test_nothing_is_pinned_until_the_fingerprint_was_compared(at_work: Any, station: Station) -> None:
    async def work(ask: Asking) -> None:
        code = at_work.centre.new_pairing_code("s-9")
        shown = await ask("pair", code=code)
        assert shown is not None
        assert (shown["pinned"], station.is_paired) == (False, False)
        with pytest.raises(CommandRefused, match="fingerprint is not the one"):
            await ask("pair", code=code, fingerprint="7K2QF-0M9XA-7K2QF-0M9XA-7K2QF-0M9XA")
        assert not station.is_paired
        said_aloud = shown["fingerprint"].lower().replace("-", " ")
        answer = await ask("pair", code=code, fingerprint=said_aloud)
        assert answer is not None
        assert (answer["pinned"], station.is_paired) == (True, True)

    while_it_runs(station, work)
    assert station.pairing.signing == at_work.centre.parts.keys.signing.public


@pytest.mark.parametrize(("said", "code"), [("n\n", 1), ("y\n", 0)])
def test_command_line_pins_only_what_a_person_compared(at_work: Any, tmp_path: Path, said: str, code: int) -> None:
    config = tmp_path / "station.toml"
    folder = tmp_path / "data"
    config.write_text(f"data = {json.dumps(str(folder))}\n[centre]\nendpoint = {json.dumps(at_work.url)}\n")
    once = at_work.centre.new_pairing_code("s-9")
    done = CliRunner().invoke(pair, ["--code", once, "--config", str(config)], input=said)
    assert done.exit_code == code, done.output
    keys = at_work.centre.parts.keys
    shown = fingerprint(keys.signing.public.encode() + keys.sealing[0].public.encode() + keys.issuer.public.encode())
    assert shown in done.output
    assert (folder / "pairing.json").exists() == (code == 0)


def test_pairing_again_must_be_said(at_work: Any, station: Station) -> None:
    first = pinned(at_work, station)

    async def work(ask: Asking) -> None:
        code = at_work.centre.new_pairing_code("s-10")
        with pytest.raises(CommandRefused, match="--again"):
            await ask("pair", code=code, fingerprint=first.fingerprint)
        assert station.pairing.station_id == "s-9"
        await ask("pair", code=code, fingerprint=first.fingerprint, again=True)
        assert station.pairing.station_id == "s-10"

    while_it_runs(station, work)


def test_sending_begins_when_the_running_station_is_paired(at_work: Any, station: Station) -> None:
    heard = asyncio.Event()

    async def work(ask: Asking) -> None:
        loop = asyncio.get_running_loop()

        def watch(_: str, path: str, body: bytes) -> bytes:
            if path == "/v1/downlink":  # the last step of a turn
                loop.call_soon_threadsafe(heard.set)
            return body

        at_work.middle.change = watch
        code = at_work.centre.new_pairing_code("s-9")
        shown = await ask("pair", code=code)
        assert shown is not None
        await ask("pair", code=code, fingerprint=shown["fingerprint"])
        await heard.wait()

    while_it_runs(station, work)
    assert centre_has_heard(at_work) > 0


def test_sync_waits_for_the_turn_that_goes_on(at_work: Any, station: Station) -> None:
    pinned(at_work, station)
    with station.turns:
        turn = asyncio.wait_for(open_uplink(station).turn(), 0.3)
        with pytest.raises(TimeoutError):
            asyncio.run(turn)
    assert centre_has_heard(at_work) == 0
    assert asyncio.run(open_uplink(station).turn()).problems == ()
    assert centre_has_heard(at_work) > 0


def test_board_says_how_it_stands_with_the_centre(at_work: Any, station: Station) -> None:
    running = LiveStation(station)
    assert running.state().centre is CentreState.NOT_PAIRED
    pinned(at_work, station)
    assert running.state().centre is CentreState.NOT_HEARD
    told = []
    for report in (TurnReport(), TurnReport(away=Away("timeout")), TurnReport(broken="uplink.json: no room")):
        running.heard(report)
        told.append((running.state().centre, running.state().centre_detail))
    assert told == [
        (CentreState.CONNECTED, ""), (CentreState.AWAY, "timeout"), (CentreState.BROKEN, "uplink.json: no room")
    ]
