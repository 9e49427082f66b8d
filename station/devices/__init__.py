"""The live bench: each device on its own lane, watched and reopened, with its health told to the screens."""
