"""Citizens' data that a stop left behind goes at the next start: nobody else would come back for it.

Drafts go once no recording can go on from them, and a print-ready record once no card of it can come or lie here. The
sealed packages of records are never touched.
"""

from __future__ import annotations

import json
from contextlib import suppress

from station.domain.print_ready_record import AUTHORISATION, AuthorisationState, PrintReadyRecord
from station.ports import EventLog, StoreError, Vault
from station.workflows.draft import DRAFT, Draft

# Not `PRINTED`: its card waits here for its citizen. A card in doubt keeps its authorisation in doubt too.
_OVER = frozenset(
    {
        AuthorisationState.FULFILLED,
        AuthorisationState.EXPIRED,
        AuthorisationState.REVOKED,
        AuthorisationState.WITHDRAWN,
    }
)


def sweep(log: EventLog, vault: Vault, print_ready_record: str) -> None:
    """To be called before anything is recorded, printed or received; safe to repeat.

    `print_ready_record` is the vault's name for an opened one.
    """
    for record_id in vault.records_with(DRAFT):
        with suppress(StoreError):  # one damaged record keeps no station shut: the scrub names it
            draft = Draft(log, vault, record_id)
            if not draft.is_unfinished:
                draft.clear()
                _erase_if_empty(vault, record_id)
    for record_id in vault.records_with(print_ready_record):
        with suppress(StoreError, ValueError):
            if _is_over(log, vault.get(record_id, print_ready_record)):
                vault.drop(record_id, print_ready_record)
                _erase_if_empty(vault, record_id)


def _is_over(log: EventLog, body: bytes) -> bool:
    """One whose reservation is not in the log stays: the line brings it again, or the log is being restored."""
    held = PrintReadyRecord.from_json(json.loads(body))
    subject = log.subject(AUTHORISATION.name, held.authorisation_id)
    return subject is not None and subject.state in _OVER


def _erase_if_empty(vault: Vault, record_id: str) -> None:
    """A key that opens nothing here may still open a copy of what was dropped."""
    if not any(vault.names(record_id)):
        vault.erase(record_id)
