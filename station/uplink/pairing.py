"""Pairing: with a one-time code the station learns the centre's keys, pins them, and is known there from then on."""

from __future__ import annotations

from yarl import URL

from station.ports import Random
from station.sealing.signatures import VerifyKey
from station.sealing.suites import SealingPublicKey
from station.uplink.identity import Pairing
from station.uplink.link import CentreAway, client, exchanged
from station.wire.fields import BadMessage
from station.wire.pairing import PairReply, PairRequest, proof_key
from station.wire.problems import Problem

_NONCE_BYTES = 16
_ANSWER_BYTES_MAX = 16 * 1024


class PairingFailed(Exception):
    """No key was pinned. `code`: "away", "bad_answer", "not_proven", or the centre's own, as "pairing_refused"."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


async def pair(
    endpoint: str, code: str, signing: VerifyKey, sealing: SealingPublicKey, *, random: Random
) -> Pairing:
    """`PairingFailed`. When the answer was lost, the same code may be tried again with the same keys."""
    key = proof_key(code)
    request = PairRequest(signing, sealing, random(_NONCE_BYTES)).proven(key)
    reply = _decoded(await _posted(endpoint, request.encode()))
    if not reply.is_proven(key, request):
        raise PairingFailed("not_proven", "who answered does not know the code")
    return Pairing(reply.centre_id, reply.station_id, reply.signing, reply.sealing, reply.issuer)


async def _posted(endpoint: str, body: bytes) -> bytes:
    url = URL(endpoint.rstrip("/") + "/v1/pair", encoded=True)
    try:
        async with client() as session:
            answer = await exchanged(session, "POST", url, body, {}, bytes_max=_ANSWER_BYTES_MAX)
    except CentreAway as away:
        raise PairingFailed("away", away.away.reason) from None
    if answer.status == 200:
        return answer.body
    try:
        problem = Problem.decode(answer.body)
    except BadMessage:
        raise PairingFailed("bad_answer", f"http {answer.status}") from None
    raise PairingFailed(problem.code, problem.detail)


def _decoded(body: bytes) -> PairReply:
    try:
        return PairReply.decode(body)
    except BadMessage as bad:
        raise PairingFailed("bad_answer", str(bad)) from None
