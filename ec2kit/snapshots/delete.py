"""The plan that deletes sets: what it frees cannot be had back, so it names what is kept and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.image import DeregisterImage
from ec2kit.engine.steps.snapshot import DeleteSnapshot
from ec2kit.inventory.standing import being_recovered
from ec2kit.model.disks import Image
from ec2kit.model.tags import KEEP, OF, PROTECT, RUN, Tags
from ec2kit.snapshots.sets import SnapshotSet


@dataclass(frozen=True)
class Uses:
    """What sets are good for: all sets there are, our images, and the tags of living machines by id."""

    everything: Sequence[SnapshotSet]
    images: Sequence[Image] = ()
    machines: Mapping[str, Tags] = field(default_factory=dict)


def delete_plan(sets: Sequence[SnapshotSet], uses: Uses) -> Plan:
    """Given the sets to delete and what they are good for, return the plan.

    Refused: what is tagged `ec2kit:keep`, what a person's image uses, the newest complete set of an enrolled
    machine (without it, it could not be recovered), and the sets of a machine whose recovery is going on. An image
    that only a restore or a recovery needed, and for its launch only, goes with the set.
    """
    refused = {each.name: reason for each in sets if (reason := _why_not(each, uses, sets))}
    steps = [step for each in sets if each.name not in refused for step in _steps(each, uses.images)]
    gib = sum(each.size_gib for each in sets if each.name not in refused)
    return Plan(
        tuple({step.key: step for step in steps}.values()),
        tuple(Refusal("snapshot", name, reason) for name, reason in refused.items()),
        why_empty="" if steps else "there is nothing that may be deleted",
        notes=(f"frees the blocks of {gib} GiB of disks that no other snapshot needs",) if steps else (),
    )


def _steps(chosen: SnapshotSet, images: Iterable[Image]) -> Iterable[Planned]:
    ours = [image for image in _using(chosen, images) if _is_ours(image)]
    for image in ours:
        why = "it was made to launch from the set once"
        yield Planned(f"{image.id}/deregister", DeregisterImage(image.id), reason=why, subject=chosen.name)
    needs = tuple(f"{image.id}/deregister" for image in ours)
    for snapshot in chosen.snapshots:
        yield Planned(
            f"{snapshot.id}/delete", DeleteSnapshot(snapshot.id), needs, f"of {chosen.name}", chosen.name
        )


def _why_not(chosen: SnapshotSet, uses: Uses, going: Sequence[SnapshotSet]) -> str:
    if any(KEEP in snapshot.tags for snapshot in chosen.snapshots):
        return f"it is protected by the tag {KEEP}"
    used = sorted(image.id for image in people_using(chosen, uses.images))
    if used:
        return f"the image {', '.join(used)} uses it"
    tags = uses.machines.get(chosen.of, {})
    if being_recovered(tags):
        return f"{chosen.of} is being recovered"
    if PROTECT in tags and _is_last(chosen, uses.everything, going):
        return f"it is the last good set of {chosen.of}, which is enrolled for recovery"
    return ""


def _is_last(chosen: SnapshotSet, everything: Sequence[SnapshotSet], going: Sequence[SnapshotSet]) -> bool:
    """Whether a machine would have no good set left: of all that were to go, the newest one stays."""
    good = sorted((each for each in everything if each.of == chosen.of and _is_good(each)), key=_taken)
    doomed = {each.name for each in going}
    return bool(good) and all(each.name in doomed for each in good) and chosen.name == good[-1].name


def _taken(each: SnapshotSet) -> tuple[datetime, str]:
    return each.taken, each.name


def _is_good(each: SnapshotSet) -> bool:
    return each.complete and not each.bad


def _using(chosen: SnapshotSet, images: Iterable[Image]) -> list[Image]:
    own = {snapshot.id for snapshot in chosen.snapshots}
    return [image for image in images if any(mapping.snapshot in own for mapping in image.mappings)]


def people_using(chosen: SnapshotSet, images: Iterable[Image]) -> list[Image]:
    """Given a set and our images, return those that use it and were not made for one launch only."""
    return [image for image in _using(chosen, images) if not _is_ours(image)]


def _is_ours(image: Image) -> bool:
    """Whether a restore or a recovery registered it: the marks say so, not the name, which anybody can choose."""
    return RUN in image.tags and OF in image.tags
