"""A contactless reader that exists only on a TCP port: cards connect to it, as they do to vsmartcard's vpcd."""
