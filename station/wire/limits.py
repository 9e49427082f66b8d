"""Every size that travels is bounded here: a reader refuses more before it looks at it."""

from __future__ import annotations

MESSAGE_BYTES_MAX = 4 * 1024 * 1024
CHUNK_BYTES_MAX = 256 * 1024  # a cut link then costs at most one chunk: 1 s at 2 Mbit/s
BODY_BYTES_MAX = 17 * 1024 * 1024  # a package of 16 MB and its seal
MANIFEST_ENTRIES_MAX = 500
LOG_ENTRIES_MAX = 500
DOWNLINK_ITEMS_MAX = 100
DOWNLINK_ONLY_MAX = 50
INLINE_BODY_BYTES_MAX = 256 * 1024
SIGNED_BYTES_MAX = 16 * 1024
TEXT_MAX = 2000
DEPTH_MAX = 16
