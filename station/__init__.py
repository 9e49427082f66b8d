"""The KTP-el station: records a citizen, writes and prints the card, and never loses either."""

__version__ = "0.1.0"
