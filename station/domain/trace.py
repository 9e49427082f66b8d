"""A trace is what happened without when, and without keys, ciphertext and chance: one seed, one trace.

Records, authorisations and cards are named by the order in which they first appear: their identifiers are random.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from station.domain.canonical import canonical
from station.domain.events import Event, traced

_IDENTIFIERS = ("record_id", "authorisation_id", "card_id")


def trace_sha256(events: Iterable[Event]) -> str:
    """Lower-case hexadecimal SHA-256 over each event's kind, version and traced data, in order."""
    names: dict[str, str] = {}
    digest = hashlib.sha256()
    for event in events:
        data = traced(event)
        for field in _IDENTIFIERS:
            if field in data:
                data[field] = names.setdefault(data[field], f"{field}-{len(names)}")
        digest.update(canonical([event.kind, event.version, data]) + b"\n")
    return digest.hexdigest()
