"""A station is known by a code that is used once, and a request counts once, in its time, from its own key."""

from __future__ import annotations

from typing import Any

import pytest

from station.central.declined import Declined
from station.central.serve import CentreSettings, open_centre
from station.sealing.key_ring import FilesExposed
from station.sealing.signatures import generate_signing_key
from station.sealing.suites import generate_sealing_key
from station.wire import PairRequest, SignedRequest
from station.wire.pairing import proof_key

SIGNING, SEALING = generate_signing_key(), generate_sealing_key(2)


def request(code: str, *, signing: Any = SIGNING, nonce: bytes = bytes(16)) -> PairRequest:
    return PairRequest(signing.public, SEALING.public, nonce).proven(proof_key(code))


def test_code_gives_the_centres_keys_once(centre: Any) -> None:
    code = centre.new_pairing_code("s-9")
    asked = request(code)
    reply = centre.pair(asked)
    assert reply.is_proven(proof_key(code), asked)
    assert (reply.station_id, reply.centre_id) == ("s-9", "c-1")
    assert reply.signing == centre.parts.keys.signing.public
    with pytest.raises(Declined, match="pairing_refused"):
        centre.pair(request(code, signing=generate_signing_key()))


def test_answer_that_was_lost_can_be_asked_for_again_with_the_same_keys(centre: Any) -> None:
    code = centre.new_pairing_code("s-9")
    centre.pair(request(code))
    assert centre.pair(request(code, nonce=b"y" * 16)).station_id == "s-9"


def test_wrong_code_is_refused(centre: Any) -> None:
    centre.new_pairing_code("s-9")
    with pytest.raises(Declined, match="pairing_refused"):
        centre.pair(request("AAAA-AAAA-AAAA-AAAA"))
    assert centre.parts.catalogue.stations.get("s-9") is None


def test_expired_code_is_refused(centre: Any, clock: Any) -> None:
    code = centre.new_pairing_code("s-9")
    clock.forward(minutes=15)
    with pytest.raises(Declined, match="pairing_refused"):
        centre.pair(request(code))


def test_wrong_tries_of_strangers_neither_end_the_code_nor_write_anything(centre: Any, tmp_path: Any) -> None:
    code = centre.new_pairing_code("s-9")
    journal = tmp_path / "centre" / "catalogue.db-wal"
    before = journal.read_bytes()
    for _ in range(12):
        with pytest.raises(Declined, match="pairing_refused"):
            centre.pair(request("AAAA-AAAA-AAAA-AAAA"))
    assert journal.read_bytes() == before
    assert centre.pair(request(code)).station_id == "s-9"


def test_new_code_ends_the_earlier_one_of_that_station(centre: Any) -> None:
    earlier = centre.new_pairing_code("s-9")
    centre.new_pairing_code("s-9")
    with pytest.raises(Declined, match="pairing_refused"):
        centre.pair(request(earlier))


def test_codes_are_not_kept_in_clear(centre: Any, tmp_path: Any) -> None:
    code = centre.new_pairing_code("s-9")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "centre").glob("catalogue.db*"))
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


def signed(station: Any, clock: Any, *, nonce: bytes = bytes(16), body: bytes = b"x") -> SignedRequest:
    return SignedRequest.make(
        station.signing, station.station_id, clock.now(), nonce, method="POST", target="/v1/log", offset="", body=body
    )


def asks(centre: Any, asked: SignedRequest, *, body: bytes = b"x") -> Any:
    return centre.authenticate(asked, method="POST", target="/v1/log", offset="", body=body)


def test_replayed_request_is_refused(centre: Any, station: Any, clock: Any) -> None:
    asked = signed(station, clock)
    assert asks(centre, asked).station_id == "s-1"
    with pytest.raises(Declined, match="replayed"):
        asks(centre, asked)
    clock.forward(minutes=4)
    with pytest.raises(Declined, match="replayed"):
        asks(centre, asked)
    clock.forward(minutes=2)
    with pytest.raises(Declined, match="clock"):
        asks(centre, asked)
    assert asks(centre, signed(station, clock, nonce=b"n" * 16)).station_id == "s-1"


def test_request_with_another_body_or_key_is_refused(centre: Any, station: Any, other_station: Any, clock: Any) -> None:
    with pytest.raises(Declined, match="not_signed"):
        asks(centre, signed(station, clock), body=b"y")
    forged = SignedRequest.make(
        other_station.signing, "s-1", clock.now(), bytes(16), method="POST", target="/v1/log", offset="", body=b"x"
    )
    with pytest.raises(Declined, match="not_signed"):
        asks(centre, forged)


def test_unknown_station_is_refused(centre: Any, station: Any, clock: Any) -> None:
    station.station_id = "s-unknown"
    with pytest.raises(Declined, match="not_signed"):
        asks(centre, signed(station, clock))


def test_centre_comes_back_with_its_keys_and_stations(centre: Any, station: Any, tmp_path: Any, clock: Any) -> None:
    centre.parts.catalogue.close()
    again = open_centre(tmp_path / "centre", CentreSettings(centre_id="c-1", clock=clock))
    try:
        assert again.parts.keys == centre.parts.keys
        assert again.parts.person_secret == centre.parts.person_secret
        assert asks(again, signed(station, clock)).station_id == "s-1"
    finally:
        again.parts.catalogue.close()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "centre").iterdir() if path.is_file()}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


@pytest.mark.parametrize("name", ["keys.json", "person.key"])
def test_centre_does_not_start_when_others_may_read_its_keys(centre: Any, tmp_path: Any, name: str) -> None:
    (tmp_path / "centre" / name).chmod(0o644)
    with pytest.raises(FilesExposed, match=name):
        open_centre(tmp_path / "centre", CentreSettings())
