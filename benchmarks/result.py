"""What a benchmark says: one number, what it is compared with, and whether that is good enough."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`measured` and `against` are in `unit`; good enough is `measured` ≤ `limit` (same unit), None: just told."""

    name: str
    measured: float
    unit: str
    against: str = ""
    limit: float | None = None

    @property
    def good(self) -> bool:
        return self.limit is None or self.measured <= self.limit

    def line(self) -> str:
        """Return the row of the table that `make bench` prints."""
        bound = "" if self.limit is None else f"  at most {self.limit:.3g}"
        verdict = "ok" if self.good else "TOO MUCH"
        return f"{self.name:<44} {self.measured:>10.3g} {self.unit:<8}{bound:<18} {verdict:<9} {self.against}".rstrip()
