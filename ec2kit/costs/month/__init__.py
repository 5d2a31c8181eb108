"""This month: what it has cost so far, what drives it, and what it will come to; by the bill, or by what runs."""
