"""What one turn of the uplink did: counts, what was refused, and whether the centre was there at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from station.uplink.link import Away

PROBLEMS_MAX = 100


@dataclass(frozen=True, slots=True)
class TurnReport:
    """`problems` are codes with identifiers, for a person to see. `away`: the turn ended early; nothing is lost.
    `broken`: it ended early for a reason on this side, such as a full disk."""

    sent_bytes: int = 0
    sent_records: int = 0
    receipts: int = 0
    statuses: int = 0
    print_ready_records: int = 0
    problems: tuple[str, ...] = ()
    away: Away | None = None
    broken: str = ""


@dataclass(slots=True)
class Tally:
    """Counts while the turn goes on."""

    sent_bytes: int = 0
    sent_records: int = 0
    receipts: int = 0
    statuses: int = 0
    print_ready_records: int = 0
    problems: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(text)

    def report(self, away: Away | None = None, broken: str = "") -> TurnReport:
        return TurnReport(
            self.sent_bytes,
            self.sent_records,
            self.receipts,
            self.statuses,
            self.print_ready_records,
            tuple(self.problems),
            away,
            broken,
        )
