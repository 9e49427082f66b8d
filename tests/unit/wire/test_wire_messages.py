"""Messages come back as they went; anything else is refused with the field's name; signatures hold for one thing."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.events import BlanksReceived, EnrolmentOpened
from station.sealing.signatures import BadSignature, generate_issuer_key, generate_signing_key
from station.sealing.suites import generate_sealing_key
from station.store.event_log import SqliteEventLog
from station.wire import (
    GENESIS,
    BadMessage,
    DownlinkItem,
    DownlinkPage,
    DownlinkQuery,
    ItemSigned,
    LogAck,
    LogEntry,
    LogHead,
    LogPage,
    LogReply,
    Manifest,
    ManifestEntry,
    ManifestReply,
    MissingBody,
    PairReply,
    PairRequest,
    Problem,
    Receipt,
    Refusal,
    Signed,
    SignedRequest,
    UploadState,
)
from station.wire.pairing import code_from, proof_key

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
SHA = "ab" * 32
KEY, OTHER_KEY = generate_signing_key(), generate_signing_key()
SEALING, ISSUER = generate_sealing_key(2), generate_issuer_key()
CODE = "7K2Q-F0M9-7K2Q-F0M9"

RECEIPT = Receipt("s-1", 1, "r-1", SHA, 10, AT, 1, 7, SHA)
ITEM = DownlinkItem("s-1", 3, "status", "r-1", AT, {"status": "RECEIVED_AT_CENTRAL", "n": 1})
ENTRY = LogEntry(1, 1, "2026-01-02T03:04:05.678+00:00", "blanks_received", 1, {"count": 3}, SHA)
REQUEST = PairRequest(KEY.public, SEALING.public, bytes(16)).proven(proof_key(CODE))
REPLY = PairReply("c-1", "s-1", KEY.public, SEALING.public, ISSUER.public).proven(proof_key(CODE), REQUEST)
PAGE = LogPage("s-1", (ENTRY,), LogHead("s-1", 1, 1, SHA).signed(KEY), ("r-1",))

Decoder = Callable[[bytes], Any]
MESSAGES: list[tuple[Any, Decoder]] = [
    (Manifest("s-1", (ManifestEntry("r-1", SHA, 10),)), Manifest.decode),
    (ManifestReply((MissingBody(SHA, 5),)), ManifestReply.decode),
    (UploadState(5, complete=False), UploadState.decode),
    (PAGE, LogPage.decode),
    (LogReply(LogAck("s-1", 1, 1, SHA).signed(KEY), (RECEIPT.signed(KEY),), ()), LogReply.decode),
    (DownlinkPage((ItemSigned(ITEM.signed(KEY), b"body"),), more=True), DownlinkPage.decode),
    (REQUEST, PairRequest.decode),
    (REPLY, PairReply.decode),
    (Problem("busy", "later", 3), Problem.decode),
    (RECEIPT.signed(KEY), Signed.decode),
]
DECODERS = [decode for _, decode in MESSAGES]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("message", "decode"), MESSAGES)
def test_message_comes_back_as_it_went(message: Any, decode: Decoder) -> None:
    assert decode(message.encode()) == message


@pytest.mark.parametrize("decode", DECODERS)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_with_one_kind_of_error(decode: Decoder, data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(data)


@pytest.mark.parametrize(("message", "decode"), MESSAGES)
@settings(max_examples=60)
@given(data=st.data())
def test_message_with_one_field_exchanged_is_read_or_refused(
    message: Any, decode: Decoder, data: st.DataObject
) -> None:
    value = json.loads(message.encode())
    spots = list(_spots(value))
    holder, name = data.draw(st.sampled_from(spots))
    holder[name] = data.draw(JSON)
    with contextlib.suppress(BadMessage):
        decode(json.dumps(value).encode())


def _spots(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(value, name) for name in value] + [spot for item in value.values() for spot in _spots(item)]
    if isinstance(value, list):
        return [(value, i) for i in range(len(value))] + [spot for item in value for spot in _spots(item)]
    return []


@pytest.mark.parametrize(
    "text",
    [
        '{"v":1,"complete":true,"offset":1.0}',
        '{"v":1,"complete":true,"offset":1e3}',
        '{"v":1,"complete":true,"offset":NaN}',
        '{"v":1,"complete":true,"offset":true}',
        '{"v":1,"complete":true,"offset":-1}',
        '{"v":1,"complete":true,"offset":' + "9" * 5000 + "}",
        '{"v":1,"complete":true,"offset":1,"offset":2}',
        '{"v":2,"complete":true,"offset":1}',
        '{"complete":true,"offset":1}',
        '{"v":1,"complete":true,"offset":1,"x":"\\ud800"}',
        '{"v":1,"complete":true,"offset":1,"x":' + "[" * 40 + "]" * 40 + "}",
        "[" * 100_000,
        '{"v":1,"complete":true,"offset":1}' + " " * (5 * 1024 * 1024),
    ],
)
def test_what_json_allows_and_a_message_does_not_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        UploadState.decode(text.encode())


def test_field_that_a_newer_side_adds_is_passed_over() -> None:
    assert UploadState.decode(b'{"complete":true,"new":"x","offset":1,"v":1}') == UploadState(1, complete=True)


def test_manifest_of_too_many_records_is_refused() -> None:
    entries = tuple(ManifestEntry(f"r-{i}", SHA, 1) for i in range(501))
    with pytest.raises(BadMessage, match="more than 500"):
        Manifest.decode(Manifest("s-1", entries).encode())


def test_manifest_that_names_a_record_twice_is_refused() -> None:
    with pytest.raises(BadMessage, match="twice"):
        Manifest.decode(Manifest("s-1", (ManifestEntry("r", SHA, 1), ManifestEntry("r", SHA, 2))).encode())


def test_receipt_holds_for_its_signer_only() -> None:
    assert Receipt.verified(RECEIPT.signed(KEY), KEY.public) == RECEIPT
    with pytest.raises(BadSignature):
        Receipt.verified(RECEIPT.signed(OTHER_KEY), KEY.public)
    claimed = dataclasses.replace(RECEIPT.signed(OTHER_KEY), key_id=KEY.key_id)
    with pytest.raises(BadSignature):
        Receipt.verified(claimed, KEY.public)


def test_receipt_with_one_changed_byte_is_forged() -> None:
    signed = RECEIPT.signed(KEY)
    changed = dataclasses.replace(signed, content=signed.content.replace(b'"r-1"', b'"r-2"'))
    with pytest.raises(BadSignature):
        Receipt.verified(changed, KEY.public)


def test_statement_of_one_kind_is_not_another() -> None:
    with pytest.raises(BadSignature):
        Receipt.verified(Refusal("s-1", "r-1", SHA, "no_seal").signed(KEY), KEY.public)
    with pytest.raises(BadSignature):
        LogAck.verified(LogHead("s-1", 1, 1, SHA).signed(KEY), KEY.public)


def test_downlink_item_of_unknown_kind_is_kept_as_it_came() -> None:
    item = dataclasses.replace(ITEM, kind="something_new", facts={"anything": "x"})
    assert DownlinkItem.verified(item.signed(KEY), KEY.public) == item


@pytest.mark.parametrize("query", [DownlinkQuery(after=7), DownlinkQuery(only=(3, 9))])
def test_downlink_query_comes_back(query: DownlinkQuery) -> None:
    assert DownlinkQuery.from_query(query.to_query()) == query


@given(st.text(max_size=30))
def test_any_query_is_read_or_refused(text: str) -> None:
    try:
        DownlinkQuery.from_query(text)
    except BadMessage:
        pass


def _request() -> SignedRequest:
    return SignedRequest.make(
        KEY, "s-1", AT, bytes(16), method="PATCH", target="/v1/bodies/x?y=1", offset="5", body=b"chunk"
    )


def test_signed_request_holds_for_exactly_this_request() -> None:
    asked = SignedRequest.from_headers(_request().headers())
    right = {"method": "PATCH", "target": "/v1/bodies/x?y=1", "offset": "5", "body": b"chunk"}
    asked.verify(KEY.public, **right)  # type: ignore[arg-type]
    for name, other in (("method", "GET"), ("target", "/v1/bodies/x"), ("offset", "6"), ("body", b"chunK")):
        with pytest.raises(BadSignature):
            asked.verify(KEY.public, **(right | {name: other}))  # type: ignore[arg-type]
    for changed in (
        dataclasses.replace(asked, station_id="s-2"),
        dataclasses.replace(asked, nonce="01" * 16),
        dataclasses.replace(asked, at=AT.replace(year=2027)),
    ):
        with pytest.raises(BadSignature):
            changed.verify(KEY.public, **right)  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from(["Ektp-Station", "Ektp-Time", "Ektp-Nonce", "Ektp-Signature"]), st.text()))
def test_any_headers_are_refused_or_read(changes: dict[str, str]) -> None:
    try:
        SignedRequest.from_headers(_request().headers() | changes)
    except BadMessage:
        pass


def test_pairing_is_proven_by_the_code_and_by_nothing_else() -> None:
    key, wrong = proof_key(CODE), proof_key("AAAA-AAAA-AAAA-AAAA")
    assert REQUEST.is_proven(key)
    assert not REQUEST.is_proven(wrong)
    assert REPLY.is_proven(key, REQUEST)
    assert not REPLY.is_proven(wrong, REQUEST)
    exchanged_key = dataclasses.replace(REPLY, signing=OTHER_KEY.public)
    assert not exchanged_key.is_proven(key, REQUEST)
    assert not REPLY.is_proven(key, dataclasses.replace(REQUEST, nonce=b"x" * 16))
    # What the station said cannot be sent back to it as the centre's proof.
    assert not dataclasses.replace(REPLY, proof=REQUEST.proof).is_proven(key, REQUEST)


def test_code_is_forgiven_its_case_gaps_and_likenesses() -> None:
    assert proof_key("7k2q fom9 7K2QF0M9") == proof_key(CODE)
    code = code_from(lambda n: bytes(range(n)))
    assert len(code.replace("-", "")) == 16


def test_entries_follow_as_the_stations_log_chains_them(tmp_path: Any) -> None:
    class Clock:
        def now(self) -> datetime:
            return AT

    with SqliteEventLog(tmp_path, Clock()) as log:
        log.append(BlanksReceived(10, "SJ-1", "op"), EnrolmentOpened("r-1", "listed", "contoh", "op"))
        entries = [
            LogEntry(e.seq, e.epoch, e.at, e.event.kind, e.event.version, e.event.data(), e.hash) for e in log.read()
        ]
    assert [e.follows(p) for e, p in zip(entries, [GENESIS, entries[0].hash], strict=True)] == [True, True]
    assert not dataclasses.replace(entries[1], at="2026-01-02T03:04:05.679+00:00").follows(entries[0].hash)
    assert not entries[1].follows(GENESIS)


def test_log_page_with_a_gap_inside_is_refused() -> None:
    page = dataclasses.replace(PAGE, entries=(ENTRY, dataclasses.replace(ENTRY, seq=3)))
    with pytest.raises(BadMessage, match="does not follow"):
        LogPage.decode(page.encode())
