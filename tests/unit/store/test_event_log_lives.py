"""The log takes an event only where its life, its chip and the account of blanks allow it."""

from __future__ import annotations

import pytest

from station.domain.card import CARD, CardState
from station.domain.events import (
    KINDS,
    BlanksLoaded,
    BlanksMissing,
    BlanksReceived,
    BlanksUnloaded,
    CardInDoubt,
    CardIntended,
    ChipIdentified,
    DoubtResolvedUnused,
    Event,
    PrintReadyRecordReserved,
    StationOpened,
)
from station.domain.life import Life, Refused
from station.domain.lives import LIVES
from station.domain.print_ready_record import AUTHORISATION
from station.store.event_log import SqliteEventLog
from tests.unit.store.made_events import everything, example, opened, with_a_loaded_blank


def reserve(log: SqliteEventLog, *names: str) -> None:
    log.append(*(example(PrintReadyRecordReserved, authorisation_id=name) for name in names))


def intend(log: SqliteEventLog, card: str, authorisation: str) -> None:
    log.append(example(CardIntended, card_id=card, authorisation_id=authorisation, printer="printer"))


# --- lives -----------------------------------------------------------------------------------------------------------


def paths(life: Life) -> dict[str | None, list[type[Event]]]:
    """For each state the events that lead there, the shortest way."""
    found: dict[str | None, list[type[Event]]] = {None: []}
    queue: list[str | None] = [None]
    while queue:
        state = queue.pop(0)
        for kind, following in life.table.get(state, {}).items():
            if following not in found:
                found[following] = [*found[state], kind]
                queue.append(following)
    return found


def walk(log: SqliteEventLog, life: Life, kinds: list[type[Event]], case: str) -> None:
    """Brings the case's subject along the way, and whatever other lives its events touch with it."""
    if life is CARD and kinds:
        reserve(log, f"authorisation-{case}")
    for kind in kinds:
        log.append(case_event(kind, case))


def case_event(kind: type[Event], case: str) -> Event:
    ids = {name: f"{name.removesuffix('_id')}-{case}" for name in ("chip_id", *(life.id_field for life in LIVES))}
    return example(kind, **ids)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_the_log_accepts_in_each_state_what_the_table_allows_and_nothing_else(life: Life, log: SqliteEventLog) -> None:
    """Every state of every life against every kind that concerns it, each on a subject of its own.

    An event may be of two lives: it is accepted when both tables allow it in the states their subjects are in.
    """
    log.append(BlanksReceived(1000, "SJ-1", "op"), BlanksLoaded("printer", 1000, "op"))
    kinds = [kind for kind in KINDS.values() if life.concerns(example(kind))]
    accepted = refused = 0
    for state, way in paths(life).items():
        for kind in kinds:
            case = f"{state}-{kind.kind}"
            walk(log, life, with_card_steps(way) if life is AUTHORISATION else way, case)
            event = case_event(kind, case)
            expected = all(
                kind in other.table.get(state_of(log, other, event), {}) for other in LIVES if other.concerns(event)
            )
            assert state_of(log, life, event) == state
            before = log.head()
            if expected:
                log.append(event)
                assert state_of(log, life, event) == life.table[state][kind]
                accepted += 1
            else:
                with pytest.raises(Refused):
                    log.append(event)
                assert log.head() == before
                refused += 1
    assert accepted >= len(life.table)
    assert refused


def with_card_steps(way: list[type[Event]]) -> list[type[Event]]:
    """The authorisation's events with the card's own events put in, so that both tables allow each step."""
    full: list[type[Event]] = []
    card: str | None = None
    for kind in way:
        if kind in {k for moves in CARD.table.values() for k in moves}:
            for between in card_steps(card, kind):
                full.append(between)
                card = CARD.table[card][between]
        full.append(kind)
        card = CARD.table.get(card, {}).get(kind, card)
    return full


def card_steps(state: str | None, wanted: type[Event]) -> list[type[Event]]:
    """The shortest steps that only a card takes, from `state` to one in which `wanted` is allowed."""
    authorisation_kinds = {kind for moves in AUTHORISATION.table.values() for kind in moves}
    queue: list[tuple[str | None, list[type[Event]]]] = [(state, [])]
    seen = {state}
    while queue:
        at, steps = queue.pop(0)
        if wanted in CARD.table.get(at, {}):
            return steps
        for kind, following in CARD.table.get(at, {}).items():
            if kind not in authorisation_kinds and following not in seen:
                seen.add(following)
                queue.append((following, [*steps, kind]))
    raise AssertionError(f"no way from {state} to {wanted.kind}")


def state_of(log: SqliteEventLog, life: Life, event: Event) -> str | None:
    subject = log.subject(life.name, life.subject(event))
    return subject.state if subject else None


def test_a_subject_holds_the_latest_of_each_fact_and_its_history(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log)
    reserve(log, "a1")
    intend(log, "c1", "a1")
    log.append(ChipIdentified("c1", "chip-1"))
    card = log.subject("card", "c1")
    assert card is not None
    assert (card.state, card.first_seq, card.last_seq) == (CardState.BOUND, 4, 5)
    assert card.facts["chip_id"] == "chip-1"
    assert card.facts["printer"] == "printer"
    assert [entry.seq for entry in log.history("card", "c1")] == [4, 5]
    assert [entry.seq for entry in log.history("authorisation", "a1")] == [3, 4]
    assert log.subject("card", "c2") is None


def test_subjects_come_in_the_order_of_their_first_appearance(log: SqliteEventLog) -> None:
    for record in ("r3", "r1", "r2"):
        log.append(opened(record))
    assert [subject.id for subject in log.subjects("record")] == ["r3", "r1", "r2"]
    assert [subject.id for subject in log.subjects("record", "open", "sealed", limit=2)] == ["r3", "r1"]
    assert log.subjects("record", "sealed") == []


def test_a_station_opened_event_needs_no_life(log: SqliteEventLog) -> None:
    log.append(StationOpened("1.0"))
    assert log.view_contents()["subjects"] == []


# --- chips, cards and blanks -----------------------------------------------------------------------------------------


def test_a_chip_of_a_card_cannot_become_another_card(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log, 2)
    reserve(log, "a1", "a2")
    intend(log, "c1", "a1")
    intend(log, "c2", "a2")
    log.append(ChipIdentified("c1", "chip-1"))
    with pytest.raises(Refused, match="bound to card c1"):
        log.append(ChipIdentified("c2", "chip-1"))
    log.append(ChipIdentified("c2", "chip-2"))


def test_a_blank_found_unused_may_become_another_card(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log, 3)
    reserve(log, "a1", "a2")
    intend(log, "c1", "a1")
    log.append(
        ChipIdentified("c1", "chip-1"),
        example(CardInDoubt, card_id="c1", authorisation_id="a1"),
        example(DoubtResolvedUnused, card_id="c1", authorisation_id="a1"),
    )
    intend(log, "c2", "a2")
    log.append(ChipIdentified("c2", "chip-1"))
    intend(log, "c3", "a1")
    with pytest.raises(Refused, match="bound to card c2"):
        log.append(ChipIdentified("c3", "chip-1"))


@pytest.mark.parametrize("wrong", [{"authorisation_id": "a2"}, {"printer": "other"}])
def test_a_card_cannot_end_for_another_authorisation_or_in_another_printer(
    log: SqliteEventLog, wrong: dict[str, str]
) -> None:
    with_a_loaded_blank(log, 2)
    log.append(BlanksReceived(1, "SJ-2", "op"), BlanksLoaded("other", 1, "op"))
    reserve(log, "a1", "a2")
    intend(log, "c1", "a1")
    intend(log, "c2", "a2")
    before = everything(log)
    right = {"card_id": "c1", "authorisation_id": "a1", "printer": "printer"}
    with pytest.raises(Refused):
        log.append(example(CardInDoubt, **{**right, **wrong}))
    assert everything(log) == before
    log.append(example(CardInDoubt, **right))


def test_no_account_goes_below_zero(log: SqliteEventLog) -> None:
    log.append(BlanksReceived(5, "SJ-1", "op"), BlanksLoaded("printer", 3, "op"))
    for too_many in (BlanksLoaded("printer", 3, "op"), example(BlanksMissing, count=3)):
        with pytest.raises(Refused, match="holds 2"):
            log.append(too_many)
    assert log.stock().to_json()["in_store"] == 2
    assert log.stock().holds


def test_a_card_intended_in_an_empty_printer_is_refused(log: SqliteEventLog) -> None:
    reserve(log, "a1")
    with pytest.raises(Refused, match="in_printers printer holds 0"):
        intend(log, "c1", "a1")


def test_the_blank_of_a_card_at_work_cannot_be_unloaded(log: SqliteEventLog) -> None:
    with_a_loaded_blank(log)
    reserve(log, "a1")
    intend(log, "c1", "a1")
    with pytest.raises(Refused, match="in_printers printer holds 0"):
        log.append(BlanksUnloaded("printer", 1, "op"))
    log.append(example(CardInDoubt, card_id="c1", authorisation_id="a1", printer="printer"))
    assert log.stock().in_doubt == 1


def test_more_are_counted_than_are_ever_listed(log: SqliteEventLog) -> None:
    for start in range(0, 1100, 100):
        log.append(*(opened(f"r{n}") for n in range(start, start + 100)))
    assert len(log.subjects("record", "open")) == 1000
    assert (log.count("record", "open"), log.count("record"), log.count("record", "sealed")) == (1100, 1100, 0)
