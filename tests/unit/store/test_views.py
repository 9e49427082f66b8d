"""Views are what the log says: rebuilt they are the same, and the blank equation holds after whatever was tried."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from station.domain.card import CARD
from station.domain.events import (
    BlanksLoaded,
    BlanksMissing,
    BlanksReceived,
    BlanksReturned,
    BlanksSpoiled,
    BlanksTransferredOut,
    BlanksUnloaded,
    CardDelivered,
    CardHandedOver,
    CardInDoubt,
    CardIntended,
    CardPrinted,
    CardRejected,
    ChipIdentified,
    ChipVerified,
    DoubtResolvedGood,
    DoubtResolvedSpoiled,
    DoubtResolvedUnused,
    EncodingIntended,
    Event,
    FaceMatched,
    FeedFailed,
    PrintingIntended,
    PrintReadyRecordExpired,
    PrintReadyRecordReserved,
    RejectionIntended,
)
from station.domain.life import Refused
from station.ports import StoreError
from station.store.event_log import SqliteEventLog
from station.workflows.lost_cards import AT_WORK


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


count = st.integers(0, 6)
printer = st.sampled_from(["left", "right"])
card = st.sampled_from(["c1", "c2", "c3"])
authorisation = st.sampled_from(["a1", "a2"])
chip = st.sampled_from(["chip-1", "chip-2"])
person = st.sampled_from(["op", "head"])
text = st.just("x")


def several(kinds: list[Callable[..., Event]], *arguments: st.SearchStrategy[object]) -> list[st.SearchStrategy[Event]]:
    return [st.builds(kind, *arguments) for kind in kinds]


STEPS = st.one_of(
    *several([BlanksReceived, BlanksReturned], count, text, person),
    *several([BlanksLoaded, BlanksUnloaded], printer, count, person),
    *several([BlanksSpoiled], count, text, person),
    *several([BlanksTransferredOut], count, text, text, person),
    *several([BlanksMissing], count, person, person),
    *several([PrintReadyRecordReserved], authorisation, text, text, text),
    *several([PrintReadyRecordExpired], authorisation),
    *several([CardIntended], card, authorisation, printer, text, count),
    *several([FeedFailed], card, authorisation, text),
    *several([ChipIdentified], card, chip),
    *several([EncodingIntended, ChipVerified, PrintingIntended], card),
    *several([FaceMatched], card, count),
    *several([CardPrinted], card, count, text),
    *several([CardDelivered], card, authorisation, printer),
    *several([RejectionIntended], card, text),
    *several([CardRejected], card, authorisation, printer, text),
    *several([CardInDoubt], card, authorisation, printer, text, text),
    *several([DoubtResolvedGood, DoubtResolvedSpoiled, DoubtResolvedUnused], card, authorisation, person, text),
    *several([CardHandedOver], card, authorisation, text, count, person),
)


Onwards = tuple[str, int, str]
ONWARDS = st.tuples(card, st.integers(0, 11), chip)
"""A card, which of its possible next events, and the chip to find: random events alone seldom get a card far."""


def onwards(log: SqliteEventLog, step: Onwards) -> Event:
    card_id, pick, chip_id = step
    subject = log.subject("card", card_id)
    given = {"card_id": card_id, "authorisation_id": f"a{1 + pick % 2}", "chip_id": chip_id, "printer": "left"}
    given.update(subject.facts if subject else {})
    kinds = list(CARD.table.get(subject.state if subject else None, {})) or [CardIntended]
    # The first of a state's events leads on, the others lose the card: both are to happen.
    kind = kinds[pick % len(kinds) if pick > 5 else 0]
    return kind(**{f.name: given.get(f.name, 1 if str(f.type) == "int" else "x") for f in fields(kind)})


def stocked() -> list[Event]:
    return [
        BlanksReceived(6, "SJ-1", "op"),
        BlanksLoaded("left", 2, "op"),
        BlanksLoaded("right", 1, "op"),
        PrintReadyRecordReserved("a1", "r1", "later", "x"),
        PrintReadyRecordReserved("a2", "r2", "later", "x"),
    ]


@given(st.lists(ONWARDS | st.lists(STEPS, min_size=1, max_size=3), min_size=20, max_size=80))
@settings(max_examples=60, deadline=None)
def test_whatever_is_tried_the_blank_equation_holds_and_rebuilt_views_are_equal(
    attempts: list[Onwards | list[Event]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, SqliteEventLog(Path(folder) / "data", StoppedClock()) as log:
        log.append(*stocked())
        for attempt in attempts:
            before = log.head()
            try:
                log.append(*(attempt if isinstance(attempt, list) else [onwards(log, attempt)]))
            except Refused:
                assert log.head() == before
            stock = log.stock()
            assert stock.holds
            at_work = len(log.subjects("card", *AT_WORK))
            assert stock.in_printers == log.in_printer("left") + log.in_printer("right") + at_work
        event(f"cards that came to an end: {len(log.subjects('card', *CARD.ends))}")
        incremental = log.view_contents()
        good = log.subjects("card", "delivered", "handed_over")
        assert len({card.facts["authorisation_id"] for card in good}) == len(good)
        bound = [card.facts["chip_id"] for card in log.subjects("card") if used_a_chip(card.state, card.facts)]
        assert len(set(bound)) == len(bound)
        log.rebuild()
        assert log.view_contents() == incremental
        assert log.verify().holds


def used_a_chip(state: str, facts: dict[str, object]) -> bool:
    return "chip_id" in facts and state != "unused"


def test_damaged_views_are_mended_by_a_rebuild(tmp_path: Path) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        log.append(*stocked())
        right = log.view_contents()
    spoil(tmp_path, "DELETE FROM subjects; UPDATE blanks SET count = 77")
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        assert log.view_contents() != right
        log.rebuild()
        assert log.view_contents() == right


def test_views_of_an_older_program_are_made_anew_at_opening(tmp_path: Path) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        log.append(*stocked())
        right = log.view_contents()
    spoil(
        tmp_path,
        "DROP TABLE subjects; DROP TABLE subject_entries; DROP TABLE blanks; DROP TABLE chips; PRAGMA user_version = 0",
    )
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        assert log.view_contents() == right


def test_a_log_that_its_tables_refuse_is_not_rebuilt_and_keeps_its_views(tmp_path: Path) -> None:
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        log.append(*stocked())
        right = log.view_contents()
    spoil(tmp_path, "DELETE FROM entries WHERE seq = 1")
    with SqliteEventLog(tmp_path / "data", StoppedClock()) as log:
        with pytest.raises(StoreError, match="line 2"):
            log.rebuild()
        assert log.view_contents() == right
        assert log.verify().broken_at == 1


def test_a_card_keeps_its_first_printer_and_authorisation_in_its_table() -> None:
    """The projection compares these two with the card's first event: it must name both."""
    first = CARD.table[None]
    assert list(first) == [CardIntended]
    assert {"authorisation_id", "printer"} <= set(CardIntended.__dataclass_fields__)


def spoil(tmp_path: Path, sql: str) -> None:
    connection = apsw.Connection(str(tmp_path / "data" / "log.db"))
    connection.execute(sql)
    connection.close()
