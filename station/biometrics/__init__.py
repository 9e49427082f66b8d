"""Pure image work: what a frame is worth, what its minutiae are, and whether two captures are of one person."""
