"""APDUs, status words, BER-TLV and secure messaging; no I/O."""
