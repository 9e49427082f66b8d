"""A record's life: opened, read out, captured, verified, confirmed, sealed, and received once the centre's receipt is.

The centre's status words are a history beside it (`CentralStatusNoted`), not states here: they may move backwards.
"""

from __future__ import annotations

from enum import StrEnum

from station.domain.events import (
    BiodataCorrected,
    BiodataReadOut,
    CentralStatusNoted,
    CitizenConfirmed,
    EnrolmentAbandoned,
    EnrolmentOpened,
    FingersVerified,
    ModalityCaptured,
    PartMissing,
    RecordReceivedAtCentre,
    RecordSealed,
    RecordSetAside,
    VerificationWaived,
)
from station.domain.life import Life


class RecordState(StrEnum):
    OPEN = "open"
    READ_OUT = "read_out"
    VERIFIED = "verified"
    CONFIRMED = "confirmed"
    SEALED = "sealed"  # finished, waits for the line
    SET_ASIDE = "set_aside"  # the centre refused it: a person must look
    RECEIVED = "received"  # the centre's receipt is here
    ABANDONED = "abandoned"


_S = RecordState

RECORD = Life(
    name="record",
    id_field="record_id",
    table={
        None: {EnrolmentOpened: _S.OPEN},
        _S.OPEN: {
            BiodataCorrected: _S.OPEN,
            BiodataReadOut: _S.READ_OUT,
            EnrolmentAbandoned: _S.ABANDONED,
        },
        _S.READ_OUT: {
            BiodataCorrected: _S.READ_OUT,
            PartMissing: _S.READ_OUT,
            ModalityCaptured: _S.READ_OUT,
            FingersVerified: _S.VERIFIED,
            VerificationWaived: _S.VERIFIED,
            EnrolmentAbandoned: _S.ABANDONED,
        },
        _S.VERIFIED: {CitizenConfirmed: _S.CONFIRMED, EnrolmentAbandoned: _S.ABANDONED},
        _S.CONFIRMED: {RecordSealed: _S.SEALED, EnrolmentAbandoned: _S.ABANDONED},
        _S.SEALED: {
            RecordReceivedAtCentre: _S.RECEIVED,
            RecordSetAside: _S.SET_ASIDE,
            CentralStatusNoted: _S.SEALED,
        },
        _S.SET_ASIDE: {RecordReceivedAtCentre: _S.RECEIVED, CentralStatusNoted: _S.SET_ASIDE},
        _S.RECEIVED: {CentralStatusNoted: _S.RECEIVED},
    },
    ends=frozenset({_S.RECEIVED, _S.ABANDONED}),
)
