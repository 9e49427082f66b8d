"""A station starts with exactly what its file says, or not at all, told everything that is wrong in one message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config import BadConfig, CaptureConfig, DeviceConfig, PrinterConfig, load_config, parse_config

FULL = """
data = "/srv/ktp-el"

[office]
name = "Dinas Contoh"
kabupaten = "9901"
operator = "petugas-1"

[keys]
guard = "passphrase"
passphrase_file = "/run/ktp-el/passphrase"

[centre]
endpoint = "https://pusat.contoh"

[capture]
order = ["fingers", "irises", "face", "signature"]
tries_max = 5
timeout_s = 10
signature_pause_s = 2.5

[web]
port = 8081

[devices.fingerprint_scanner]
model = "sbi"
endpoint = "http://127.0.0.1:4501"
allow_untrusted = true

[[devices.card_printers]]
name = "kiri"
model = "evolis"
endpoint = "tcp://192.0.2.7:9100"
encoder_model = "pcsc"
encoder_endpoint = "pcsc://encoder"

[[devices.card_printers]]
name = "kanan"
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write_file(content: str | bytes) -> Path:
        path = tmp_path / "station.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def _problems(data: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(BadConfig) as refused:
        parse_config(data, "station.toml")
    return refused.value.problems


def test_every_given_value_is_used_and_the_rest_keeps_its_default(write: Any) -> None:
    config = load_config(write(FULL))
    assert (config.office.kabupaten, config.office.operator) == ("9901", "petugas-1")
    assert (config.keys.guard, config.keys.passphrase_file) == ("passphrase", "/run/ktp-el/passphrase")
    assert config.centre.endpoint == "https://pusat.contoh"
    order = ("fingers", "irises", "face", "signature")
    assert config.capture == CaptureConfig(order, tries_max=5, timeout_s=10, signature_pause_s=2.5)
    assert (config.web.host, config.web.port) == ("127.0.0.1", 8081)
    assert config.devices.fingerprint_scanner == DeviceConfig("sbi", "http://127.0.0.1:4501", "", True)
    assert config.devices.iris_scanner == DeviceConfig()
    assert config.devices.card_printers == (
        PrinterConfig("kiri", "evolis", "tcp://192.0.2.7:9100", "pcsc", "pcsc://encoder"),
        PrinterConfig("kanan"),
    )


def test_only_the_data_folder_must_be_named() -> None:
    assert parse_config({"data": "here"}, "x").data == "here"
    assert _problems({}) == ("data: name the folder that keeps the records",)


def test_a_configuration_cannot_be_changed_after_the_start() -> None:
    config = parse_config({"data": "here"}, "x")
    for part in (config, config.office, config.web, config.devices, config.devices.face_camera):
        for name in type(part).__slots__:
            with pytest.raises(AttributeError):
                setattr(part, name, "other")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"colour": "red"}, "colour"),
        ({"office": {"nama": "x"}}, "office.nama"),
        ({"devices": {"fingerprint_scaner": {}}}, "devices.fingerprint_scaner"),
        ({"devices": {"iris_scanner": {"port": 1}}}, "devices.iris_scanner.port"),
        (
            {"devices": {"card_printers": [{"name": "a"}, {"name": "b", "colour": 1}]}},
            "devices.card_printers[1].colour",
        ),
    ],
)
def test_an_unknown_key_stops_the_start_and_what_is_known_there_is_listed(data: dict[str, Any], key: str) -> None:
    (problem,) = _problems({"data": "here", **data})
    assert problem.startswith(f"{key}: unknown key; known here: ")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"data": 5}, "data: a text in quotes is expected"),
        ({"office": "x"}, "office: a table is expected"),
        ({"office": {"name": 5}}, "office.name: a text in quotes is expected"),
        ({"web": {"port": "8080"}}, "web.port: a whole number is expected"),
        ({"web": {"port": True}}, "web.port: a whole number is expected"),
        ({"web": {"port": 80.5}}, "web.port: a whole number is expected"),
        ({"capture": {"timeout_s": "20"}}, "capture.timeout_s: a number is expected"),
        ({"capture": {"timeout_s": True}}, "capture.timeout_s: a number is expected"),
        ({"devices": {"iris_scanner": {"allow_untrusted": 1}}}, "devices.iris_scanner.allow_untrusted: true or false"),
        ({"devices": {"iris_scanner": "sbi"}}, "devices.iris_scanner: a table is expected"),
        ({"devices": {"card_printers": "evolis"}}, "devices.card_printers: a list of tables is expected"),
        ({"devices": {"card_printers": {"name": "a"}}}, "devices.card_printers: a list of tables is expected"),
        ({"devices": {"card_printers": ["evolis"]}}, "devices.card_printers[0]: a table is expected"),
        ({"devices": {"card_printers": [{"name": 1}]}}, "devices.card_printers[0].name: a text in quotes is expected"),
        ({"capture": {"order": "face"}}, "capture.order: a list of texts is expected"),
        ({"capture": {"order": ["face", 5]}}, "capture.order: a list of texts is expected"),
    ],
)
def test_a_value_of_another_type_is_named_with_what_is_expected(data: dict[str, Any], problem: str) -> None:
    (found,) = _problems({"data": "here", **data})
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"keys": {"guard": "tpm"}}, "keys.guard: 'tpm' is not one of plain-file, passphrase"),
        ({"keys": {"guard": "passphrase"}}, "keys.passphrase_file: name the file"),
        ({"capture": {"order": ["face", "voice"]}}, "capture.order: 'voice' is not one of face, "),
        ({"capture": {"order": ["face", "face", "signature", "fingers"]}}, "capture.order: name each modality once"),
        ({"capture": {"order": ["face", "signature", "fingers"]}}, "capture.order: name each modality once"),
        ({"capture": {"order": []}}, "capture.order: name each modality once"),
        ({"capture": {"tries_max": 0}}, "capture.tries_max: 1 to 10"),
        ({"capture": {"tries_max": 11}}, "capture.tries_max: 1 to 10"),
        ({"web": {"port": -1}}, "web.port: 0 to 65535"),
        ({"web": {"port": 65536}}, "web.port: 0 to 65535"),
        ({"web": {"host": "0.0.0.0"}}, "web.host: '0.0.0.0' is not one of 127.0.0.1, ::1, localhost"),
        ({"devices": {"card_printers": [{"model": "evolis"}]}}, "devices.card_printers: each has a name"),
        ({"devices": {"card_printers": [{"name": "a"}, {"name": "a"}]}}, "devices.card_printers: two have one name"),
    ],
)
def test_a_value_outside_its_choices_is_named(data: dict[str, Any], problem: str) -> None:
    (found,) = _problems({"data": "here", **data})
    assert found.startswith(problem)


@pytest.mark.parametrize("key", ["capture.timeout_s", "capture.signature_pause_s"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "1e9"])
def test_no_wait_is_without_an_end(write: Any, key: str, value: str) -> None:
    section, name = key.split(".")
    with pytest.raises(BadConfig) as refused:
        load_config(write(f'data = "here"\n[{section}]\n{name} = {value}\n'))
    (problem,) = refused.value.problems
    assert problem.startswith(f"{key}: ")


def test_all_that_is_wrong_is_in_one_message_with_the_file_and_each_key(write: Any) -> None:
    path = write(
        'colour = "red"\n[office]\nnama = "x"\noperator = 5\n[keys]\nguard = "tpm"\n[web]\nport = 99999\n'
        '[capture]\ntries_max = "3"\n[[devices.card_printers]]\nmodel = "evolis"\n'
    )
    with pytest.raises(BadConfig) as refused:
        load_config(path)
    first, *lines = str(refused.value).splitlines()
    assert first == f"{path}: 8 problem(s)"
    assert sorted(line.strip().partition(":")[0] for line in lines) == [
        "capture.tries_max",
        "colour",
        "data",
        "devices.card_printers",
        "keys.guard",
        "office.nama",
        "office.operator",
        "web.port",
    ]


def test_one_wrong_key_is_not_told_twice() -> None:
    (problem,) = _problems({"data": "here", "web": {"port": "99999"}})
    assert problem == "web.port: a whole number is expected"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("data = \n", "line 1"),
        ('data = "a"\ndata = "b"\n', "line 2"),
        (b'data = "\xff"\n', "utf-8"),
    ],
)
def test_a_file_that_is_no_toml_says_where(write: Any, content: str | bytes, words: str) -> None:
    path = write(content)
    with pytest.raises(BadConfig, match=words) as refused:
        load_config(path)
    assert str(refused.value).startswith(f"{path}: 1 problem(s)")


def test_a_missing_file_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="`ektp config example` prints one"):
        load_config(tmp_path / "station.toml")
    with pytest.raises(BadConfig):
        load_config(tmp_path)


_toml = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_sections = st.sampled_from(["data", "office", "keys", "centre", "devices", "capture", "card", "web", "other"])


@given(st.dictionaries(_sections, _toml, max_size=4))
def test_any_content_is_used_or_refused_by_name_and_nothing_in_between(data: dict[str, Any]) -> None:
    problems: tuple[str, ...] | None = None
    try:
        used = parse_config(data, "x").data
    except BadConfig as refused:
        problems = refused.problems
    else:
        assert used == data["data"]
    assert problems is None or (problems and all(problem.partition(":")[0] for problem in problems))
