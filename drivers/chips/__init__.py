"""Kinds of chip, one folder a profile."""
