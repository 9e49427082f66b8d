"""Drives an Evolis printer: every motion is commanded, none is the printer's own, every failure tells the card's fate.

One lane: calls come from one thread. The printer is told again before each motion that software handles its errors
(`Pem;2`), because a power cycle puts it back to re-running a card by itself. It keeps the bitmaps of the last card, so
every panel of the ribbon is downloaded for each card, empty ones too: otherwise one citizen's panel lands on the card
of another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from drivers.contracts.card_printer import CardPlace, Face, Panel, PrinterFacts, PrinterStatus
from drivers.contracts.errors import (
    CardFate,
    DeviceFault,
    FaultCode,
    LocalProtocolError,
    RemoteProtocolError,
    TransportError,
)
from drivers.printers.evolis import panels
from drivers.printers.evolis.protocol import (
    ReplyReader,
    Verb,
    card_place,
    counter_in,
    encode_command,
    fault_in,
    is_level_high,
)
from drivers.transports.base import Transport

QUERY_TIMEOUT_S = 5.0
READ_BYTES = 4096
RIBBON = tuple(Panel)  # YMCKO: one panel of each a card

Habit = Literal["per_command", "long_lived"]
AfterPrint = Literal["deliver", "hold"]
Clock = Callable[[], float]


class EvolisPrinter:
    """A `CardPrinter` over a `Transport`.

    `habit`: one connection a command, closed by the printer after its reply, as the vendor's own library does over
    TCP; or one that stays open, for USB and serial lines.
    `after_print`: "hold" sends `Pneab;A;0`, which keeps the card inside after `Se` so that it can be read once more.
    The guide of 2004 does not have it; the vendor's present library sends it. A model that refuses it raises before
    anything is printed, and must be set to "deliver".
    `colour_levels`: 256 is what the vendor's library sends to present models; those of the guide take 128 at most.
    """

    def __init__(
        self,
        line: Transport,
        *,
        habit: Habit = "per_command",
        after_print: AfterPrint = "hold",
        colour_levels: int = 256,
        clock: Clock = time.monotonic,
    ) -> None:
        if colour_levels not in panels.BITS_OF_LEVELS or colour_levels == 2:
            raise ValueError(f"colour_levels {colour_levels} is not 32, 64, 128 or 256")
        self._line, self._habit, self._holds, self._levels = line, habit, after_print == "hold", colour_levels
        self._clock = clock
        self._replies = ReplyReader()
        self._facts: PrinterFacts | None = None
        self._ink = CardFate.UNTOUCHED  # what we did to the card that is inside; its chip only the caller knows
        self._jammed = False  # at the last motion; no sensor tells

    # -- the contract -------------------------------------------------------------------------------------------

    def facts(self) -> PrinterFacts:
        if self._facts is None:
            deadline = self._deadline(QUERY_TIMEOUT_S)
            self._facts = PrinterFacts(
                model="evolis",
                device_model=self._query(deadline, Verb.READ_MODEL),
                serial=self._query(deadline, Verb.READ_SERIAL),
                firmware=self._query(deadline, Verb.READ_FIRMWARE),
                dpi=300,
                width_px=panels.WIDTH_PX,
                height_px=panels.HEIGHT_PX,
                panels=RIBBON,
                colour_levels=self._levels,
                encodes_inside=True,
                counts_cards=True,
                holds_card_after_print=self._holds,
            )
        return self._facts

    def status(self, *, timeout_s: float = 5.0) -> PrinterStatus:
        deadline = self._deadline(timeout_s)
        card = self._card(deadline)
        ribbon_left = self._ribbon_left(deadline)
        return PrinterStatus(
            faults=self._faults(deadline, card, ribbon_left),
            card=card,
            cards_in=counter_in(self._query(deadline, Verb.READ_COUNTER, "c")),
            panels_printed=self._panels_printed(deadline),
            ribbon_cards_left=ribbon_left,
        )

    def load_blank(self, *, timeout_s: float = 30.0) -> None:
        deadline = self._deadline(timeout_s)
        card = self._card(deadline)
        if card is CardPlace.AT_ENCODER:
            return
        if card is CardPlace.NONE:
            self._ink = CardFate.UNTOUCHED
        self._bring_to_encoder(deadline, CardFate.UNTOUCHED if card is CardPlace.NONE else self._fate())

    def present_to_encoder(self, *, timeout_s: float = 30.0) -> None:
        deadline = self._deadline(timeout_s)
        card = self._card(deadline)
        if card is CardPlace.NONE:
            raise DeviceFault(FaultCode.NO_CARD, CardFate.IN_DOUBT, "Rlr;p sees no card")
        if card is not CardPlace.AT_ENCODER:
            self._bring_to_encoder(deadline, self._fate())

    def print_front(self, face: Face, *, timeout_s: float = 120.0) -> None:
        for panel, bitmap in face.items():
            panels.check_bitmap(panel, bitmap)
        deadline = self._deadline(timeout_s)
        if self._card(deadline) is CardPlace.NONE:
            raise LocalProtocolError("print_front: no card is loaded")
        self._download(face, deadline)
        self._print(deadline)
        if self._holds:
            self._restore_ejection(deadline)
        else:
            self._see_it_out(deadline)

    def deliver(self, *, timeout_s: float = 30.0) -> None:
        self._take_out(Verb.EJECT, self._deadline(timeout_s))

    def reject(self, *, timeout_s: float = 30.0) -> None:
        self._take_out(Verb.REJECT, self._deadline(timeout_s))

    def close(self) -> None:
        self._line.close()
        self._replies = ReplyReader()

    # -- motions ------------------------------------------------------------------------------------------------

    def _bring_to_encoder(self, deadline: float, fate: CardFate) -> None:
        self._prepare_to_move(deadline)
        self._do(deadline, Verb.FEED_TO_ENCODER, fate=fate)
        self._jammed = False
        if self._card(deadline) is CardPlace.NONE:
            raise DeviceFault(FaultCode.MECHANICAL, CardFate.IN_DOUBT, "Sic said OK, Rlr;p sees no card")

    def _take_out(self, verb: Verb, deadline: float) -> None:
        if self._card(deadline) is CardPlace.NONE:
            return
        self._prepare_to_move(deadline)
        self._do(deadline, verb, fate=self._fate())
        if self._card(deadline) is not CardPlace.NONE:
            raise DeviceFault(FaultCode.CARD_JAM, self._fate(), f"{verb} said OK, Rlr;p still sees a card")
        self._ink, self._jammed = CardFate.UNTOUCHED, False

    def _restore_ejection(self, deadline: float) -> None:
        """For whatever software prints next; the vendor's library does so too."""
        try:
            self._query(deadline, Verb.EJECT_AFTER_PRINT, "A", "1")
        except (TransportError, RemoteProtocolError):
            return  # The print is confirmed, and this driver does not depend on the setting.

    def _see_it_out(self, deadline: float) -> None:
        """`Se` delivers, unless other software left the printer holding cards."""
        try:
            if self._card(deadline) is not CardPlace.NONE:
                self._do(deadline, Verb.EJECT, fate=CardFate.SPENT)
        except (TransportError, RemoteProtocolError):
            return  # The print is confirmed. Where the card is, the next `deliver` finds out.
        self._ink = CardFate.UNTOUCHED

    def _download(self, face: Face, deadline: float) -> None:
        """Everything up to the deed: whatever fails here, nothing is on the card."""
        self._prepare_to_move(deadline)
        self._do(deadline, Verb.RIBBON, "".join(RIBBON))
        self._do(deadline, Verb.START)
        self._do(deadline, Verb.FRONT)
        for panel in RIBBON:
            command = panels.download_command(panel, face.get(panel), colour_levels=self._levels)
            self._check(self._ask(command, deadline), self._ink, f"download of panel {panel}")

    def _print(self, deadline: float) -> None:
        printed_before = self._panels_printed(deadline)
        if self._holds:
            self._do(deadline, Verb.EJECT_AFTER_PRINT, "A", "0")
        try:
            reply = self._ask(encode_command(Verb.END), deadline, CardFate.IN_DOUBT)
        except (TransportError, RemoteProtocolError) as error:
            self._ink = error.card
            raise
        is_printed = fault_in(reply) is None
        self._ink = CardFate.SPENT if is_printed else self._fate_after_failed_print(printed_before)
        self._check(reply, self._ink, Verb.END)

    def _fate_after_failed_print(self, printed_before: int | None) -> CardFate:
        """The panel counter has moved: there is ink. It has not, or cannot be read: only a look at the card tells."""
        try:
            printed = self._panels_printed(self._deadline(QUERY_TIMEOUT_S))
        except (TransportError, RemoteProtocolError):
            return CardFate.IN_DOUBT
        is_inked = printed is not None and printed_before is not None and printed > printed_before
        return CardFate.SPENT if is_inked else CardFate.IN_DOUBT

    def _prepare_to_move(self, deadline: float) -> None:
        self._do(deadline, Verb.SOFTWARE_HANDLES_ERRORS, "2")
        # Clears the memory of an error that a person has put right; one that persists shows again in the motion itself.
        self._ask(encode_command(Verb.CLEAR_ERROR), deadline)

    def _fate(self) -> CardFate:
        """Of a card that is inside and would not move: its chip may be written, which only the caller knows."""
        return CardFate.SPENT if self._ink is CardFate.SPENT else CardFate.IN_DOUBT

    # -- looks --------------------------------------------------------------------------------------------------

    def _card(self, deadline: float) -> CardPlace:
        return card_place(self._query(deadline, Verb.READ_LEVEL, "p"))

    def _faults(self, deadline: float, card: CardPlace, ribbon_left: int | None) -> tuple[FaultCode, ...]:
        cover_closed = is_level_high(self._query(deadline, Verb.READ_SENSOR, "o"))
        feeder_filled = is_level_high(self._query(deadline, Verb.READ_SENSOR, "f"))
        found = {
            FaultCode.COVER_OPEN: cover_closed is False,
            FaultCode.CARD_JAM: self._jammed and card is not CardPlace.NONE,
            FaultCode.HOPPER_EMPTY: feeder_filled is False,
            FaultCode.RIBBON_OUT: ribbon_left == 0,
            FaultCode.REJECT_BOX_FULL: self._query(deadline, Verb.READ_LEVEL, "h") == "CARD",
            FaultCode.CLEANING_DUE: fault_in(self._query(deadline, Verb.READ_LEVEL, "c")) is FaultCode.CLEANING_DUE,
        }
        return tuple(code for code, is_so in found.items() if is_so)

    def _ribbon_left(self, deadline: float) -> int | None:
        return counter_in(self._query(deadline, Verb.READ_RIBBON, "count"))

    def _panels_printed(self, deadline: float) -> int | None:
        return counter_in(self._query(deadline, Verb.READ_COUNTER, "p"))

    # -- one command, one reply ---------------------------------------------------------------------------------

    def _query(self, deadline: float, verb: Verb, *parameters: str) -> str:
        return self._ask(encode_command(verb, *parameters), deadline)

    def _do(self, deadline: float, verb: Verb, *parameters: str, fate: CardFate | None = None) -> None:
        """`fate` is that of the card when the printer says no to a motion. If it says nothing, the card is in doubt."""
        unheard = None if fate is None else CardFate.IN_DOUBT
        self._check(self._ask(encode_command(verb, *parameters), deadline, unheard), fate or self._ink, verb)

    def _check(self, reply: str, fate: CardFate, deed: str) -> None:
        code = fault_in(reply)
        if code is None:
            return
        self._jammed = code is FaultCode.CARD_JAM or self._jammed
        if code is FaultCode.RIBBON_OUT:
            code = self._which_ribbon_fault()
        raise DeviceFault(code, fate, f"{deed}: {reply}")

    def _which_ribbon_fault(self) -> FaultCode:
        try:
            left = self._ribbon_left(self._deadline(QUERY_TIMEOUT_S))
        except (TransportError, RemoteProtocolError):
            return FaultCode.RIBBON_OUT
        return FaultCode.RIBBON_MISMATCH if left else FaultCode.RIBBON_OUT

    def _ask(self, command: bytes, deadline: float, unheard: CardFate | None = None) -> str:
        """`unheard`: the fate of the card if the command left us and no readable reply came; None: touches no card."""
        left_s = deadline - self._clock()
        if left_s <= 0:
            raise TransportError(self._line.endpoint, "no time left before the deadline", card=self._ink)
        try:
            self._line.write(command, timeout_s=left_s)
            return self._read_reply(deadline)
        except TransportError as error:
            self.close()
            fate = self._ink if unheard is None or error.card is CardFate.UNTOUCHED else unheard
            raise TransportError(error.endpoint, error.reason, card=fate) from error
        except RemoteProtocolError as error:
            self.close()
            raise RemoteProtocolError(str(error), error.raw, card=unheard or self._ink) from error

    def _read_reply(self, deadline: float) -> str:
        if self._habit == "per_command":
            self._line.half_close()
        replies: list[str] = []
        while not replies:
            # A deadline already past still gets one short look: the reply may be here.
            data = self._line.read(READ_BYTES, timeout_s=max(0.001, deadline - self._clock()))
            if not data:
                self._replies.end()
                raise TransportError(self._line.endpoint, "closed without a reply")
            replies = self._replies.receive(data)
        if len(replies) > 1:
            raise RemoteProtocolError("reply: more than one to a single command", "|".join(replies).encode())
        if self._habit == "per_command":
            self.close()
        return replies[0]

    def _deadline(self, timeout_s: float) -> float:
        return self._clock() + timeout_s
