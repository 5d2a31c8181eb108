"""The plan of `snapshot restore --as volumes`: each disk of a set as a loose volume. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ec2kit.aws.requests import VolumeRequest
from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps.volume import CreateVolume
from ec2kit.fleet.restore_plan import refusals, state_of_disks
from ec2kit.inventory.description import DiskSpec, Spec
from ec2kit.model.disks import Snapshot
from ec2kit.model.ids import Zone
from ec2kit.model.tags import DEVICE, NAME, SET
from ec2kit.snapshots.sets import SnapshotSet


def volumes_plan(chosen: SnapshotSet, spec: Spec | None, zone: Zone, now: datetime) -> Plan:
    """Given a set, its machine's spec if it has one, and a zone, return the plan of one volume for each snapshot.

    A set without description gives volumes all the same: gp3, as large as the snapshots, and nobody knows their
    devices.
    """
    if refused := refusals(chosen):
        return Plan(refused=refused, why_empty="no volumes can be made of the set")
    steps = tuple(
        Planned(
            f"volume/{snapshot.id}",
            CreateVolume(_request(chosen, snapshot, disk, zone)),
            reason=f"{disk.device} of {chosen.name}" if disk else f"of {chosen.name}",
            subject=f"{chosen.machine} {disk.device}" if disk else f"{chosen.machine} {snapshot.id}",
        )
        for snapshot, disk in _with_disks(chosen, spec)
    )
    bad = (f"the set is marked bad: {chosen.bad}",) if chosen.bad else ()
    gib = sum(
        planned.step.request.size_gib or 0 for planned in steps if isinstance(planned.step, CreateVolume)
    )
    billed = f"{gib} GiB of volumes are billed until somebody deletes them"
    return Plan(steps, notes=(state_of_disks(chosen, now), billed, *bad))


def _with_disks(chosen: SnapshotSet, spec: Spec | None) -> Iterator[tuple[Snapshot, DiskSpec | None]]:
    """Each snapshot with its disk as far as it is known, by device."""
    known = {disk.volume: disk for disk in spec.disks} if spec else {}
    pairs = [(snapshot, known.get(snapshot.volume)) for snapshot in chosen.snapshots]
    yield from sorted(pairs, key=lambda pair: (pair[1].device if pair[1] else "", pair[0].id))


def _request(chosen: SnapshotSet, snapshot: Snapshot, disk: DiskSpec | None, zone: Zone) -> VolumeRequest:
    tags = {NAME: chosen.machine, SET: chosen.name}
    if disk is None:
        return VolumeRequest(zone, snapshot.size_gib, snapshot.id, tags=tags)
    return VolumeRequest(
        zone=zone,
        size_gib=max(disk.size_gib, snapshot.size_gib),
        snapshot=snapshot.id,
        type=disk.type,
        iops=disk.iops,
        throughput=disk.throughput,
        tags={NAME: chosen.machine, **disk.tags, SET: chosen.name, DEVICE: disk.device},
    )
