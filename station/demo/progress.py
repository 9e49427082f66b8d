"""Progress as it happens, a line each: time, whose turn, what was done; colour where the terminal has it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from station.languages import say

_STYLES = {
    "card_rejected": "bold red",
    "card_in_doubt": "bold red",
    "hand_over_refused": "bold red",
    "centre_away": "yellow",
    "advice": "yellow",
    "feed_failed": "yellow",
    "operator_mends": "yellow",
    "chip_write_again": "yellow",
    "handed_over": "bold green",
    "sent": "green",
    "card_delivered": "green",
}


@dataclass(slots=True)
class Progress:
    """Lines go to `console`; with `--json` that is standard error."""

    console: Console
    started: float = field(default_factory=time.monotonic)
    whose: str = ""

    def told(self, key: str, detail: str = "") -> None:
        """`key` is a key of `step.*`, or "advice" for a line that is its own text."""
        text = detail if key == "advice" else say(f"step.{key}")
        line = Text(f"{time.monotonic() - self.started:7.1f} s  ", style="dim")
        line.append(f"{self.whose:<13}", style="cyan")
        line.append(text, style=_STYLES.get(key, ""))
        if key != "advice":
            line.append(f"  [{say(f'step.{key}', 'en')}]", style="dim")
            line.append(f"  {detail}" if detail else "", style="bold" if key in _STYLES else "")
        self.console.print(line, soft_wrap=True, highlight=False)
