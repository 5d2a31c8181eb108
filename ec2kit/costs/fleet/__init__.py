"""Which reservations would have paid: what ran, hour by hour, what covers it, and what should. Pure."""
