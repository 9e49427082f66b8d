"""What a station keeps on its disk: the log, the views made from it, and the vault. Acknowledged means fsynced."""
