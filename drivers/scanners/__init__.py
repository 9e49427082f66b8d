"""Fingerprint, iris and face devices, one folder a model."""
