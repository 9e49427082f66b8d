"""A key ring's file gives its keys back to its guard only, and only while nobody else may read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from station.sealing.key_guards import FilesExposed, GuardRefused, PassphraseGuard, PlainFileGuard, passphrase_file
from station.sealing.key_ring import BadKeyRing, CentreKeyRing, StationKeyRing, load, load_centre, load_station, save


def guard(passphrase: str = "correct horse") -> PassphraseGuard:
    return PassphraseGuard(lambda: passphrase, log2_n=4)


def test_both_rings_come_back_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    station = StationKeyRing.generate()
    save(station, path, guard())
    assert load_station(path, guard()) == station
    centre = CentreKeyRing.generate().with_new_sealing_key()
    save(centre, path, guard())
    assert load_centre(path, guard()) == centre
    assert [path.name] == [entry.name for entry in path.parent.iterdir()]


def test_the_file_and_its_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    save(StationKeyRing.generate(), path, PlainFileGuard())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("mode_of_file", "mode_of_folder"), [(0o640, 0o700), (0o604, 0o700), (0o600, 0o750)])
def test_a_ring_that_others_may_read_is_not_loaded(tmp_path: Path, mode_of_file: int, mode_of_folder: int) -> None:
    path = tmp_path / "keys" / "ring.json"
    save(StationKeyRing.generate(), path, PlainFileGuard())
    path.chmod(mode_of_file)
    path.parent.chmod(mode_of_folder)
    with pytest.raises(FilesExposed, match="chmod") as refusal:
        load(path, PlainFileGuard())
    assert str(path.parent) in str(refusal.value)


def test_a_wrong_passphrase_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    save(StationKeyRing.generate(), path, guard())
    with pytest.raises(GuardRefused, match="wrong passphrase"):
        load(path, guard("wrong horse, well"))


@pytest.mark.parametrize("short", ["", " " * 20, "elevenchars"])
def test_a_passphrase_that_stops_no_thief_guards_nothing(tmp_path: Path, short: str) -> None:
    path = tmp_path / "keys" / "ring.json"
    with pytest.raises(GuardRefused, match="less than 12 characters"):
        save(StationKeyRing.generate(), path, guard(short))
    assert not path.exists()
    with pytest.raises(GuardRefused, match="less than 12 characters"):
        guard(short).unwrap(guard().wrap(b"keys"))


def test_no_key_stands_in_a_guarded_file(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    ring = StationKeyRing.generate()
    wrapped = guard().wrap(ring.wrapping)
    assert ring.wrapping not in wrapped
    save(ring, path, guard())
    assert set(json.loads(path.read_text())) == {"format", "guard", "keys"}


def test_any_change_of_a_guarded_ring_is_found() -> None:
    wrapped = guard().wrap(b"keys")
    for place in range(len(wrapped)):
        flipped = bytearray(wrapped)
        flipped[place] ^= 0x80 if place == 0 else 1  # a scrypt cost of 2**132 must not be tried
        with pytest.raises(GuardRefused):
            guard().unwrap(bytes(flipped))
    with pytest.raises(GuardRefused):
        guard().unwrap(b"")


def test_another_guard_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    save(StationKeyRing.generate(), path, PlainFileGuard())
    with pytest.raises(BadKeyRing, match="plain-file"):
        load(path, guard())


def test_a_damaged_or_foreign_ring_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    save(StationKeyRing.generate(), path, PlainFileGuard())
    with pytest.raises(BadKeyRing, match=r"ring\.json"):
        load_centre(path, PlainFileGuard())
    for text in ("", "[]", "{}", '{"format":1,"guard":"plain-file","keys":"e30="}'):
        path.write_text(text)
        with pytest.raises(BadKeyRing, match=r"ring\.json"):
            load(path, PlainFileGuard())


def test_a_ring_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring.json"
    save(StationKeyRing.generate(), path, PlainFileGuard())
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(BadKeyRing, match="newer"):
        load(path, PlainFileGuard())


def test_the_passphrase_comes_from_a_file_of_tight_mode_only(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n")
    path.chmod(0o600)
    assert passphrase_file(path)() == "correct horse"
    path.chmod(0o644)
    with pytest.raises(FilesExposed, match="chmod 600"):
        passphrase_file(path)()


def test_no_key_is_in_any_repr() -> None:
    station, centre = StationKeyRing.generate(), CentreKeyRing.generate()
    shown = repr((station, centre, PassphraseGuard(lambda: "correct horse")))
    for secret in (station.wrapping, station.secret, station.signing.secret, centre.issuer.secret):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
    assert "horse" not in shown
    assert len(shown) < 400


def test_only_the_plain_guard_says_that_a_thief_gets_the_keys() -> None:
    assert not PlainFileGuard().is_safe_when_stolen
    assert guard().is_safe_when_stolen
