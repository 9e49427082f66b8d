"""Biometric records as devices speak them; no I/O."""
