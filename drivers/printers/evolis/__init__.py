"""Evolis card printers: escape commands over TCP, after the vendor's public programming guide A5013."""
