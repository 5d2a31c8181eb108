"""Snapshot sets: taken, listed, judged complete, deleted."""
