"""The time it is in the sandbox."""

from datetime import datetime

from ec2kit.sandbox.world import current


def now() -> datetime:
    """Return the sandbox's time: aware, UTC."""
    return current().clock.now()
