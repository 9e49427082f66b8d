"""Bytes in and out with a deadline; the operating system's errors are translated here, once."""
