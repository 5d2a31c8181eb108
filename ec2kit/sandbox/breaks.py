"""Breaking things on purpose, and mending them: one numbered list of request faults and conditions of resources."""

from datetime import datetime

from ec2kit.sandbox.world import World


def settle(state: World, now: datetime) -> None:
    """Let what is due begin, and what is over end."""
