"""Papers that people take home or sign, as PDF, made from values alone: same values and texts, same bytes."""
