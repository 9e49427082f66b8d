"""A request that was understood and will not be done; carries the problem that the station is told."""

from __future__ import annotations

from station.wire.problems import Problem, ProblemCode


class Declined(Exception):
    def __init__(self, code: ProblemCode, detail: str, *, held: int = 0, retry_after_s: int | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.problem = Problem(code.value, detail, held)
        self.code, self.retry_after_s = code, retry_after_s
