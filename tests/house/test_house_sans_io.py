"""Bytes and I/O never share a file: codecs, simulators' cores and the domain touch nothing outside themselves."""

from __future__ import annotations

import ast

from tests.house.sources import Source, called, calls, imported, sources

PURE_FOLDERS = (
    "drivers/contracts/",
    "drivers/iso7816/",
    "drivers/iso19794/",
    "station/domain/",
    "station/wire/",
    "station/package/",
    "station/chip_data/",
)
PURE_FILES = (
    "station/ports.py",
    "station/sealing/fingerprints.py",
    "station/sealing/signatures.py",
    "station/sealing/suites.py",
    "station/store/chain.py",
    "station/store/views.py",
    "station/uplink/authorisations.py",
    "station/uplink/vocabulary.py",
    "station/workflows/judging.py",
)
MODEL_FAMILIES = ("printers", "scanners", "cameras", "pads", "readers", "modules", "chips")
# In a model's folder everything is pure but the driver, and these, which hold the way to the device or a file.
MODEL_FILES_WITH_IO = (
    "drivers/scanners/sbi/client.py",
    "drivers/modules/memory/key_file.py",
    "drivers/chips/ktp_el/layout.py",
)

OUTSIDE = {
    *("socket", "socketserver", "ssl", "select", "selectors", "asyncio", "threading", "multiprocessing", "subprocess"),
    *("os", "pathlib", "shutil", "tempfile", "fcntl", "signal", "mmap", "sqlite3", "apsw", "http", "urllib", "aiohttp"),
    *("time", "sched", "queue", "concurrent", "logging", "serial", "smartcard", "importlib"),
}
# `io.BytesIO` is memory; files are opened by the calls below. Chance may be a simulator's default, never a codec's.
CHANCE = {"random", "secrets", "uuid"}
ACTS = {
    *("open", "read_bytes", "read_text", "write_bytes", "write_text", "mkdir", "unlink"),
    *("now", "utcnow", "today", "urandom", "token_bytes", "input", "sleep"),
}
# urllib.parse takes text apart and reaches nothing; importlib.resources would read files.
HARMLESS = {"urllib.parse"}


def is_pure(source: Source) -> bool:
    name = source.name
    if name.startswith(PURE_FOLDERS) or name in PURE_FILES:
        return True
    parts = name.split("/")
    in_a_model = len(parts) == 4 and parts[0] == "drivers" and parts[1] in MODEL_FAMILIES
    return in_a_model and parts[3] != "driver.py" and name not in MODEL_FILES_WITH_IO


def pure() -> list[Source]:
    found = [source for source in sources("drivers", "station") if is_pure(source)]
    assert len(found) > 60, "the list of pure files no longer finds them"
    return found


def test_every_named_pure_file_exists() -> None:
    names = {source.name for source in sources("drivers", "station")}
    assert not [name for name in (*PURE_FILES, *MODEL_FILES_WITH_IO) if name not in names]
    assert not [folder for folder in PURE_FOLDERS if not any(name.startswith(folder) for name in names)]


def test_pure_files_import_nothing_of_the_world_outside() -> None:
    wrong = [
        f"{source.at(statement)} imports {module}"
        for source in pure()
        for module, statement in imported(source.tree)
        if module.split(".")[0] in OUTSIDE and module not in HARMLESS
    ]
    assert not wrong, "\n".join(wrong)


def test_codecs_and_the_domain_leave_nothing_to_chance() -> None:
    wrong = [
        f"{source.at(statement)} imports {module}"
        for source in pure()
        if not source.name.endswith("simulator.py")
        for module, statement in imported(source.tree)
        if module.split(".")[0] in CHANCE
    ]
    assert not wrong, "\n".join(wrong)


def test_pure_files_ask_neither_clock_nor_disk() -> None:
    wrong = [
        f"{source.at(call)} calls {ast.unparse(call.func)}"
        for source in pure()
        for call in calls(source.tree)
        if called(call) in ACTS and not _is_of_an_image(call)
    ]
    assert not wrong, "\n".join(wrong)


def _is_of_an_image(call: ast.Call) -> bool:
    """`Image.open(io.BytesIO(...))` and `ZipFile.open(name)` read memory."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "open"
