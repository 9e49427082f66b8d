"""Signature pads, one folder a model."""
