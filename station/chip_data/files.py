"""The files of one chip, first without and then with the issuer's signature over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drivers.contracts.chip_profile import ChipFiles
from drivers.contracts.parts import Finger
from station.chip_data.biodata_text import BadBiodataText, biodata_text
from station.domain.citizen import Biodata
from station.sealing.signatures import IssuerKey


def chip_files(
    biodata: Biodata, photo: bytes, signature: bytes, minutiae: tuple[bytes, ...], fingers: Sequence[Finger] = ()
) -> ChipFiles:
    """Not signed yet. `fingers` says which finger each template is of; without it the list leaves them empty."""
    if fingers and len(fingers) != len(minutiae):
        raise BadBiodataText(f"finger_1: {len(fingers)} positions for {len(minutiae)} templates")
    return ChipFiles(
        photo=photo,
        biodata=biodata_text(biodata, fingers),
        signature=signature,
        minutiae=minutiae,
        issuer_signature=b"",
    )


def signed(files: ChipFiles, issuer: IssuerKey) -> ChipFiles:
    return replace(files, issuer_signature=issuer.sign(files.signed_content()))
