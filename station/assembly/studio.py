"""From a print-ready record to the face that a printer prints, and how much a chip's picture is like that face."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date

import numpy as np
from PIL import Image

from drivers.contracts.card_printer import PrinterFacts
from station.artwork.card_data import CardData
from station.artwork.errors import ArtworkError, TooLong
from station.artwork.panels import recompose
from station.artwork.rendering import render
from station.artwork.template import CardTemplate
from station.biometrics.decoding import decode_rgb
from station.biometrics.face import resemblance
from station.biometrics.signature import unpack_ink
from station.biometrics.verdicts import Modality, UnusableInput
from station.domain.print_ready_record import PrintReadyRecord
from station.workflows.personalise_card import CardArtwork, NotPrintable


@dataclass(frozen=True, slots=True)
class Studio:
    """Draws faces from one template; `place` and `issued_on` stand under the photo."""

    template: CardTemplate
    place: str

    def draw(self, record: PrintReadyRecord, facts: PrinterFacts, issued_on: date) -> CardArtwork:
        """`NotPrintable` when a value needs a person, or the printer cannot print this template."""
        try:
            signature = _signature_png(record.signature)
            data = CardData(record.biodata, record.photo, signature, self.place, issued_on)
            card = render(self.template, data, facts)
        except TooLong as long:
            raise NotPrintable("text_too_long", str(long)) from long
        except (ArtworkError, UnusableInput) as error:
            raise NotPrintable("artwork", str(error)) from error
        left, top, right, bottom = card.photo_box_px
        printed = recompose(card.face)[top:bottom, left:right]

        def like(jpeg: bytes) -> float:
            try:
                return resemblance(decode_rgb(jpeg, "jpeg", Modality.FACE), printed)
            except UnusableInput:
                return 0.0

        return CardArtwork(card.face, card.template_sha256, like)


def _signature_png(packed: bytes) -> bytes | None:
    if not packed:
        return None
    ink = np.where(unpack_ink(packed), 0, 255).astype(np.uint8)
    png = io.BytesIO()
    Image.fromarray(ink).save(png, "PNG")
    return png.getvalue()
