"""What people call things, found in moto's own state. The caller holds the lock."""

from collections.abc import Iterator, Mapping
from typing import Any

from ec2kit.sandbox import ACCOUNT, REGION
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.rules import lookup

ALIVE = frozenset({"pending", "running", "stopping", "stopped"})

# The actions that name instances only by id, so that their zone is that of the instances.
_ON_INSTANCES = frozenset({"StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"})


def named_instances(word: str) -> list[str]:
    """Given an id or a Name, return the ids of the living instances that it means, in any region."""
    found = [instance for backend in lookup.backends() for instance in _meant(backend, word)]
    return [instance.id for instance in found]


def _meant(backend: Any, word: str) -> Iterator[Any]:
    for instance in lookup.instances(backend):
        if instance.state in ALIVE and word in (instance.id, _name(backend, instance.id)):
            yield instance


def volumes_of(instance_id: str) -> list[str]:
    """The ids of the volumes that are attached to an instance."""
    return [
        volume.id
        for backend in lookup.backends()
        for volume in backend.volumes.values()
        if volume.attachment and volume.attachment.instance.id == instance_id
    ]


def facts(call: Call) -> Mapping[str, str]:
    """Given a call, return its `zone`, `type` and `resource`s (ids and Names), each as a list with commas."""
    if call.service != "ec2":
        return {"resource": ",".join(call.params.values())}
    backend = lookup.backend_of(ACCOUNT, call.region or REGION)
    return {
        "zone": ",".join(sorted(zone for zone in _zones(backend, call) if zone)),
        "type": ",".join(value for key, value in call.params.items() if key.endswith("InstanceType")),
        "resource": ",".join(_resources(backend, call)),
    }


def _zones(backend: Any, call: Call) -> set[str]:
    zones = {value for key, value in call.params.items() if key.endswith("AvailabilityZone")}
    for key, value in call.params.items():
        if key.endswith("SubnetId"):
            # moto keeps subnets by zone.
            zones |= {zone for zone, subnets in backend.subnets.items() if value in subnets}
        elif call.action in _ON_INSTANCES and key.startswith("InstanceId"):
            instance = lookup.find(backend, value)
            zones |= {instance.availability_zone} if instance else set()
    return zones


def _resources(backend: Any, call: Call) -> Iterator[str]:
    for value in call.params.values():
        yield value
        name = _name(backend, value)
        if name:
            yield name


def _name(backend: Any, resource_id: str) -> str:
    # `get`, because moto's table makes an entry of what it is asked for.
    return str(backend.tags.get(resource_id, {}).get("Name", ""))
