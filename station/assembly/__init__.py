"""The only place where concrete drivers, stores and links are named and joined."""
