"""Before a snapshot of a machine that really runs: what it has written so far goes to its volume first.

EC2 takes a snapshot of what was written to the volume when it was asked for (API Reference, CreateSnapshot). The runner
of a machine holds it for a moment and writes back; that is waited for here, outside the sandbox's lock, since the
runner comes in by another request.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.rules import lookup
from ec2kit.sandbox.world import World

PATIENCE = 30.0
"""Real seconds; after them the snapshot has what the volume has."""

_BY_INSTANCE = {"CreateSnapshots": "InstanceSpecification.InstanceId", "CreateImage": "InstanceId"}


class Practice(Protocol):
    """What is needed of the sandbox's application."""

    world: World

    def settled(self) -> AbstractContextManager[World]:
        """The world under its lock."""


def flush_before(app: Practice, call: Call) -> None:
    """If a call takes snapshots of a machine that really runs, have what it wrote written back first."""
    if call.name != "ec2:CreateSnapshot" and not (call.service == "ec2" and call.action in _BY_INSTANCE):
        return
    with app.settled() as world:
        instance_id = _instance_of(call)
        machine = world.live.runs(instance_id)
        if machine is None or not machine.on:
            return
        machine.flushes += 1
        number, live = machine.flushes, world.live
    live.wait(lambda: machine.flushed >= number or live.is_dead(machine), PATIENCE)


def _instance_of(call: Call) -> str:
    if call.action in _BY_INSTANCE:
        return call.params.get(_BY_INSTANCE[call.action], "")
    volume: Any = next(
        (found for one in lookup.backends() if (found := one.volumes.get(call.params.get("VolumeId")))), None
    )
    return str(volume.attachment.instance.id) if volume is not None and volume.attachment else ""
