"""A life is a table: (state, event) -> state. Whatever is not in the table is refused and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from station.domain.events import Event


class Refused(Exception):
    """The event is not possible now: wrong state, an account that would go negative, a chip bound already.

    Nothing was appended. `subject` is an identifier, never a person.
    """

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(f"{subject}: {reason}")
        self.subject, self.reason = subject, reason


@dataclass(frozen=True, slots=True)
class Life:
    """`table[state][event class]` is the next state; `None` is the state before the first event. `id_field` names the
    event's field that says whose life it is; `ends` are the states in which nothing is pending."""

    name: str
    id_field: str
    table: Mapping[str | None, Mapping[type[Event], str]]
    ends: frozenset[str]

    def concerns(self, event: Event) -> bool:
        return any(type(event) in moves for moves in self.table.values())

    def subject(self, event: Event) -> str:
        """Whose life the event is of."""
        subject: str = getattr(event, self.id_field)
        return subject

    def advance(self, state: str | None, event: Event) -> str:
        """The next state, or `Refused`."""
        following = self.table.get(state, {}).get(type(event))
        if following is None:
            raise Refused(self.subject(event), f"{event.kind} is not possible in state {state or 'unknown'}")
        return following
