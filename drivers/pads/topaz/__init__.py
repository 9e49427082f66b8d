"""Topaz serial signature pads: they send the pen's position while it is near, and ask for nothing."""
