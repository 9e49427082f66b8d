"""Card printers, one folder a model."""
