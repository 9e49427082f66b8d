"""Chip readers, one folder a model."""
