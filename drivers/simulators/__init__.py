"""Hosts any simulator in its own process, behind the transport that the real device would use."""
