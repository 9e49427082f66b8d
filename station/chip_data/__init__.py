"""A record and its pictures become the files of the chip: the quoted biodata list, and what the issuer signs."""

from __future__ import annotations

from station.chip_data.biodata_text import FIELDS, BadBiodataText, biodata_text, parse_biodata_text
from station.chip_data.files import chip_files, signed

__all__ = ["FIELDS", "BadBiodataText", "biodata_text", "chip_files", "parse_biodata_text", "signed"]
