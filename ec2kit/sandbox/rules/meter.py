"""What was used, from when to when: the sandbox's bill is made of it.

A meter has a spell for each thing that is billed by time. What is made has its own time of making, and is found when
somebody looks; what ends or changes is told when it does, because afterwards nobody knows when that was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Literal

from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.rules import lookup
from ec2kit.sandbox.rules.public_addresses import elastic_address
from ec2kit.sandbox.world import current

Kind = Literal["instance", "volume", "snapshot", "address"]
Key = tuple[Kind, str]

EVERYTHING: tuple[Kind, ...] = ("instance", "volume", "snapshot", "address")
CONCERNED: Mapping[str, tuple[Kind, ...]] = {
    "DeleteVolume": ("volume",),
    "ModifyVolume": ("volume",),
    "DeleteSnapshot": ("snapshot",),
    "ModifySnapshotTier": ("snapshot",),
    "RestoreSnapshotTier": ("snapshot",),
    "DeregisterImage": ("snapshot",),
    "AllocateAddress": ("address",),
    "AssociateAddress": ("address",),
    "DisassociateAddress": ("address",),
    "ReleaseAddress": ("address",),
}
"""What actions end or change of what is billed, or make without a time of making. What becomes of instances, and of
what goes with them, is told by `lifecycle`."""


@dataclass(frozen=True)
class Used:
    """One thing as it is billed; `size` is GiB, or 1. `type` is the instance's or volume's; of an address `InUse`
    or `Idle`."""

    kind: Kind
    resource: str
    account: str
    region: str
    type: str
    size: int = 1
    zone: str = ""

    @property
    def key(self) -> Key:
        """What is the same thing, however it changes."""
        return self.kind, self.resource


@dataclass(frozen=True)
class Spell:
    """A thing, unchanged for a while; `ended` is None while it goes on."""

    used: Used
    begun: datetime
    ended: datetime | None = None


@dataclass
class Meter:
    """What runs now, by its key, and what ran before."""

    running: dict[Key, Spell] = field(default_factory=dict)
    past: list[Spell] = field(default_factory=list)

    def spells(self) -> Iterator[Spell]:
        """Everything that was ever used."""
        yield from self.past
        yield from self.running.values()

    def begin(self, used: Used, at: datetime) -> None:
        """From `at` on it is used so; what it was before ends then."""
        known = self.running.get(used.key)
        if known is not None:
            if known.used == used:
                return
            self.end(used.key, at)
        self.running[used.key] = Spell(used, at)

    def end(self, key: Key, at: datetime) -> None:
        """It is used no more; harmless when it was not."""
        known = self.running.pop(key, None)
        if known is not None and at > known.begun:
            self.past.append(replace(known, ended=at))


def meter() -> Meter:
    """The world's meter."""
    ledger: Meter = current().ledgers.setdefault("meter", Meter())
    return ledger


@contextmanager
def metered(call: Call) -> Iterator[None]:
    """Look before and after a call of EC2 that ends or changes what is billed."""
    concerned = CONCERNED.get(call.action, ()) if call.service == "ec2" else ()
    if concerned:
        look(concerned)
    yield
    if concerned:
        look(concerned)


def look(kinds: Collection[Kind] = EVERYTHING) -> None:
    """Take what there is of these kinds now into the meter, and out of it what is not."""
    now, found = current().clock.now(), meter()
    seen: set[Key] = set()
    for backend in lookup.backends():
        for used, since in chain.from_iterable(_LISTED[kind](backend) for kind in kinds):
            seen.add(used.key)
            known = found.running.get(used.key)
            found.begin(used, now if known is not None or since is None else since)
    for key in [key for key in found.running if key[0] in kinds and key not in seen]:
        found.end(key, now)


def came_up(instance: Any, at: datetime) -> None:
    """An instance runs from `at` on."""
    meter().begin(_instance(instance), at)
    for used in _addresses_of(instance):
        meter().begin(used, at)


def went_down(instance: Any, at: datetime) -> None:
    """An instance stops running at `at`: it gives back the address that AWS gave it, and does not use its own."""
    meter().end(("instance", instance.id), at)
    meter().end(("address", instance.id), at)
    for address in instance.ec2_backend.addresses:
        if address.instance is instance:
            meter().begin(_address(instance.ec2_backend, str(address.allocation_id), "Idle"), at)


def volume_gone(volume: Any, at: datetime) -> None:
    """A volume went with its instance."""
    used = _volume(volume)
    if used.key not in meter().running:
        meter().begin(used, _aware(volume.create_time))
    meter().end(used.key, at)


Seen = Iterator[tuple[Used, datetime | None]]
"""What is billed now, and since when it is there, where it says so itself."""


def _instances(backend: Any) -> Seen:
    for instance in lookup.instances(backend):
        if instance.running_since is not None and instance.state == "running":
            yield _instance(instance), instance.running_since


def _volumes(backend: Any) -> Seen:
    for volume in list(backend.volumes.values()):
        yield _volume(volume), _aware(volume.create_time)


def _snapshots(backend: Any) -> Seen:
    place = (backend.account_id, backend.region_name)
    for snapshot in list(backend.snapshots.values()):
        if snapshot.owner_id == backend.account_id:
            tier, size = snapshot.storage_tier or "standard", int(snapshot.volume_size)
            yield Used("snapshot", snapshot.id, *place, tier, size), _aware(snapshot.start_time)


def _addresses(backend: Any) -> Seen:
    for instance in lookup.instances(backend):
        if instance.running_since is not None and instance.state == "running":
            for used in _addresses_of(instance):
                if used.resource == instance.id:
                    yield used, instance.running_since
    for address in list(backend.addresses):
        holder = address.instance
        at_work = holder is not None and holder.state in ("pending", "running")
        yield _address(backend, str(address.allocation_id), "InUse" if at_work else "Idle"), None


_LISTED: dict[Kind, Callable[[Any], Seen]] = {
    "instance": _instances,
    "volume": _volumes,
    "snapshot": _snapshots,
    "address": _addresses,
}


def _instance(instance: Any) -> Used:
    backend = instance.ec2_backend
    place = (backend.account_id, backend.region_name)
    return Used("instance", instance.id, *place, instance.instance_type, zone=instance.availability_zone)


def _addresses_of(instance: Any) -> Iterator[Used]:
    """The public addresses of a machine that runs: the one that AWS gave it, by the machine's id, and Elastic IPs."""
    backend = instance.ec2_backend
    for nic in instance.nics.values():
        elastic = elastic_address(nic)
        if elastic is not None:
            yield _address(backend, str(elastic.allocation_id), "InUse")
        elif nic.public_ip:
            yield _address(backend, instance.id, "InUse")


def _volume(volume: Any) -> Used:
    backend = volume.ec2_backend
    place, size = (backend.account_id, backend.region_name), int(volume.size)
    return Used("volume", volume.id, *place, volume.volume_type, size, volume.availability_zone)


def _address(backend: Any, resource: str, state: str) -> Used:
    return Used("address", resource, backend.account_id, backend.region_name, state)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
