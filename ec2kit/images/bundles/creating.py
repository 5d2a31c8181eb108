"""The plan of a bundle: a set is taken, its disks or directories are stored, the manifest comes last. Pure.

| what is asked for | what is stored |
|---|---|
| nothing | every volume |
| volumes | these |
| directories | these, read off the set's own file systems |
| both | both |

The set that is taken for it is deleted once the bundle is whole; if that never comes, it expires by itself (`gc`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.objects import DiskOf, StoreDirectories, StoreManifest, StoreSnapshot
from ec2kit.engine.steps.snapshot import CreateSnapshotSet, DeleteSnapshot
from ec2kit.errors import NotFound
from ec2kit.images.bundles.manifest import WHOLE, Head, compose
from ec2kit.images.bundles.places import PATHS, Shelf, bundle_name, disk_name
from ec2kit.inventory.description import DiskSpec, Spec, spec_of, template_data
from ec2kit.model.periods import format_time
from ec2kit.model.tags import EXPIRES, MAX_TAGS
from ec2kit.snapshots.create import MARKS, Subject, create_plan
from ec2kit.snapshots.sets import SnapshotSet

PIECE_GIB = 64
"""A disk is stored in pieces of so many GiB: what a killed run reads again is at most one of them, and an object that
cannot be compressed stays within S3's 10,000 parts of 8 MiB."""
KEPT = timedelta(days=7)
"""How long the set of a bundle that did not become whole is left: longer than any upload, and than a holiday."""
GOES = "the set is deleted again when the bundle is whole; if that never comes, it expires in 7 days"


@dataclass(frozen=True)
class Wish:
    """What a person wants stored, and where."""

    shelf: Shelf
    devices: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    keep_set: bool = False


@dataclass(frozen=True)
class Source:
    """A set that is there, or will be: its name, when it was taken, the snapshot of each volume; `Ref`s where it will
    be."""

    spec: Spec
    launch: Mapping[str, Any]
    name: Any
    taken: str
    snapshots: Mapping[str, Any]


def create_bundle_plan(subject: Subject, wish: Wish, now: datetime) -> Plan:
    """Given a machine and a wish, return the plan that takes a set of it, and stores that."""
    taking = create_plan([subject], now)
    if not taking:
        return taking
    machine = subject.machine
    spec, key = spec_of(machine), f"{machine.instance.id}/set"
    chosen_disks(spec, wish)
    launch = {name: value for name, value in template_data(machine).items() if name != "UserData"}
    snapshots = {disk.volume: later(key, f"by_volume.{disk.volume}") for disk in spec.disks}
    source = Source(spec, launch, later(key, "set"), format_time(now), snapshots)
    steps = [step if wish.keep_set else _expiring(step, now) for step in taking.steps]
    steps += store_steps(source, wish, now, (key,))
    notes = taking.notes
    if not wish.keep_set:
        steps += _deleting(spec, key, steps[-1].subject)
        notes = (*notes, GOES)
    name = steps[-1].subject
    return replace(taking, steps=tuple(replace(step, subject=name) for step in steps), notes=notes)


def from_set_plan(
    chosen: SnapshotSet, spec: Spec, launch: Mapping[str, Any], wish: Wish, now: datetime
) -> Plan:
    """Given a set that is there, return the plan that stores it; an incomplete set is refused."""
    if not chosen.complete:
        why = f"it is {chosen.state}"
        return Plan(refused=(Refusal("set", chosen.name, why),), why_empty="the set is not complete")
    by_volume = {str(each.volume): each.id for each in chosen.snapshots}
    source = Source(spec, launch, chosen.name, format_time(chosen.taken), by_volume)
    return Plan(store_steps(source, wish, now))


def store_steps(
    source: Source, wish: Wish, now: datetime, needs: tuple[str, ...] = ()
) -> tuple[Planned, ...]:
    """Given a source, return the steps that store it, to be done after others: one object after the other, so that
    memory stays bounded. Their subject is the bundle's name."""
    head = Head(
        wish.shelf,
        bundle_name(source.spec.name or source.spec.instance, now),
        now,
        source.taken,
        source.name,
        source.spec,
        source.launch,
    )
    stored = [*_volumes(head, source, wish), *_directories(head, source, wish)]
    steps: list[Planned] = []
    for planned, _ in stored:
        steps.append(replace(planned, needs=(steps[-1].key,) if steps else needs, subject=head.name))
    manifest = StoreManifest(
        wish.shelf.bucket, wish.shelf.key(head.name), compose(head, [entry for _, entry in stored])
    )
    last = Planned("manifest", manifest, (steps[-1].key,), "a bundle without one is not there", head.name)
    return (*steps, last)


def chosen_disks(spec: Spec, wish: Wish) -> tuple[DiskSpec, ...]:
    """Given a machine, return the disks whose blocks are wanted; raises `NotFound` for a device that is none."""
    known = {disk.device: disk for disk in spec.disks}
    for device in wish.devices:
        if device not in known:
            raise NotFound(
                f"{spec.name} has no volume at '{device}'",
                resource=device,
                hint=f"it has {', '.join(sorted(known))}",
            )
    if wish.devices:
        return tuple(known[device] for device in dict.fromkeys(wish.devices))
    return () if wish.paths else spec.disks


def _volumes(head: Head, source: Source, wish: Wish) -> list[tuple[Planned, dict[str, Any]]]:
    found = []
    for disk in chosen_disks(source.spec, wish):
        for number, first in enumerate(range(0, disk.size_gib, PIECE_GIB)):
            name = disk_name(disk.device) + WHOLE + (f".{number:04}" if disk.size_gib > PIECE_GIB else "")
            size = min(PIECE_GIB, disk.size_gib - first)
            key = f"store/{name}"
            step = StoreSnapshot(
                head.shelf.bucket, head.shelf.key(head.name, name), source.snapshots[disk.volume], first, size
            )
            entry = {
                "name": name,
                "holds": "volume",
                "device": disk.device,
                "volume": disk.volume,
                "first_gib": first,
                "size_gib": size,
                "stored": later(key, "object"),
            }
            found.append((Planned(key, step, reason=f"{disk.device} of {source.spec.name}"), entry))
    return found


def _directories(head: Head, source: Source, wish: Wish) -> list[tuple[Planned, dict[str, Any]]]:
    if not wish.paths:
        return []
    spec = source.spec
    disks = sorted(spec.disks, key=lambda disk: (disk.device != spec.root_device, disk.device))
    step = StoreDirectories(
        head.shelf.bucket,
        head.shelf.key(head.name, PATHS),
        tuple(DiskOf(_guest_name(disk.device), source.snapshots[disk.volume]) for disk in disks),
        wish.paths,
        sum(disk.size_gib for disk in disks),
    )
    key = f"store/{PATHS}"
    entry = {
        "name": PATHS,
        "holds": "paths",
        "paths": list(wish.paths),
        "left_out": later(key, "left_out"),
        "stored": later(key, "object"),
    }
    return [(Planned(key, step, reason="read off the snapshots; the machine is not touched"), entry)]


def _guest_name(device: str) -> str:
    """What a machine calls the whole disk that EC2 calls `/dev/sda1`: `sda`."""
    return disk_name(device).rstrip("0123456789") or "sda"


def _deleting(spec: Spec, key: str, bundle: str) -> list[Planned]:
    return [
        Planned(
            f"drop/{disk.volume}",
            DeleteSnapshot(later(key, f"by_volume.{disk.volume}")),
            ("manifest",),
            "it was taken for the bundle only",
            bundle,
        )
        for disk in spec.disks
    ]


def _expiring(planned: Planned, now: datetime) -> Planned:
    step = planned.step
    if not isinstance(step, CreateSnapshotSet) or len(step.tags.keys() | MARKS) >= MAX_TAGS:
        return planned
    return replace(planned, step=replace(step, tags={**step.tags, EXPIRES: format_time(now + KEPT)}))
