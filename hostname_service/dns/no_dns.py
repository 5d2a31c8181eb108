"""For fleets whose names are not in DNS: the port, and nothing behind it."""

from __future__ import annotations

from collections.abc import Collection

from hostname_service.dns.port import Records


class NoDns:
    """Says yes to everything, and knows nothing."""

    def claim(self, wanted: Records, previous: Collection[str] = ()) -> None:
        """Do nothing."""

    def claim_reverse(self, wanted: Records) -> None:
        """Do nothing."""

    def release(self, records: Records) -> None:
        """Do nothing."""

    def look(self, fqdn: str) -> Records | None:
        """None."""
        del fqdn
        return None

    def look_reverse(self, address: str) -> str | None:
        """None."""
        del address
        return None
