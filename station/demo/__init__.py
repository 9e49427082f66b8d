"""A day in an office with simulated devices, people and centre, each in its own process: the demonstration."""
