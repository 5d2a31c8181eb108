"""Usage reports and bills, explained: every format AWS sends, read by DuckDB into one form, asked and answered."""
