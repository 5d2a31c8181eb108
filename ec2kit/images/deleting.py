"""The plan that deletes images with their snapshots, and says who would miss them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.image import DeregisterImage
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.images.uses import NOBODY, Users
from ec2kit.model.disks import Image, Snapshot
from ec2kit.model.ids import SnapshotId
from ec2kit.model.tags import KEEP, SET


@dataclass(frozen=True)
class Surrounding:
    """What deleting must look at: all our images, who uses them, the snapshots of those that go."""

    images: Sequence[Image]
    users: Mapping[str, Users] = field(default_factory=dict)
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    """Our own, by id; others' cannot be deleted."""


@dataclass(frozen=True)
class Liberties:
    """What a person allowed or forbade beyond the usual."""

    in_use: bool = False
    """Images that somebody uses may go."""
    keep_snapshots: bool = False


def delete_plan(going: Sequence[Image], around: Surrounding, may: Liberties | None = None) -> Plan:
    """Given images to delete, return the plan: each is deregistered, and then its snapshots are deleted.

    Refused: what `ec2kit:keep` protects, and what machines, launch templates or profiles use unless that was allowed.
    A snapshot stays, and the plan says so, when another image uses it, when it belongs to a set of a machine,
    or when `ec2kit:keep` protects it.
    """
    may = may or Liberties()
    refused = {each.id: refusal for each in going if (refusal := _refusal(each, around, may))}
    doomed = [each for each in going if each.id not in refused]
    snapshots, stay = ([], []) if may.keep_snapshots else _snapshots(doomed, around)
    kept = sorted({id for each in doomed for id in each.snapshots}) if may.keep_snapshots else []
    notes = [*_lives_on(doomed, around), *stay]
    notes += [f"stay, and stay billed: {', '.join(kept)}"] if kept else []
    gib = sum(around.snapshots[planned.step.target()].size_gib for planned in snapshots)
    notes += [f"frees the blocks of {gib} GiB of disks that no other snapshot needs"] if gib else []
    return Plan(
        (*(_deregister(each) for each in doomed), *snapshots),
        tuple(refused.values()),
        why_empty="" if doomed else "there is nothing that may be deleted",
        notes=tuple(notes),
    )


def _refusal(image: Image, around: Surrounding, may: Liberties) -> Refusal | None:
    name = f"{image.name} ({image.id})"
    if KEEP in image.tags:
        return Refusal(KEEP, name, "it is protected by that tag")
    users = around.users.get(image.id, NOBODY)
    if users and not may.in_use:
        return Refusal("in use", name, f"used by {', '.join(users.lines)}; --in-use deletes it all the same")
    return None


def _deregister(image: Image) -> Planned:
    return Planned(f"{image.id}/deregister", DeregisterImage(image.id), subject=image.name)


def _snapshots(doomed: Sequence[Image], around: Surrounding) -> tuple[list[Planned], list[str]]:
    """The steps for those that can go, and sentences about those that stay."""
    steps, stay = [], []
    ids = {each.id for each in doomed}
    for snapshot in dict.fromkeys(id for each in doomed for id in each.snapshots):
        holders = [each for each in around.images if snapshot in each.snapshots]
        why = _why_it_stays(snapshot, [each for each in holders if each.id not in ids], around)
        if why:
            stay.append(f"snapshot {snapshot} stays: {why}")
        elif snapshot in around.snapshots:
            owners = [each for each in doomed if snapshot in each.snapshots]
            needs = tuple(f"{each.id}/deregister" for each in owners)
            subject = owners[0].name
            step = Planned(f"{snapshot}/delete", DeleteSnapshot(snapshot), needs, subject=subject)
            steps.append(step)
    return steps, stay


def _why_it_stays(id: SnapshotId, others: Sequence[Image], around: Surrounding) -> str:
    if others:
        return f"image {', '.join(f'{each.name} ({each.id})' for each in others)} uses it too"
    snapshot = around.snapshots.get(id)
    if snapshot is None:
        return "it is not ours"
    if KEEP in snapshot.tags:
        return f"it is protected by the tag {KEEP}"
    if SET in snapshot.tags:
        return f"it belongs to the set {snapshot.tags[SET]}"
    return ""


def _lives_on(doomed: Iterable[Image], around: Surrounding) -> Iterable[str]:
    for image in doomed:
        for template in around.users.get(image.id, NOBODY).templates:
            yield f"launch template {template.name} ({template.reference}) cannot launch any more"
        for profile in around.users.get(image.id, NOBODY).profiles:
            yield f"launch profile {profile} wants another image"
        if around.users.get(image.id, NOBODY).instances:
            yield f"instances launched from {image.name} live on"
