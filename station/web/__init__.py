"""The station's pages on loopback: one module a screen, live by server-sent events, nothing fetched from outside."""
