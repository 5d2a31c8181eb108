"""The one-time token that goes with a name: whoever shows it is the machine that the name was given to."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from hostname_service.model import MachineKey

DOMAIN = "ec2kit hostname service: token for Puppet, 1"
"""The secret may come to be used for something else: what is made for that is never a token."""


def token_of(secret: bytes, machine: MachineKey, pending_time: datetime, fqdn: str) -> str:
    """Given the service's secret, return the token of a machine's start under a name; the same each time.

    HMAC-SHA256 in hex behind a `t`, so that YAML never takes it for a number. Nothing of it is kept anywhere.
    """
    began = pending_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = (DOMAIN, machine.account, machine.instance_id, began, fqdn)
    # Each with its length: two lists of parts never become the same bytes.
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (text.encode() for text in parts))
    return "t" + hmac.new(secret, message, hashlib.sha256).hexdigest()


def same_token(one: str, other: str) -> bool:
    """Whether two tokens are the same; how long it takes says nothing of where they differ."""
    return bool(one) and hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
