"""What a person may ask of a station from outside its screens: a table of commands, each with JSON in and out.

The owner of the data folder runs them, whether it was asked over its socket or is the command line itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from drivers.contracts.errors import DeviceError
from station.assembly.benches import health_book
from station.assembly.station import NotPaired, Station
from station.assembly.uplinks import meet_centre, open_uplink
from station.devices.health import Condition, Health
from station.domain.card import CardState
from station.domain.events import BlanksLoaded, BlanksReceived, BlanksSpoiled, BlanksUnloaded, Event
from station.domain.life import Refused
from station.languages import both, told
from station.ports import DeviceAway, Subject
from station.uplink.pairing import PairingFailed
from station.web.owner_socket import CommandRefused
from station.workflows.personalise_card import NotPrintable, make_card
from station.workflows.resolve_in_doubt import CannotResolve, Finding, clear_printer, resolve

Result = Mapping[str, Any]
Command = Callable[[Station, Mapping[str, Any]], Result]
SHOWN_MAX = 200
CARDS_MAX = 1_000_000  # the log gives the oldest first: with a smaller bound the newest cards would never be shown
_KINDS: Mapping[str, Callable[[Any], Any]] = {"count": int, "after": int, "finding": Finding}
"""Arguments that are more than words."""


def run_command(station: Station, name: str, arguments: Mapping[str, Any]) -> Result:
    """`CommandRefused` with the kind of reason: usage, refused, device, centre, doubt."""
    command = COMMANDS.get(name)
    if command is None:
        raise CommandRefused("usage", f"unknown command {name!r}")
    checked = _checked(name, arguments)
    try:
        return command(station, checked)
    except Refused as refused:
        raise CommandRefused("refused", str(refused)) from refused
    except NotPaired as unpaired:
        raise CommandRefused("centre", str(unpaired)) from unpaired
    except (DeviceError, DeviceAway) as error:
        raise CommandRefused("device", str(error)) from error


class _Arguments(dict[str, Any]):
    """What is missing here was missing on the command line; a `KeyError` from anywhere else is a bug and stays one."""

    def __missing__(self, name: str) -> Any:
        raise CommandRefused("usage", f"{name}: missing")


def _checked(command: str, arguments: Mapping[str, Any]) -> _Arguments:
    for name, kind in _KINDS.items():
        if arguments.get(name) is not None:
            try:
                kind(arguments[name])
            except (TypeError, ValueError) as wrong:
                raise CommandRefused("usage", f"{command}: {name}: {wrong}") from wrong
    return _Arguments(arguments)


# --- stock -----------------------------------------------------------------------------------------------------------


def _stock(station: Station, *events: Event) -> Result:
    if events:
        station.log.append(*events)
    blanks = station.log.stock()
    return {**blanks.to_json(), "holds": blanks.holds}


def _receive(station: Station, a: Mapping[str, Any]) -> Result:
    return _stock(station, BlanksReceived(int(a["count"]), str(a["document"]), _operator(station, a)))


def _load(station: Station, a: Mapping[str, Any]) -> Result:
    return _stock(station, BlanksLoaded(_printer(station, a), int(a["count"]), _operator(station, a)))


def _unload(station: Station, a: Mapping[str, Any]) -> Result:
    return _stock(station, BlanksUnloaded(_printer(station, a), int(a["count"]), _operator(station, a)))


def _spoil(station: Station, a: Mapping[str, Any]) -> Result:
    return _stock(station, BlanksSpoiled(int(a["count"]), str(a["reason"]), _operator(station, a)))


def _operator(station: Station, a: Mapping[str, Any]) -> str:
    """Who does it: the one who is named, or else the operator of the configuration."""
    return str(a.get("operator") or station.config.office.operator)


def _printer(station: Station, a: Mapping[str, Any]) -> str:
    """The named printer, or the only one."""
    names = list(station.benches.printers)
    name = str(a.get("printer") or (names[0] if len(names) == 1 else ""))
    if name not in names:
        raise CommandRefused("usage", f"printer {name!r}: the configuration has {', '.join(names) or 'none'}")
    return name


# --- printing --------------------------------------------------------------------------------------------------------


def _print_status(station: Station, _: Mapping[str, Any]) -> Result:
    log = station.log
    return {
        "authorisations": [_row(s) for s in log.subjects("authorisation", "reserved", "at_work", "in_doubt")],
        "cards": [_row(s) for s in log.subjects("card", *_NOT_HANDED_OVER, limit=CARDS_MAX)[-SHOWN_MAX:]],
        "in_doubt": [_row(s) for s in log.subjects("card", "in_doubt")],
        "printers": {name: log.in_printer(name) for name in station.benches.printers},
        "blanks": _stock(station),
    }


_NOT_HANDED_OVER = tuple(state for state in CardState if state is not CardState.HANDED_OVER)


def _row(subject: Subject) -> dict[str, Any]:
    kept = ("authorisation_id", "record_id", "printer", "chip_id", "since", "reason", "valid_until")
    return {"id": subject.id, "state": subject.state} | {k: subject.facts[k] for k in kept if k in subject.facts}


def _print_card(station: Station, a: Mapping[str, Any]) -> Result:
    """The named authorisation, or the first that is reserved."""
    waiting = station.log.subjects("authorisation", "reserved", limit=1)
    authorisation_id = str(a.get("authorisation") or (waiting[0].id if waiting else ""))
    if not authorisation_id:
        raise CommandRefused("refused", "nothing is ready to print")
    steps: list[str] = []
    try:
        result = make_card(
            station.workshop(_printer(station, a), lambda name, _detail: steps.append(name)),
            station.print_ready_record(authorisation_id),
            station.new_id("card"),
        )
    except NotPrintable as not_now:
        raise CommandRefused(_kind(not_now), _why_not(not_now)) from not_now
    return {
        "card": result.card_id,
        "outcome": result.outcome,
        "reason": result.reason,
        "told": told(result.reason),
        "steps": steps,
    }


def _kind(not_now: NotPrintable) -> str:
    if not_now.code.startswith("fault.") or not_now.code in ("printer_away", "module_away"):
        return "device"
    return "doubt" if not_now.code == "in_doubt" else "refused"


def _why_not(not_now: NotPrintable) -> str:
    """In both languages; what else is known, as which field is too long, comes after it."""
    text = told(not_now.code) if not_now.code.startswith("fault.") else both(f"not_printable.{not_now.code}")
    # A fault that the printer reports has its remedy in the text already.
    detail = "" if not_now.detail.startswith("remedy.") else not_now.detail
    return f"{text} ({detail})" if detail else text


def _resolve(station: Station, a: Mapping[str, Any]) -> Result:
    finding, card_id = Finding(str(a["finding"])), str(a["card"])
    operator = str(a["operator"])  # whoever looked: never the configuration's
    try:
        seen = replace(station.seen(card_id, finding), second_person=str(a.get("second") or ""))
        resolve(station.log, card_id, finding, operator, seen)
    except CannotResolve as cannot:
        raise _still_in_doubt(cannot) from cannot
    return _print_status(station, a)


def _clear(station: Station, a: Mapping[str, Any]) -> Result:
    try:
        return {"rejected": clear_printer(station.log, station.benches.printers[_printer(station, a)])}
    except CannotResolve as cannot:
        raise _still_in_doubt(cannot) from cannot


def _still_in_doubt(cannot: CannotResolve) -> CommandRefused:
    return CommandRefused("doubt", f"{both(f'resolve.{cannot.code}')} {cannot.detail}".strip())


# --- the rest --------------------------------------------------------------------------------------------------------


def _devices(station: Station, _: Mapping[str, Any]) -> Result:
    healths = health_book(station.benches, station.config).look()
    return {"devices": [_device(health) for health in healths], "all_ready": all(h.condition in _WELL for h in healths)}


_WELL = (Condition.READY, Condition.AT_WORK, Condition.NOT_CONFIGURED)


def _device(health: Health) -> dict[str, Any]:
    return {
        "name": health.name,
        "condition": health.condition,
        "detail": health.detail,
        "trouble": health.trouble,
        "faults": {fault: told("fault." + fault) for fault in health.faults},
    }


def _log_show(station: Station, a: Mapping[str, Any]) -> Result:
    last, _ = station.log.head()
    count = min(max(int(a.get("count", 20)), 1), 10_000)
    after = int(a["after"]) if a.get("after") is not None else max(0, last - count)
    entries = [
        {"seq": e.seq, "epoch": e.epoch, "at": e.at, "kind": e.event.kind, "data": e.event.data(), "hash": e.hash}
        for e in station.log.read(after_seq=after, limit=count)
    ]
    return {"entries": entries, "last_seq": last}


def _log_verify(station: Station, _: Mapping[str, Any]) -> Result:
    report = station.store.verify()
    blanks = station.log.stock()
    return {
        "whole": report.holds,
        "entries": report.count,
        "broken_at": report.broken_at,
        "reason": report.reason,
        "head": station.log.head()[1],
        "blank_equation_holds": blanks.holds,
    }


def _pair(station: Station, a: Mapping[str, Any]) -> Result:
    """Shows who answers to the code, and pins it only if `fingerprint` is said and is its own."""
    if station.is_paired and not a.get("again"):
        raise CommandRefused("refused", both("pair.already"))
    try:
        pairing = asyncio.run(meet_centre(station, str(a["code"])))
    except PairingFailed as failed:
        raise CommandRefused("centre", str(failed)) from failed
    spoken = str(a.get("fingerprint") or "")
    if spoken and not pairing.is_shown_as(spoken):
        raise CommandRefused("refused", both("pair.fingerprints_differ"))
    if spoken:
        station.keep_pairing(pairing)
    return {
        "centre": pairing.centre_id,
        "station": pairing.station_id,
        "fingerprint": pairing.fingerprint,
        "pinned": bool(spoken),
    }


def _sync(station: Station, _: Mapping[str, Any]) -> Result:
    report = asyncio.run(open_uplink(station).turn())
    if report.away is not None:
        raise CommandRefused("centre", report.away.reason)
    if report.broken:
        raise CommandRefused("store", report.broken)
    return {
        "sent_bytes": report.sent_bytes,
        "receipts": report.receipts,
        "print_ready_records": report.print_ready_records,
        "problems": list(report.problems),
    }


READING = frozenset({"stock.show", "devices.check", "log.show", "log.verify"})
"""Commands that leave the log as it is."""

COMMANDS: Mapping[str, Command] = {
    "stock.show": lambda station, _: _stock(station),
    "stock.receive": _receive,
    "stock.load": _load,
    "stock.unload": _unload,
    "stock.spoil": _spoil,
    "print.status": _print_status,
    "print.card": _print_card,
    "print.resolve": _resolve,
    "print.clear": _clear,
    "devices.check": _devices,
    "log.show": _log_show,
    "log.verify": _log_verify,
    "pair": _pair,
    "sync": _sync,
}
