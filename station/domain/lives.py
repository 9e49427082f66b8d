"""Every lifecycle of the station, in one place: the log checks each event against all that it concerns."""

from __future__ import annotations

from station.domain.card import CARD
from station.domain.enrolment import RECORD
from station.domain.life import Life
from station.domain.print_ready_record import AUTHORISATION
from station.domain.region import REGION_TABLE

LIVES: tuple[Life, ...] = (RECORD, AUTHORISATION, CARD, REGION_TABLE)
