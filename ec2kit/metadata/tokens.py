"""The session tokens of IMDSv2: each belongs to one instance and expires."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TTL_LIMIT = 21_600
"""Six hours: the longest life AWS grants (EC2 user guide, "Use IMDSv2")."""


def parse_ttl(text: str | None) -> int | None:
    """Given the TTL header, return seconds, or None when it is not a whole number from 1 to 21600."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > len(str(TTL_LIMIT)):
        return None
    seconds = int(text)
    return seconds if 1 <= seconds <= TTL_LIMIT else None


@dataclass
class TokenStore:
    """The tokens given out so far, by instance. It can be pickled with the world that keeps it."""

    _given: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def issue(self, instance_id: str, ttl: int, now: datetime) -> str:
        """Make a token for one instance that lives `ttl` seconds; expired ones are forgotten here."""
        self._given = {token: kept for token, kept in self._given.items() if kept[1] > now}
        # 40 bytes give 56 characters ending in "==", which is what AWS's tokens look like.
        token = secrets.token_urlsafe(40) + "=="
        self._given[token] = (instance_id, now + timedelta(seconds=ttl))
        return token

    def remaining(self, token: str, instance_id: str, now: datetime) -> int | None:
        """Given a token, return its seconds left, or None when it is unknown, another's or expired."""
        owner, expires = self._given.get(token, ("", now))
        if owner != instance_id or expires <= now:
            return None
        return max(1, int((expires - now).total_seconds()))
