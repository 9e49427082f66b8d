"""Talks to machines: bytes, APDUs and images; never citizens or records."""
