"""What travels between a station and its centre: versioned, bounded, signed where it is believed. No I/O here."""

from __future__ import annotations

from station.wire.downlink import DownlinkItem, DownlinkKind, DownlinkPage, DownlinkQuery, ItemSigned
from station.wire.fields import BadMessage
from station.wire.limits import (
    BODY_BYTES_MAX,
    CHUNK_BYTES_MAX,
    DOWNLINK_ITEMS_MAX,
    LOG_ENTRIES_MAX,
    MANIFEST_ENTRIES_MAX,
    MESSAGE_BYTES_MAX,
)
from station.wire.log_pages import GENESIS, LogEntry, LogHead, LogPage, LogReply
from station.wire.manifests import Manifest, ManifestEntry, ManifestReply, MissingBody, UploadState
from station.wire.pairing import PairReply, PairRequest
from station.wire.problems import Problem
from station.wire.receipts import LogAck, Receipt, Refusal
from station.wire.requests import SignedRequest
from station.wire.seals import enrolment_context, print_ready_record_context
from station.wire.signed import Signed

__all__ = [
    "BODY_BYTES_MAX",
    "CHUNK_BYTES_MAX",
    "DOWNLINK_ITEMS_MAX",
    "GENESIS",
    "LOG_ENTRIES_MAX",
    "MANIFEST_ENTRIES_MAX",
    "MESSAGE_BYTES_MAX",
    "BadMessage",
    "DownlinkItem",
    "DownlinkKind",
    "DownlinkPage",
    "DownlinkQuery",
    "ItemSigned",
    "LogAck",
    "LogEntry",
    "LogHead",
    "LogPage",
    "LogReply",
    "Manifest",
    "ManifestEntry",
    "ManifestReply",
    "MissingBody",
    "PairReply",
    "PairRequest",
    "Problem",
    "Receipt",
    "Refusal",
    "Signed",
    "SignedRequest",
    "UploadState",
    "enrolment_context",
    "print_ready_record_context",
]
