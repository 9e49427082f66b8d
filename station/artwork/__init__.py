"""A record and a card layout become a printer's panels; nothing here reads a device, a clock or a store."""
