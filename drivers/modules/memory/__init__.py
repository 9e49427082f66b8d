"""A secure access module in memory, for the demo and for tests: its key comes from a file only the owner can read."""
