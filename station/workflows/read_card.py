"""Reading a card on the desk: who it is for, whether everything on it is signed by the issuer, and its templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.contracts.chip_profile import ChipFiles, ChipIdentity, ChipLife, ChipProfile, converse
from drivers.contracts.chip_reader import ChipReader
from drivers.contracts.errors import CardFate, DeviceFault, FaultCode
from drivers.contracts.secure_access_module import SecureAccessModule
from station.sealing.signatures import BadSignature, IssuerPublicKey

CHIP_TIMEOUT_S = 10.0
APDU_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, repr=False)
class CardReading:
    """What was read. `genuine` says that the issuer's signature holds over all of it."""

    identity: ChipIdentity
    files: ChipFiles
    genuine: bool

    @property
    def chip_id(self) -> str:
        return self.identity.identifier.hex()


def read_card(
    reader: ChipReader,
    profile: ChipProfile,
    open_module: Callable[[], SecureAccessModule],
    issuer: IssuerPublicKey,
    *,
    timeout_s: float = CHIP_TIMEOUT_S,
) -> CardReading:
    """Raises `DeviceFault`: no chip in time, a foreign chip, one that was never completed, or refused keys."""
    reader.connect(timeout_s=timeout_s)

    def transmit(apdu: bytes) -> bytes:
        return reader.transmit(apdu, timeout_s=APDU_TIMEOUT_S)

    identity = converse(profile.identify(), transmit)
    if identity.life is ChipLife.FOREIGN:
        raise DeviceFault(FaultCode.CHIP_FOREIGN, CardFate.UNTOUCHED)
    if identity.life is not ChipLife.PERSONALISED:
        raise DeviceFault(FaultCode.CHIP_DATA_WRONG, CardFate.UNTOUCHED, str(identity.life))
    module = open_module()
    try:
        files = converse(profile.read(module), transmit)
    finally:
        module.close()
        reader.disconnect()
    try:
        issuer.verify(files.issuer_signature, files.signed_content())
    except BadSignature:
        return CardReading(identity, files, genuine=False)
    return CardReading(identity, files, genuine=True)
