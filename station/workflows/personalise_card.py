"""Making one card: a blank is fed, its chip written and read back, its face printed, and it is delivered or rejected.

The intent stands on disk before each deed. Whatever goes wrong is sorted by what became of the card: untouched (its
blank stays), spent (rejected, spoiled), or in doubt (a person must look). One authorisation never has two cards at
work.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drivers.contracts.card_printer import CardPlace, CardPrinter, Face, PrinterFacts
from drivers.contracts.chip_profile import ChipFiles, ChipIdentity, ChipLife, ChipProfile, Conversation, T, converse
from drivers.contracts.chip_reader import ChipReader
from drivers.contracts.errors import (
    CardFate,
    DeviceError,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.contracts.secure_access_module import SecureAccessModule
from station.domain.events import (
    CardDelivered,
    CardInDoubt,
    CardIntended,
    CardPrinted,
    CardRejected,
    ChipIdentified,
    ChipVerified,
    EncodingIntended,
    FaceMatched,
    FeedFailed,
    PrintingIntended,
    PrintReadyRecordExpired,
    RejectionIntended,
)
from station.domain.life import Refused
from station.domain.print_ready_record import AuthorisationState, PrintReadyRecord
from station.ports import Clock, DeviceAway, EventLog, OnLane, StoreError
from station.sealing.signatures import BadSignature, IssuerPublicKey
from station.workflows.lost_cards import AT_WORK, find_lost_cards

CHIP_WRITES_MAX = 2  # a torn or refused write is begun again on the same chip once, then the card is rejected
APDU_TIMEOUT_S = 5.0
CHIP_TIMEOUT_S = 10.0
# One portrait, recompressed and rendered in dyes, scores 976 and more; a look-alike scored 855.
FACE_MATCH_MILLI_MIN = 900


@dataclass(frozen=True, slots=True)
class PrinterBench:
    """A printer and the reader at its contactless station: one lane, because one card is in both."""

    printer: CardPrinter
    encoder: ChipReader


@dataclass(frozen=True, slots=True)
class CardArtwork:
    """A rendered face, before a blank is fed. `resemblance` compares a JPEG with the portrait on the face, 0..1."""

    face: Face
    template_sha256: str
    resemblance: Callable[[bytes], float]


class CardOutcome(StrEnum):
    DELIVERED = "delivered"
    REJECTED = "rejected"  # spoiled: the authorisation may be tried again
    UNUSED = "unused"  # no blank was used
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class CardResult:
    outcome: CardOutcome
    card_id: str
    reason: str = ""


class NotPrintable(Exception):
    """Nothing was begun: no blank was fed and nothing is in doubt. `code` is a key of the language files."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class CardWorkshop:
    """All that making a card needs. `draw` renders a record for a printer; `open_module` gives the chip's keys."""

    log: EventLog
    bench: OnLane[PrinterBench]
    profile: ChipProfile
    open_module: Callable[[], SecureAccessModule]
    issuer: IssuerPublicKey
    draw: Callable[[PrintReadyRecord, PrinterFacts], CardArtwork]
    clock: Clock
    step: Callable[[str, str], None]


class _Spoiled(Exception):
    """The card cannot become good: it is rejected."""


def make_card(workshop: CardWorkshop, record: PrintReadyRecord, card_id: str) -> CardResult:
    """One attempt at one card for `record`, to its end. `NotPrintable` when nothing was begun."""
    try:
        return workshop.bench.run(lambda bench: _Attempt(workshop, bench, record, card_id).run())
    except DeviceAway as away:
        raise NotPrintable("printer_away", away.reason) from away


def check_authorisation(log: EventLog, record: PrintReadyRecord, clock: Clock) -> None:
    """One card per authorisation, only while it is reserved here and not expired; expiry becomes a fact.

    A clock behind the last event is doubtful: by it nothing expires and nothing is printed.
    """
    last, _ = log.head()
    if any(clock.now() < datetime.fromisoformat(entry.at) for entry in log.read(after_seq=last - 1, limit=1)):
        raise NotPrintable("clock_doubtful")
    subject = log.subject("authorisation", record.authorisation_id)
    if subject is None:
        raise NotPrintable("unknown_authorisation", record.authorisation_id)
    if subject.state == AuthorisationState.RESERVED and clock.now() >= record.valid_until:
        log.append(PrintReadyRecordExpired(record.authorisation_id))
        raise NotPrintable("expired", record.authorisation_id)
    if subject.state != AuthorisationState.RESERVED:
        raise NotPrintable(_NOT_NOW[AuthorisationState(subject.state)], record.authorisation_id)


_NOT_NOW = {
    AuthorisationState.AT_WORK: "in_doubt",
    AuthorisationState.IN_DOUBT: "in_doubt",
    AuthorisationState.PRINTED: "already_printed",
    AuthorisationState.FULFILLED: "already_printed",
    AuthorisationState.EXPIRED: "expired",
    AuthorisationState.REVOKED: "revoked",
    AuthorisationState.WITHDRAWN: "revoked",
}


class _Attempt:
    """One attempt on the bench's lane, from the checks that need no blank to the card's end."""

    def __init__(self, workshop: CardWorkshop, bench: PrinterBench, record: PrintReadyRecord, card_id: str) -> None:
        self.shop, self.printer, self.encoder = workshop, bench.printer, bench.encoder
        self.log, self.record, self.card_id = workshop.log, record, card_id
        self.place = workshop.bench.name
        self.step = workshop.step
        self.module: SecureAccessModule

    def run(self) -> CardResult:
        find_lost_cards(self.log, self.place)  # this is the printer's lane: nobody else can be at work on it
        check_authorisation(self.log, self.record, self.shop.clock)
        artwork, cards_in = self._prepare()
        try:
            self.log.append(
                CardIntended(self.card_id, self.record.authorisation_id, self.place, artwork.template_sha256, cards_in)
            )
            return self._make(artwork, cards_in)
        except _Spoiled as spoiled:
            return self._reject(str(spoiled))
        except DeviceError as error:
            return self._after_error(error)
        except BaseException as error:
            self._doubt_after(error)
            raise
        finally:
            self.module.close()

    def _doubt_after(self, error: BaseException) -> None:
        """Whatever else happens, a disk that fills up or a bug: a card at work is shown as in doubt, if that still can
        be written. If not, the next card on this lane, or the next start, does it."""
        if self._state() in AT_WORK:
            with suppress(StoreError, Refused):
                self._doubt(type(error).__name__)

    def _prepare(self) -> tuple[CardArtwork, int]:
        """Everything that can be known before a blank is fed: fit, signature, artwork, keys, supplies, books."""
        try:
            facts, status = self.printer.facts(), self.printer.status()
        except DeviceError as error:
            raise NotPrintable("printer_away", str(error)) from error
        if status.faults:
            raise NotPrintable(f"fault.{status.faults[0]}", f"remedy.{status.faults[0]}")
        if status.card is not CardPlace.NONE:
            raise NotPrintable("card_left_in_printer")
        if self.log.in_printer(self.place) < 1:
            raise NotPrintable("no_blanks_in_books")
        self._check_record()
        artwork = self.shop.draw(self.record, facts)
        try:
            self.module = self.shop.open_module()
        except DeviceAway as away:
            raise NotPrintable("module_away", away.reason) from away
        self.step("card_prepared", f"template {artwork.template_sha256[:12]}")
        return artwork, -1 if status.cards_in is None else status.cards_in

    def _check_record(self) -> None:
        try:
            self.shop.profile.check_fits(self.record.chip)
            self.shop.issuer.verify(self.record.chip.issuer_signature, self.record.chip.signed_content())
        except DeviceFault as fault:
            raise NotPrintable(f"fault.{fault.code}", fault.detail) from fault
        except BadSignature as bad:
            raise NotPrintable("issuer_signature_wrong") from bad

    def _make(self, artwork: CardArtwork, cards_in: int) -> CardResult:
        self.printer.load_blank()
        identity = self._identify()
        self._bind(identity)
        written = self._encode(identity)
        self._match(artwork, written)
        self.log.append(PrintingIntended(self.card_id))
        self.printer.print_front(artwork.face)
        self._confirm_printed(cards_in)
        if self.printer.facts().holds_card_after_print:
            self._look_again(artwork, identity)
            self.printer.deliver()
        self.log.append(CardDelivered(self.card_id, self.record.authorisation_id, self.place))
        self.step("card_delivered", "")
        return CardResult(CardOutcome.DELIVERED, self.card_id)

    # --- the chip ---

    def _talk(self, conversation: Conversation[T]) -> T:
        return converse(conversation, lambda apdu: self.encoder.transmit(apdu, timeout_s=APDU_TIMEOUT_S))

    def _identify(self) -> ChipIdentity:
        try:
            self.encoder.connect(timeout_s=CHIP_TIMEOUT_S)
            identity = self._talk(self.shop.profile.identify())
        except DeviceFault as fault:
            raise _Spoiled(f"fault.{fault.code}") from fault
        self.step("blank_fed", f"chip {identity.identifier.hex()}")
        return identity

    def _bind(self, identity: ChipIdentity) -> None:
        try:
            self.log.append(ChipIdentified(self.card_id, identity.identifier.hex()))
        except Refused as refused:
            raise _Spoiled("chip_bound_to_another_card") from refused
        if identity.life is not ChipLife.BLANK:
            raise _Spoiled(f"chip_{identity.life}")

    def _encode(self, identity: ChipIdentity) -> ChipFiles:
        self.log.append(EncodingIntended(self.card_id))
        for tries_left in reversed(range(CHIP_WRITES_MAX)):
            try:
                written = self._write_and_read_back(identity)
            except (DeviceFault, TransportError, RemoteProtocolError) as error:
                if not tries_left:
                    raise _Spoiled(f"chip_not_written: {type(error).__name__}") from error
                self.step("chip_write_again", type(error).__name__)
                self._same_chip_again(identity)
            else:
                self.log.append(ChipVerified(self.card_id))
                self.step("chip_verified", f"{sum(map(len, (written.photo, written.biodata)))} B")
                return written
        raise AssertionError("the last try returns or raises")

    def _write_and_read_back(self, identity: ChipIdentity) -> ChipFiles:
        self._talk(self.shop.profile.write(self.record.chip, self.module))
        self.encoder.connect(timeout_s=CHIP_TIMEOUT_S)  # a fresh session: what is read is what was stored
        written = self._talk(self.shop.profile.read(self.module))
        if written != self.record.chip:
            raise DeviceFault(FaultCode.CHIP_DATA_WRONG, CardFate.SPENT, identity.identifier.hex())
        return written

    def _same_chip_again(self, identity: ChipIdentity) -> None:
        """After a failed write nothing is known of the chip: look again before a second try."""
        try:
            self.encoder.disconnect()
            self.encoder.connect(timeout_s=CHIP_TIMEOUT_S)
            found = self._talk(self.shop.profile.identify())
        except (DeviceFault, TransportError, RemoteProtocolError) as error:
            raise _Spoiled(f"chip_lost: {type(error).__name__}") from error
        if found.identifier != identity.identifier or found.life not in (ChipLife.BLANK, ChipLife.INCOMPLETE):
            raise _Spoiled("chip_changed")

    def _match(self, artwork: CardArtwork, written: ChipFiles) -> None:
        """Chip and face of one person: the picture read from the chip against the face that will be printed."""
        score = round(artwork.resemblance(written.photo) * 1000)
        if score < FACE_MATCH_MILLI_MIN:
            raise _Spoiled("chip_and_face_differ")
        self.log.append(FaceMatched(self.card_id, score))
        self.step("face_matched", f"{score / 1000:.3f}")

    # --- the face ---

    def _confirm_printed(self, cards_in_before: int) -> None:
        status = self.printer.status()
        counted = status.cards_in if status.cards_in is not None else -1
        if cards_in_before < 0 or counted != cards_in_before + 1:
            # Without a counter nobody but a person can say that a card came out.
            raise TransportError(self.place, f"card counter went {cards_in_before} -> {counted}, one card was expected")
        self.log.append(CardPrinted(self.card_id, counted, "counter"))
        self.step("card_printed", f"counter {counted}")

    def _look_again(self, artwork: CardArtwork, identity: ChipIdentity) -> None:
        """The printed card goes back to the encoder: it must still be the same chip with the same picture."""
        self.printer.present_to_encoder()
        try:
            self.encoder.connect(timeout_s=CHIP_TIMEOUT_S)
            found = self._talk(self.shop.profile.identify())
            photo = self._talk(self.shop.profile.read_photo())
        except (DeviceFault, RemoteProtocolError) as error:
            raise _Spoiled(f"chip_unreadable_after_print: {type(error).__name__}") from error
        score = round(artwork.resemblance(photo) * 1000)
        if found.identifier != identity.identifier or score < FACE_MATCH_MILLI_MIN:
            raise _Spoiled("chip_and_face_differ")
        self.log.append(FaceMatched(self.card_id, score))

    # --- what became of the card ---

    def _after_error(self, error: DeviceError) -> CardResult:
        if isinstance(error, LocalProtocolError):
            self._doubt(str(error))
            raise error
        if error.card is CardFate.UNTOUCHED and self._state() == "intended" and self._is_empty():
            return self._unused(error)
        if error.card is CardFate.SPENT and isinstance(error, DeviceFault):
            return self._reject(f"fault.{error.code}")
        return self._doubt(str(error) if not isinstance(error, DeviceFault) else f"fault.{error.code}")

    def _is_empty(self) -> bool:
        """The printer says that no card is inside; a printer that says nothing may hold one."""
        try:
            return self.printer.status().card is CardPlace.NONE
        except DeviceError:
            return False

    def _state(self) -> str:
        subject = self.log.subject("card", self.card_id)
        return subject.state if subject else ""

    def _unused(self, error: DeviceError) -> CardResult:
        reason = f"fault.{error.code}" if isinstance(error, DeviceFault) else type(error).__name__
        self.log.append(FeedFailed(self.card_id, self.record.authorisation_id, self.place, reason))
        self.step("feed_failed", reason)
        return CardResult(CardOutcome.UNUSED, self.card_id, reason)

    def _reject(self, reason: str) -> CardResult:
        if self._is_empty():
            return self._doubt(f"{reason}; the card is not inside")  # somebody may have taken it
        self.log.append(RejectionIntended(self.card_id, reason))
        try:
            self.printer.reject()
        except DeviceError as error:
            return self._doubt(f"{reason}; not rejected: {type(error).__name__}")
        self.log.append(CardRejected(self.card_id, self.record.authorisation_id, self.place, reason))
        self.step("card_rejected", reason)
        return CardResult(CardOutcome.REJECTED, self.card_id, reason)

    def _doubt(self, reason: str) -> CardResult:
        self.log.append(CardInDoubt(self.card_id, self.record.authorisation_id, self.place, self._state(), reason))
        self.step("card_in_doubt", reason)
        return CardResult(CardOutcome.IN_DOUBT, self.card_id, reason)
