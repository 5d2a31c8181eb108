"""An instance's state and the reasons that EC2 gives for it."""

from datetime import datetime
from typing import Any

from moto.ec2.models.instances import InstanceState, StateReason

CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

USER = "Client.UserInitiatedShutdown"

REASONS = {
    USER: "User initiated shutdown",
    "Client.InstanceInitiatedShutdown": "Instance initiated shutdown",
    "Server.InternalError": "Internal error on launch",
    "Server.ScheduledStop": "Stopped due to a scheduled retirement",
    "Server.SpotInstanceShutdown": "Spot instance shutdown",
    "Server.SpotInstanceTermination": "Spot instance termination",
    "Server.InsufficientInstanceCapacity": "Insufficient capacity to satisfy instance request",
}
"""StateReason codes and texts (API Reference, StateReason)."""


def enter(instance: Any, state: str) -> None:
    """Given an instance and the name of a state, put it there. The old state object stays as it was, because a
    response may still show it as the previous state."""
    instance._state = InstanceState(state, CODES[state])


def explain(instance: Any, code: str, at: datetime) -> None:
    """Given the code of a StateReason and when, write down why the instance leaves its state."""
    instance.state_reason = StateReason(f"{code}: {REASONS.get(code, 'Unknown')}", code)
    # Only a user's own request leaves a transition reason; what AWS does leaves "Server...." here too.
    said = "User initiated" if code == USER else code
    instance._reason = f"{said} ({at:%Y-%m-%d %H:%M:%S} GMT)"


def clear(instance: Any) -> None:
    """A machine that starts has no reasons."""
    instance.state_reason = None
    instance._reason = ""
