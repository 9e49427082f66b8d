"""What a run of the demonstration came to: one object for scripts, a table for people, and whether all of it held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from station.assembly.station import Station
from station.demo.play import Play
from station.domain.events import (
    CardDelivered,
    CardHandedOver,
    CardIntended,
    ChipVerified,
    DoubtResolvedGood,
    Event,
    FaceMatched,
    FingersVerified,
    ModalityCaptured,
    PrintReadyRecordReserved,
    RecordReceivedAtCentre,
    RecordSealed,
)
from station.domain.trace import trace_sha256
from station.ports import Entry
from station.store.event_log import SqliteEventLog

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the run left what a person may want to see."""

    data: Path
    faces: tuple[Path, ...]
    receipts: tuple[Path, ...]


def entries_of(store: SqliteEventLog, after_seq: int = 0) -> list[Entry]:
    found: list[Entry] = []
    while page := store.read(after_seq=found[-1].seq if found else after_seq, limit=_PAGE):
        found.extend(page)
    return found


@dataclass(frozen=True, slots=True)
class _Cards:
    """What became of the records of this run's citizens, by record: what an earlier run left open is not counted."""

    received: int
    verified: int
    scores: tuple[int, ...]
    each_has_one: bool

    @classmethod
    def of(cls, events: Sequence[Event], records: Sequence[str]) -> _Cards:
        mine = set(records)
        record_of = {e.authorisation_id: e.record_id for e in events if isinstance(e, PrintReadyRecordReserved)}
        cards = {e.card_id: record_of.get(e.authorisation_id) for e in events if isinstance(e, CardIntended)}
        handed = [e for e in events if isinstance(e, CardHandedOver) and cards.get(e.card_id) in mine]
        whose = Counter(cards.get(e.card_id) for e in events if isinstance(e, CardDelivered | DoubtResolvedGood))
        return cls(
            received=sum(isinstance(e, RecordReceivedAtCentre) and e.record_id in mine for e in events),
            verified=sum(isinstance(e, ChipVerified) and cards.get(e.card_id) in mine for e in events),
            scores=tuple(e.score for e in handed),
            each_has_one=all(whose[record] == 1 for record in mine)
            and Counter(cards.get(e.card_id) for e in handed) == Counter(mine),
        )


def summarise(
    station: Station, play: Play, citizens: int, seed: int, paths: Paths, run_from: int, seconds: float
) -> dict[str, Any]:
    """The run's result; `ok` only if every citizen has his one card, the chain is whole, and the blanks are there."""
    entries = entries_of(station.store, run_from)
    events = [entry.event for entry in entries]
    blanks, chain, cards = station.log.stock(), station.store.verify(), _Cards.of(events, play.recorded)
    matches = [event.score_milli for event in events if isinstance(event, FaceMatched)]
    sealed = [event.size_bytes for event in events if isinstance(event, RecordSealed)]
    places = play.world.books_and_world()
    checks = {
        "receipt_verified": cards.received == citizens,
        "chip_verified": cards.verified >= citizens,
        "all_handed_over": len(cards.scores) == citizens and cards.each_has_one,
        "blank_equation": blanks.holds,
        "blanks_where_the_books_say": all(books == world for books, world in places.values()),
        "nothing_in_doubt": not station.log.subjects("card", "in_doubt"),
        "chain_whole": chain.holds,
        "faces_kept": len(paths.faces) >= 2,
    }
    return {
        "ok": all(checks.values()),
        "seed": seed,
        "citizens": citizens,
        "station_events": station.log.head()[0],
        "events_of_this_run": len(entries),
        "package_bytes": sum(sealed),
        "bytes_sent": play.tally.sent_bytes,
        "receipt_verified": checks["receipt_verified"],
        "chip_verified": checks["chip_verified"],
        "face_chip_match": min(matches, default=0) / 1000,
        "handover_score": min((score for score in cards.scores if score), default=0),
        "handed_over": len(cards.scores),
        "qualities": _qualities(events),
        "verification_scores": [list(event.scores) for event in events if isinstance(event, FingersVerified)],
        "cards": _outcomes(play),
        "blanks": blanks.to_json(),
        "books_and_world": places,
        "checks": checks,
        "faces": [str(path) for path in paths.faces],
        "receipts": [str(path) for path in paths.receipts],
        "log": str(paths.data / "station" / "log.db"),
        "config": str(paths.data / "station.toml"),
        "trace": trace_sha256(events),
        "times_s": {name: round(value, 2) for name, value in play.tally.times_s.items()},
        "seconds": round(seconds, 2),
    }


def _outcomes(play: Play) -> dict[str, int]:
    outcomes = [str(card.outcome) for card in play.tally.cards]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}


def _qualities(events: Sequence[Event]) -> dict[str, dict[str, int]]:
    """The least and the middle figure of each modality."""
    figures: dict[str, list[int]] = {}
    for event in events:
        if isinstance(event, ModalityCaptured):
            figures.setdefault(event.modality, []).extend(quality for quality in event.qualities if quality >= 0)
    return {
        name: {"least": min(values), "median": sorted(values)[len(values) // 2]}
        for name, values in figures.items()
        if values
    }


def show_summary(console: Console, result: Mapping[str, Any]) -> None:
    """For people: what held, the figures, the blank equation, and where things lie."""
    table = Table(title="Ringkasan / Summary", show_header=False, title_justify="left")
    for name, holds in result["checks"].items():
        table.add_row(name, "[green]ya / yes[/green]" if holds else "[bold red]TIDAK / NO[/bold red]")
    table.add_row("warga / citizens", f"{result['handed_over']} of {result['citizens']} have their card")
    qualities = (f"{name} {q['least']}..{q['median']}" for name, q in result["qualities"].items())
    table.add_row("mutu / qualities", "  ".join(qualities))
    table.add_row("1:1", f"hand-over {result['handover_score']}, chip and face {result['face_chip_match']:.3f}")
    table.add_row("terkirim / sent", f"{result['bytes_sent']:,} B (sealed records {result['package_bytes']:,} B)")
    blanks = result["blanks"]
    rest = " + ".join(f"{count} {name}" for name, count in blanks.items() if name != "received")
    table.add_row("blangko / blanks", f"{blanks['received']} received = {rest}")
    table.add_row("waktu / times", ", ".join(f"{n} {s:.1f} s" for n, s in result["times_s"].items()))
    for name in ("faces", "receipts"):
        for path in result[name][:2]:
            table.add_row(name, path)
    table.add_row("log", result["log"])
    table.add_row("jejak / trace", result["trace"])
    console.print(table)
    console.print("[bold green]OK[/bold green]" if result["ok"] else "[bold red]TIDAK OK / NOT OK[/bold red]")
