"""What a station may ask of a device: one Protocol per kind of device, and the values that pass."""
