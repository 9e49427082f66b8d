"""What is true in an office, whatever the machines do: pure values and tables, no I/O, clock, chance or async."""
