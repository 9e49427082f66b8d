"""The receiving end: bodies and rows durable before a receipt, each record held once, cards only for the single."""
