"""The memory module refuses everything out of order, and its key never shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.contracts.errors import DeviceFault, FaultCode
from drivers.iso7816 import mutual_authentication as mutual
from drivers.iso7816.key_diversification import BadKey, chip_key
from drivers.modules.memory.driver import MemoryModule
from drivers.modules.memory.key_file import KeyFileError, read_key_file, write_key_file

KEY = b"an open test key, no. 03"
CONTROL, IDENTIFIER, CHALLENGE = bytes(51), bytes(8), bytes(8)


def _closed() -> MemoryModule:
    module = MemoryModule(KEY)
    module.close()
    return module


@pytest.mark.parametrize(
    "act",
    [
        lambda: MemoryModule(KEY).confirm(bytes(40)),
        lambda: MemoryModule(KEY).wrap(bytes.fromhex("00B0000010")),
        lambda: MemoryModule(KEY).unwrap(b"\x90\x00"),
        lambda: MemoryModule(KEY).authenticate(bytes(50), IDENTIFIER, CHALLENGE),
        lambda: MemoryModule(KEY).authenticate(CONTROL, bytes(7), CHALLENGE),
        lambda: MemoryModule(KEY).authenticate(CONTROL, IDENTIFIER, bytes(9)),
        lambda: _closed().authenticate(CONTROL, IDENTIFIER, CHALLENGE),
        lambda: _closed().wrap(b""),
    ],
)
def test_what_is_asked_out_of_order_is_refused(act: Callable[[], object]) -> None:
    with pytest.raises(DeviceFault) as refusal:
        act()
    assert refusal.value.code is FaultCode.MODULE_REFUSED


def test_an_answer_is_taken_once() -> None:
    module = MemoryModule(KEY)
    assert len(module.authenticate(CONTROL, IDENTIFIER, CHALLENGE)) == 40
    with pytest.raises(DeviceFault, match="MAC"):
        module.confirm(bytes(40))
    with pytest.raises(DeviceFault, match="under way"):
        module.confirm(bytes(40))


def test_a_new_authentication_ends_the_session_before_it() -> None:
    module, nonces = MemoryModule(KEY, bytes), mutual.Nonces(CHALLENGE, bytes(16), bytes(8))
    module.authenticate(CONTROL, IDENTIFIER, CHALLENGE)
    module.confirm(mutual.token(chip_key(KEY, IDENTIFIER), nonces))
    assert module.wrap(bytes.fromhex("00B0000010"))[0] == 0x0C
    module.authenticate(CONTROL, IDENTIFIER, CHALLENGE)
    with pytest.raises(DeviceFault, match="no session"):
        module.wrap(bytes.fromhex("00B0000010"))


def test_a_wrong_answer_ends_the_session() -> None:
    module, nonces = MemoryModule(KEY, bytes), mutual.Nonces(CHALLENGE, bytes(16), bytes(8))
    module.authenticate(CONTROL, IDENTIFIER, CHALLENGE)
    module.confirm(mutual.token(chip_key(KEY, IDENTIFIER), nonces))
    with pytest.raises(DeviceFault, match="no MAC"):
        module.unwrap(b"\x90\x00")
    with pytest.raises(DeviceFault, match="no session"):
        module.wrap(bytes.fromhex("00B0000010"))


def test_every_chip_and_every_challenge_gets_its_own_token() -> None:
    def fixed(length: int) -> bytes:
        return bytes(length)

    tokens = {
        MemoryModule(KEY, fixed).authenticate(CONTROL, identifier, challenge)
        for identifier in (bytes(8), b"\x01" * 8)
        for challenge in (bytes(8), b"\x01" * 8)
    }
    assert len(tokens) == 4


def test_a_key_never_shows() -> None:
    module = MemoryModule(KEY)
    assert KEY.decode() not in repr(module) + repr(vars(module))
    with pytest.raises(BadKey) as refusal:
        MemoryModule(KEY[:-1])
    assert KEY[:-1].decode() not in repr(refusal.value)


def test_a_key_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "module.key"
    write_key_file(path, KEY)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path) == KEY
    with pytest.raises(FileExistsError):
        write_key_file(path, KEY)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660])
def test_a_key_file_that_others_may_read_is_refused_by_name(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "module.key"
    write_key_file(path, KEY)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=r"module\.key: mode 0"):
        read_key_file(path)


@pytest.mark.parametrize("text", ["", "zz" * 24, KEY.hex()[:-2], "00" * 24, KEY.hex() * 4, "é"])
def test_a_key_file_without_a_key_is_refused_by_name_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "module.key"
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    with pytest.raises(KeyFileError, match=r"module\.key") as refusal:
        read_key_file(path)
    assert KEY.hex()[:16] not in str(refusal.value)


def test_a_key_file_that_is_missing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"module\.key"):
        read_key_file(tmp_path / "module.key")
