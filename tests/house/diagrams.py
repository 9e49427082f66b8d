"""The pictures in the READMEs, made from the tables that the station runs on: `python -m tests.house.diagrams --write`.

A block in a document begins with `<!-- made from the tables: NAME -->` and ends with `<!-- made until here -->`; what
stands between is written by this program and compared by a test. Without `--write` it says which blocks are stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from drivers.catalogue import CATALOGUE, CHIP_PROFILES
from station.domain.blank_stock import MOVES
from station.domain.life import Life
from station.domain.lives import LIVES
from tests.house.sources import ROOT

SHARED_MIN = 4  # a move that so many states have in common is drawn once, from a frame around them
_BLOCK = re.compile(r"(<!-- made from the tables: ([a-z_]+) -->\n).*?(<!-- made until here -->)", re.DOTALL)
_START = "[*]"


@dataclass(frozen=True, slots=True)
class Move:
    source: str
    event: str
    target: str


def moves_of(life: Life) -> list[Move]:
    return [
        Move(_START if state is None else str(state), event.kind, str(target))
        for state, row in life.table.items()
        for event, target in row.items()
    ]


def life_diagram(life: Life) -> str:
    """A Mermaid state diagram of the whole table, and below it the table's ends."""
    moves = moves_of(life)
    framed, shared = _shared(moves)
    frame = f"any_{life.name}"
    lines = ["```mermaid", "stateDiagram-v2"]
    if framed:
        inside = [move for move in moves if {move.source, move.target} <= framed]
        lines += [
            f'    state "{life.name} at work" as {frame} {{',
            *(f"    {line}" for line in _arrows(inside)),
            "    }",
        ]
        moves = [move for move in moves if move not in inside and not (move.source in framed and _deed(move) in shared)]
        moves += [Move(frame, event, target) for event, target in shared]
    lines += [*_arrows(moves), *_last_arrows(life), "```"]
    ends = ", ".join(f"`{state}`" for state in _states(life) if state in life.ends)
    return "\n".join(lines) + f"\n\nIts ends: {ends}.\n"


def _deed(move: Move) -> tuple[str, str]:
    return move.event, move.target


def _shared(moves: list[Move]) -> tuple[set[str], list[tuple[str, str]]]:
    """The states that have moves in common, and those moves."""
    sources: dict[tuple[str, str], set[str]] = {}
    for move in moves:
        sources.setdefault(_deed(move), set()).add(move.source)
    shared = {deed: states for deed, states in sources.items() if len(states) >= SHARED_MIN}
    framed = set.intersection(*shared.values()) if shared else set()
    return (framed, list(shared)) if len(framed) >= SHARED_MIN else (set(), [])


def _arrows(moves: list[Move]) -> Iterator[str]:
    together: dict[tuple[str, str], list[str]] = {}
    for move in moves:
        together.setdefault((move.source, move.target), []).append(move.event)
    for (source, target), events in together.items():
        yield f"    {source} --> {target}: {', '.join(events)}"


def _last_arrows(life: Life) -> Iterator[str]:
    return (f"    {state} --> [*]" for state in _states(life) if not life.table.get(state))


def _states(life: Life) -> list[str]:
    """Every state, in the order in which the table names it."""
    named = [str(state) for state in life.table if state is not None]
    return list(dict.fromkeys([*named, *(move.target for move in moves_of(life))]))


def stock_table() -> str:
    rows = [f"| `{event.kind}` | {source} | {target} |" for event, (source, target) in MOVES.items()]
    return "\n".join(["| event | from | to |", "|---|---|---|", *rows]) + "\n"


def device_table() -> str:
    rows = [f"| `{m.name}` | {m.kind} | {m.title} | {m.reached} | {m.seen} |" for m in CATALOGUE]
    rows += [
        f"| `{name}` | chip_profile | Chip profile | through a reader | see its `protocol.py` |"
        for name in CHIP_PROFILES
    ]
    return "\n".join(["| model | kind | what it is | reached by | has met |", "|---|---|---|---|---|", *rows]) + "\n"


BLOCKS: Mapping[str, tuple[str, Callable[[], str]]] = {
    **{life.name: ("station/README.md", partial(life_diagram, life)) for life in LIVES},
    "blank_stock": ("station/README.md", stock_table),
    "devices": ("drivers/README.md", device_table),
}
"""Name of a block -> the document it stands in, and its maker."""


def blocks_in(text: str) -> dict[str, str]:
    return {match[2]: match[0][len(match[1]) : -len(match[3])] for match in _BLOCK.finditer(text)}


def renewed(text: str) -> str:
    """The document with every block made anew; `KeyError` for a block that nothing makes."""
    return _BLOCK.sub(lambda match: f"{match[1]}{BLOCKS[match[2]][1]()}{match[3]}", text)


def main(arguments: list[str]) -> int:
    stale = 0
    for name in sorted({document for document, _ in BLOCKS.values()}):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            stale += 1
            print(f"{name}: {'written' if '--write' in arguments else 'stale'}")
            if "--write" in arguments:
                path.write_text(new, encoding="utf-8")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
