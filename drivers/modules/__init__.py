"""Secure access modules, one folder a model."""
