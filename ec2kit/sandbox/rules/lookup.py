"""Finding instances: by an index instead of a scan, with EC2's errors for malformed and unknown ids."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import InstanceBackend

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import refusal

_INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")


def backends() -> Iterator[Any]:
    """Yield the EC2 backend of each account and region that has been used."""
    for regions in list(ec2_backends.values()):
        yield from list(regions.values())


def backend_of(account: str, region: str) -> Any:
    """Given an account and a region, return moto's EC2 backend for them."""
    return ec2_backends[account][region]


def instances(backend: Any) -> Iterator[Any]:
    """Yield every instance of a backend, in the order of launch."""
    for reservation in list(backend.reservations.values()):
        yield from list(reservation.instances)


def find(backend: Any, instance_id: str) -> Any | None:
    """Given an id, return the instance, or None if there is none (or it has vanished)."""
    index: dict[str, Any] = backend.__dict__.setdefault("instance_index", {})
    if instance_id not in index:
        for instance in instances(backend):
            index.setdefault(instance.id, instance)
    return index.get(instance_id)


def remember(backend: Any, instance: Any) -> None:
    """Put a new instance into the index."""
    backend.__dict__.setdefault("instance_index", {})[instance.id] = instance


def forget(backend: Any, instance_id: str) -> None:
    """Remove a vanished instance from its reservation and the index."""
    backend.__dict__.setdefault("instance_index", {}).pop(instance_id, None)
    for key, reservation in list(backend.reservations.items()):
        if any(instance.id == instance_id for instance in reservation.instances):
            reservation.instances = [one for one in reservation.instances if one.id != instance_id]
            if not reservation.instances:
                del backend.reservations[key]
            return


def named(backend: Any, instance_ids: Sequence[str]) -> list[Any]:
    """Given ids, return their instances in the order asked; one malformed or unknown id fails the whole.

    Raises InvalidInstanceID.Malformed or InvalidInstanceID.NotFound, whose text names the ids (API Reference,
    "Common client errors").
    """
    malformed = [one for one in instance_ids if not _INSTANCE_ID.fullmatch(one)]
    if malformed:
        raise refusal("InvalidInstanceID.Malformed", f'Invalid id: "{malformed[0]}"')
    found = {one: find(backend, one) for one in dict.fromkeys(instance_ids)}
    unknown = [one for one, instance in found.items() if instance is None]
    if len(unknown) == 1:
        raise refusal("InvalidInstanceID.NotFound", f"The instance ID '{unknown[0]}' does not exist")
    if unknown:
        raise refusal("InvalidInstanceID.NotFound", f"The instance IDs '{', '.join(unknown)}' do not exist")
    return list(found.values())


def _get_instance(_original: Callable[..., Any]) -> Callable[..., Any]:
    def get_instance(self: Any, instance_id: str) -> Any:
        return named(self, [instance_id])[0]

    return get_instance


def _get_instance_by_id(_original: Callable[..., Any]) -> Callable[..., Any]:
    return find


def install() -> None:
    """moto scans copies of all reservations for one id, and calls a malformed id unknown."""
    patching.replace(InstanceBackend, "get_instance", _get_instance)
    patching.replace(InstanceBackend, "get_instance_by_id", _get_instance_by_id)
