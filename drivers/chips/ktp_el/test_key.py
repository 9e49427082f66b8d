"""The published test keys of our simulated chips: never Dukcapil's, worth nothing, opening nothing but simulators."""

from __future__ import annotations

from typing import Final

PUBLISHED_TEST_MASTER_KEY: Final = b"KTP-EL open test key 001"
"""Three DES keys (24 bytes) in plain words, so that nobody who finds it takes it for a secret."""
