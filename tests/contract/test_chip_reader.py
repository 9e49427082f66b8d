"""What every chip reader promises, with a chip that comes and goes on a real line."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.chips.ktp_el.layout import load_layout
from drivers.chips.ktp_el.protocol import KtpElProfile
from drivers.chips.ktp_el.simulator import ChipTorn, KtpElChip
from drivers.chips.ktp_el.test_key import PUBLISHED_TEST_MASTER_KEY
from drivers.contracts.chip_profile import ChipFiles, ChipLife, converse
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.modules.memory.driver import MemoryModule
from drivers.readers.vpcd.driver import VpcdReader
from drivers.readers.vpcd.protocol import VpcdError
from drivers.readers.vpcd.simulator import VpcdCard

IDENTIFIER = bytes.fromhex("8004000000000001")
GET_UID = bytes.fromhex("FFCA000000")
FILES = ChipFiles(b"photo" * 200, b"biodata" * 50, b"signature" * 30, (b"one" * 60, b"two" * 60), b"proof" * 14)
SOON_S, NOW_S = 5.0, 0.05


class ChipInField:
    """A simulated chip on a connection of its own until it is taken away or torn out."""

    def __init__(self, reader: VpcdReader, chip: KtpElChip) -> None:
        host, _, port = reader.endpoint.removeprefix("tcp://").rpartition(":")
        self._line = socket.create_connection((host, int(port)), timeout=SOON_S)
        self._line.settimeout(None)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._card = VpcdCard(chip)
        self._thread = threading.Thread(target=self._stay, daemon=True)
        self._thread.start()

    def take_away(self) -> None:
        try:
            self._line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(SOON_S)
        assert not self._thread.is_alive()

    def _stay(self) -> None:
        with self._line:
            try:
                while data := self._line.recv(65_536):
                    self._line.sendall(self._card.receive(data))
            except (OSError, VpcdError, ChipTorn):
                pass


class TornAt:
    def __init__(self, n: int) -> None:
        self._n = n

    def fires(self, name: str, unit: str, n: int) -> bool:
        return (name, unit, n) == ("tear", "apdu", self._n)


@pytest.fixture
def reader() -> Iterator[VpcdReader]:
    made = VpcdReader()
    yield made
    made.close()


def _raw_card(reader: VpcdReader) -> socket.socket:
    host, _, port = reader.endpoint.removeprefix("tcp://").rpartition(":")
    line = socket.create_connection((host, int(port)), timeout=SOON_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def test_no_chip_in_time_is_a_fault_that_touches_nothing(reader: VpcdReader) -> None:
    with pytest.raises(DeviceFault) as fault:
        reader.connect(timeout_s=NOW_S)
    assert (fault.value.code, fault.value.card) == (FaultCode.NO_CHIP, CardFate.UNTOUCHED)


def test_a_chip_that_comes_while_we_wait_is_found(reader: VpcdReader) -> None:
    chip = KtpElChip(IDENTIFIER)
    arrival = threading.Timer(NOW_S, ChipInField, (reader, chip))
    arrival.start()
    presence = reader.connect(timeout_s=SOON_S)
    arrival.join()
    assert presence.atr == chip.atr
    assert reader.transmit(GET_UID, timeout_s=SOON_S) == IDENTIFIER[1:] + b"\x90\x00"


def test_a_chip_is_written_and_read_over_the_line(reader: VpcdReader) -> None:
    chip = KtpElChip(IDENTIFIER)
    ChipInField(reader, chip)
    layout = load_layout(Path(__file__).parents[2] / "templates" / "chip" / "ktp-el.toml")
    profile, module = KtpElProfile(layout), MemoryModule(PUBLISHED_TEST_MASTER_KEY)

    def transmit(apdu: bytes) -> bytes:
        return reader.transmit(apdu, timeout_s=SOON_S)

    reader.connect(timeout_s=SOON_S)
    converse(profile.write(FILES, module), transmit)
    reader.connect(timeout_s=SOON_S)
    assert converse(profile.read(module), transmit) == FILES


def test_connecting_again_ends_the_earlier_session(reader: VpcdReader) -> None:
    ChipInField(reader, KtpElChip(IDENTIFIER))
    first = reader.connect(timeout_s=SOON_S)
    reader.transmit(bytes.fromhex("00A40000027F0A"), timeout_s=SOON_S)
    second = reader.connect(timeout_s=SOON_S)
    assert second.session > first.session
    # The directory that was selected before is not selected any more.
    assert reader.transmit(bytes.fromhex("00A40000026FF0"), timeout_s=SOON_S) == b"\x6a\x82"


def test_a_chip_torn_in_mid_exchange_is_lost_in_doubt_and_can_come_back(reader: VpcdReader) -> None:
    chip = KtpElChip(IDENTIFIER, faults=TornAt(2))
    ChipInField(reader, chip)
    reader.connect(timeout_s=SOON_S)
    reader.transmit(GET_UID, timeout_s=SOON_S)
    for _ in range(2):  # and it stays lost until connected again
        with pytest.raises(DeviceFault) as fault:
            reader.transmit(GET_UID, timeout_s=SOON_S)
        assert (fault.value.code, fault.value.card) == (FaultCode.CHIP_LOST, CardFate.IN_DOUBT)
    ChipInField(reader, chip)
    reader.connect(timeout_s=SOON_S)
    assert reader.transmit(GET_UID, timeout_s=SOON_S).endswith(b"\x90\x00")


def test_a_chip_taken_away_between_commands_is_lost(reader: VpcdReader) -> None:
    visit = ChipInField(reader, KtpElChip(IDENTIFIER))
    reader.connect(timeout_s=SOON_S)
    visit.take_away()
    with pytest.raises(DeviceFault, match="chip_lost"):
        reader.transmit(GET_UID, timeout_s=SOON_S)


def test_the_next_chip_is_never_taken_for_the_one_before(reader: VpcdReader) -> None:
    first = ChipInField(reader, KtpElChip(IDENTIFIER))
    reader.connect(timeout_s=SOON_S)
    first.take_away()
    ChipInField(reader, KtpElChip(bytes.fromhex("8004000000000002")))
    with pytest.raises(DeviceFault, match="chip_lost"):
        reader.transmit(GET_UID, timeout_s=SOON_S)
    reader.connect(timeout_s=SOON_S)
    assert reader.transmit(GET_UID, timeout_s=SOON_S)[6] == 2


def test_chips_that_left_while_they_waited_are_passed_over(reader: VpcdReader) -> None:
    for _ in range(3):
        _raw_card(reader).close()
    chip = KtpElChip(IDENTIFIER)
    ChipInField(reader, chip)
    assert reader.connect(timeout_s=SOON_S).atr == chip.atr


def test_a_chip_that_lives_is_not_pushed_out_by_the_next(reader: VpcdReader) -> None:
    ChipInField(reader, KtpElChip(IDENTIFIER))
    reader.connect(timeout_s=SOON_S)
    ChipInField(reader, KtpElChip(bytes.fromhex("8004000000000002")))
    reader.connect(timeout_s=SOON_S)
    assert reader.transmit(GET_UID, timeout_s=SOON_S)[6] == 1


def test_a_silent_chip_is_given_up_at_the_deadline_and_its_line_closed(reader: VpcdReader) -> None:
    with _raw_card(reader) as silent:
        began = time.monotonic()
        with pytest.raises(TransportError, match="in time") as failure:
            reader.connect(timeout_s=NOW_S)
        assert time.monotonic() - began < SOON_S
        assert failure.value.card is CardFate.IN_DOUBT
        assert silent.recv(64) == bytes.fromhex("000101" "000102" "000104")
        assert silent.recv(64) == b""


@pytest.mark.parametrize("noise", [b"\x00\x00", b"\x00\x01\x90", b"\x00\x02\x90\x00\x00\x02\x90\x00"])
def test_noise_for_an_answer_is_refused_and_the_line_closed(reader: VpcdReader, noise: bytes) -> None:
    with _raw_card(reader) as card:
        answer = threading.Thread(target=_answer_once, args=(card, noise))
        answer.start()
        reader.connect(timeout_s=SOON_S)
        with pytest.raises(RemoteProtocolError):
            reader.transmit(GET_UID, timeout_s=SOON_S)
        answer.join(SOON_S)
    with pytest.raises(DeviceFault, match="chip_lost"):
        reader.transmit(GET_UID, timeout_s=SOON_S)


def test_bytes_that_nobody_asked_for_are_never_taken_for_an_answer(reader: VpcdReader) -> None:
    with _raw_card(reader) as card:
        answer = threading.Thread(target=_answer_once, args=(card, b"\x00\x02\x90\x00"))
        answer.start()
        reader.connect(timeout_s=SOON_S)
        assert reader.transmit(GET_UID, timeout_s=SOON_S) == b"\x90\x00"
        answer.join(SOON_S)
        card.sendall(b"\x00\x02\x61\x61")
        with pytest.raises(DeviceFault, match="chip_lost"):
            reader.transmit(GET_UID, timeout_s=SOON_S)


def test_bytes_that_nobody_asked_for_are_never_taken_for_an_atr(reader: VpcdReader) -> None:
    with _raw_card(reader) as card:
        answer = threading.Thread(target=_answer_once, args=(card, b"\x00\x02\x90\x00"))
        answer.start()
        reader.connect(timeout_s=SOON_S)
        reader.transmit(GET_UID, timeout_s=SOON_S)
        answer.join(SOON_S)
        card.sendall(b"\x00\x02\x61\x61")
        with pytest.raises(DeviceFault, match="no_chip"):
            reader.connect(timeout_s=NOW_S)


def _answer_once(card: socket.socket, noise: bytes) -> None:
    seen = b""
    while len(seen) < 9:
        seen += card.recv(64)
    card.sendall(b"\x00\x02\x3b\x00")
    card.recv(64)
    card.sendall(noise)


def test_commands_before_a_chip_is_connected_are_our_bug(reader: VpcdReader) -> None:
    with pytest.raises(LocalProtocolError, match="connect first"):
        reader.transmit(GET_UID, timeout_s=SOON_S)
    ChipInField(reader, KtpElChip(IDENTIFIER))
    reader.connect(timeout_s=SOON_S)
    # A "command" of one byte would be a control on this line.
    for wrong in (b"", b"\x01", bytes(3), bytes(65_536)):
        with pytest.raises(LocalProtocolError, match="bytes"):
            reader.transmit(wrong, timeout_s=SOON_S)
    reader.disconnect()
    with pytest.raises(LocalProtocolError, match="connect first"):
        reader.transmit(GET_UID, timeout_s=SOON_S)


def test_disconnecting_powers_the_chip_down_and_may_be_repeated(reader: VpcdReader) -> None:
    reader.disconnect()
    chip = KtpElChip(IDENTIFIER)
    ChipInField(reader, chip)
    reader.connect(timeout_s=SOON_S)
    assert chip.is_powered
    reader.disconnect()
    reader.disconnect()
    reader.connect(timeout_s=SOON_S)
    assert chip.life is ChipLife.BLANK
    assert reader.transmit(GET_UID, timeout_s=SOON_S).endswith(b"\x90\x00")


def test_a_port_that_is_taken_is_a_transport_error(reader: VpcdReader) -> None:
    port = int(reader.endpoint.rpartition(":")[2])
    with pytest.raises(TransportError) as failure:
        VpcdReader(port)
    assert failure.value.card is CardFate.UNTOUCHED


def test_a_closed_reader_says_so(reader: VpcdReader) -> None:
    reader.close()
    reader.close()
    with pytest.raises(TransportError):
        reader.connect(timeout_s=NOW_S)
