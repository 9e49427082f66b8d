"""Seals, signatures and the keys behind them: suite and key id stand in every header, so both can be changed."""
