"""Identifiers that sort by time and collide nowhere: UUID version 7 (RFC 9562) behind a word for what they name."""

from __future__ import annotations

import uuid
from datetime import datetime

from station.ports import Random


def new_id(prefix: str, now: datetime, random: Random) -> str:
    """`prefix-` and 48 bits of milliseconds, version, variant and 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    chance = int.from_bytes(random(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | 0b10 << 62 | (chance & ((1 << 62) - 1))
    return f"{prefix}-{uuid.UUID(int=value)}"
