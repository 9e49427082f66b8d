"""Each command of the table: what it does when it can, and how it says no; what it answers can be sent as JSON."""

from __future__ import annotations

import json

import pytest

from drivers.contracts.card_printer import CardPlace
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode, TransportError
from station.assembly.commands import COMMANDS, READING
from station.domain.events import CardIntended, FeedFailed
from tests.unit.assembly.conftest import Desk
from tests.unit.workflows.card_bench import Trouble
from tests.unit.workflows.card_office import PRINTER

CUT = TransportError("small", "the line is cut")


def doubt(desk: Desk) -> str:
    """A printed card that was lost sight of; its identifier."""
    desk.add_blank()
    desk.reserve()
    desk.printer.troubles = [Trouble("print_front", CUT, moved=True)]
    made = desk("print.card")
    desk.printer.troubles = []
    assert made["outcome"] == "in_doubt"
    return str(made["card"])


# --- stock -----------------------------------------------------------------------------------------------------------


def test_blanks_are_counted_in_loaded_unloaded_and_spoiled(desk: Desk) -> None:
    desk("stock.receive", count=10, document="SJ-1")
    desk("stock.load", count=4)
    desk("stock.unload", count=1, printer=PRINTER)
    shown = desk("stock.spoil", count=2, reason="bent")
    assert (shown["received"], shown["in_store"], shown["in_printers"], shown["spoiled"]) == (10, 5, 3, 2)
    assert shown["holds"]
    assert desk("stock.show") == shown


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("stock.receive", {"count": 0, "document": "SJ-1"}),
        ("stock.receive", {"count": -3, "document": "SJ-1"}),
        ("stock.load", {"count": 1}),
        ("stock.unload", {"count": 1}),
        ("stock.spoil", {"count": 1, "reason": "bent"}),
    ],
)
def test_blanks_that_are_not_there_are_not_moved(desk: Desk, command: str, arguments: dict[str, object]) -> None:
    before = desk.station.log.head()
    assert desk.refused(command, **arguments).code == "refused"
    assert desk.station.log.head() == before


@pytest.mark.parametrize("command", ["stock.load", "stock.unload", "print.card", "print.clear"])
def test_a_printer_that_the_configuration_does_not_name_is_refused_by_name(desk: Desk, command: str) -> None:
    desk.reserve()
    refused = desk.refused(command, count=1, printer="printer-z")
    assert (refused.code, PRINTER in refused.text) == ("usage", True)


# --- cards -----------------------------------------------------------------------------------------------------------


def test_the_first_waiting_card_is_made_and_every_step_is_told(desk: Desk) -> None:
    blank = desk.add_blank()
    desk.reserve()
    made = desk("print.card")
    assert (made["outcome"], made["reason"]) == ("delivered", "")
    assert made["steps"][-1] == "card_delivered"
    assert desk.printer.tray == [blank]
    status = desk("print.status")
    assert (status["authorisations"], status["in_doubt"], status["blanks"]["issued"]) == ([], [], 1)
    assert [card["id"] for card in status["cards"]] == [made["card"]]
    json.dumps(dict(made) | {"status": status})


def test_a_card_is_made_for_the_named_authorisation(desk: Desk) -> None:
    desk.add_blank()
    for name in ("authorisation-1", "authorisation-2"):
        desk.reserve(name)
    assert desk("print.card", authorisation="authorisation-2")["outcome"] == "delivered"
    assert [row["id"] for row in desk("print.status")["authorisations"]] == ["authorisation-1"]


def test_a_rejected_card_is_told_with_its_reason_and_may_be_tried_again(desk: Desk) -> None:
    desk.add_blank()
    desk.reserve()
    desk.reader.troubles = [Trouble("connect", DeviceFault(FaultCode.NO_CHIP, CardFate.UNTOUCHED))]
    made = desk("print.card")
    assert (made["outcome"], made["reason"]) == ("rejected", "fault.no_chip")
    assert made["told"] not in ("", made["reason"])
    desk.add_blank()
    assert desk("print.card")["outcome"] == "delivered"


def test_nothing_to_print_an_unknown_and_a_printed_authorisation_are_refused(desk: Desk) -> None:
    assert desk.refused("print.card").code == "refused"
    assert desk.refused("print.card", authorisation="nobody-knows").code == "refused"
    desk.add_blank()
    desk.reserve()
    desk("print.card")
    assert desk.refused("print.card", authorisation="authorisation-1").code == "refused"


def test_a_printer_that_asks_for_a_person_is_a_device_that_says_no(desk: Desk) -> None:
    desk.add_blank()
    desk.reserve()
    desk.printer.faults = (FaultCode.RIBBON_OUT,)
    assert desk.refused("print.card").code == "device"


def test_an_expired_authorisation_is_refused_and_the_next_one_made(desk: Desk) -> None:
    desk.add_blank()
    old = desk.reserve("authorisation-1")
    desk.clock.time = old.valid_until
    assert desk.refused("print.card").code == "refused"
    assert desk.refused("print.card").text == "nothing is ready to print"


# --- doubts ----------------------------------------------------------------------------------------------------------


def test_a_card_in_doubt_is_shown_looked_at_and_found_good(desk: Desk) -> None:
    card = doubt(desk)
    assert [row["id"] for row in desk("print.status")["in_doubt"]] == [card]
    assert desk.refused("print.card", authorisation="authorisation-1").code == "doubt"
    assert desk("print.clear") == {"rejected": True}
    assert desk("print.clear") == {"rejected": False}
    desk.reader.laid = desk.printer.reject_box[0]
    status = desk("print.resolve", card=card, finding="good", operator="op-7")
    assert (status["in_doubt"], status["blanks"]["issued"]) == ([], 1)


def test_a_finding_without_its_evidence_leaves_the_doubt(desk: Desk) -> None:
    card = doubt(desk)
    desk("print.clear")
    assert desk.refused("print.resolve", card=card, finding="good", operator="op-7").code == "device"  # no card there
    for finding in ("unused", "unfed", "lost"):
        assert desk.refused("print.resolve", card=card, finding=finding, operator="op-7").code == "doubt"
    assert desk.refused("print.resolve", card=card, finding="fine", operator="op-7").code == "usage"
    assert [row["id"] for row in desk("print.status")["in_doubt"]] == [card]


def test_a_blank_that_was_never_fed_is_told_by_the_printers_counter(desk: Desk) -> None:
    desk.add_blank()
    desk.reserve()
    desk.printer.troubles = [Trouble("load_blank", CUT)]
    card = desk("print.card")["card"]
    desk.printer.troubles = []
    status = desk("print.resolve", card=card, finding="unfed", operator="op-7")
    assert (status["in_doubt"], status["blanks"]["in_printers"]) == ([], 1)
    assert desk("print.card")["outcome"] == "delivered"


def test_what_is_not_in_doubt_is_not_resolved(desk: Desk) -> None:
    assert desk.refused("print.resolve", card="card-of-nobody", finding="spoiled", operator="op-7").code == "doubt"


def test_a_reject_box_that_is_full_is_a_device_that_says_no(desk: Desk) -> None:
    doubt(desk)
    assert desk.printer.place is CardPlace.INSIDE
    desk.printer.asked.clear()
    desk.printer.troubles = [Trouble("reject", DeviceFault(FaultCode.REJECT_BOX_FULL, CardFate.IN_DOUBT))]
    assert desk.refused("print.clear").code == "device"


def test_the_newest_cards_are_shown_however_many_there_were(desk: Desk) -> None:
    """A year of an office: more cards than a view gives at once."""
    desk.add_blank()
    desk.reserve()
    events = []
    for n in range(1100):
        events.append(CardIntended(f"card-{n}", "authorisation-1", PRINTER, "00", n))
        events.append(FeedFailed(f"card-{n}", "authorisation-1", PRINTER, "fault.hopper_empty"))
    desk.station.log.append(*events)
    assert desk("print.status")["cards"][-1]["id"] == "card-1099"


# --- the log, the centre, the devices --------------------------------------------------------------------------------


def test_the_log_is_shown_from_its_end_or_after_a_line_and_is_whole(desk: Desk) -> None:
    for n in range(5):
        desk("stock.receive", count=1, document=f"SJ-{n}")
    last, head = desk.station.log.head()
    shown = desk("log.show", count=2)
    assert [entry["seq"] for entry in shown["entries"]] == [last - 1, last]
    assert shown["entries"][-1]["data"]["document"] == "SJ-4"
    assert [entry["seq"] for entry in desk("log.show", after=2, count=3)["entries"]] == [3, 4, 5]
    assert len(desk("log.show", count=-5)["entries"]) == 1
    verified = desk("log.verify")
    assert (verified["whole"], verified["entries"], verified["head"]) == (True, last, head)
    assert verified["blank_equation_holds"]
    json.dumps([shown, verified])


def test_commands_that_read_leave_the_log_as_it_is(desk: Desk) -> None:
    before = desk.station.log.head()
    for name in READING | {"print.status"}:
        json.dumps(desk(name))
    assert desk.station.log.head() == before
    assert set(COMMANDS) >= READING


def test_a_station_without_a_centre_says_so(desk: Desk) -> None:
    (desk.station.folder / "pairing.json").unlink()
    desk.reserve()
    for command in ("sync", "print.card"):
        refused = desk.refused(command)
        assert (refused.code, "ektp pair" in refused.text) == ("centre", True)


def test_a_centre_that_cannot_be_reached_is_a_centre_that_says_no(desk: Desk) -> None:
    assert desk.refused("sync").code == "centre"
    assert desk.refused("pair", code="0000", again=True).code == "centre"


def test_a_device_that_is_not_configured_is_named_and_stops_nothing(desk: Desk) -> None:
    conditions = {row["name"]: row["condition"] for row in desk("devices.check")["devices"]}
    assert conditions["face_camera"] == "not_configured"
    assert conditions[PRINTER] == "ready"
    assert desk("devices.check")["all_ready"]
