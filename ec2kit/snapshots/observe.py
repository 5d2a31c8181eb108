"""What AWS shows of sets and of the machines to take them of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.description import template_name
from ec2kit.inventory.machine import observe_machine
from ec2kit.model.disks import Image
from ec2kit.model.ids import SnapshotId
from ec2kit.model.instances import Instance
from ec2kit.model.tags import OF, SET
from ec2kit.snapshots.create import Subject
from ec2kit.snapshots.delete import Uses
from ec2kit.snapshots.sets import SnapshotSet, sets_in

if TYPE_CHECKING:
    from ec2kit.aws import Aws

FILTER_VALUES = 200
"""EC2 takes at most 200 values in one filter."""


def subjects(aws: Aws, instances: Sequence[Instance]) -> tuple[Subject, ...]:
    """Given instances, return each with everything that its set must describe."""
    names = Counter(instance.name for instance in instances)
    return tuple(_subject(aws, instance, alone=names[instance.name] == 1) for instance in instances)


def _subject(aws: Aws, instance: Instance, *, alone: bool) -> Subject:
    label = instance.name if alone else f"{instance.name}-{instance.id}"
    machine = observe_machine(aws, instance)
    return Subject(machine, aws.templates.versions(template_name(label)), label)


def all_sets(aws: Aws) -> tuple[SnapshotSet, ...]:
    """Every set of the account in this region, newest first."""
    return sets_in(aws.snapshots.describe(filters={"tag-key": [SET]}))


def sets_of(aws: Aws, instances: Sequence[str]) -> tuple[SnapshotSet, ...]:
    """The sets of these instances (by id), newest first."""
    found = [
        snapshot
        for start in range(0, len(instances), FILTER_VALUES)
        for snapshot in aws.snapshots.describe(
            filters={f"tag:{OF}": list(instances[start : start + FILTER_VALUES])}
        )
    ]
    return sets_in(found)


def sets_named(aws: Aws, word: str) -> tuple[SnapshotSet, ...]:
    """The sets that a word could mean, newest first: a set's name, a snapshot of it, its machine's name or id."""
    if word.startswith("snap-"):
        names = {snapshot.tags[SET] for snapshot in aws.snapshots.describe([word]) if SET in snapshot.tags}
        return sets_in(aws.snapshots.describe(filters={f"tag:{SET}": list(names)})) if names else ()
    found = {
        snapshot.id: snapshot
        for filters in ({f"tag:{SET}": [word, f"{word}@*"]}, {f"tag:{OF}": [word]})
        for snapshot in aws.snapshots.describe(filters=filters)
    }
    return sets_in(found.values())


def one_set(aws: Aws, word: str, *, complete: bool = True) -> SnapshotSet:
    """The set that a word means: its name, a snapshot of it, or a machine's name or id for its newest good set.

    With `complete` off, a machine without a good set gives its newest one. Raises `NotFound` when there is none,
    `UsageError` when the word is a pattern.
    """
    if any(character in word for character in "*?["):
        raise UsageError(f"one set is wanted, and '{word}' is a pattern", hint="ec2kit snapshot ls")
    found = sets_named(aws, word)
    if not found:
        raise NotFound(f"no snapshot set '{word}'", resource=word, hint=_where_sets_come_from(word))
    if word.startswith("snap-") or any(each.name == word for each in found):
        return next(each for each in found if word.startswith("snap-") or each.name == word)
    good = [each for each in found if each.complete and not each.bad]
    if good or not complete:
        return (good or list(found))[0]
    number = "the only set" if len(found) == 1 else f"none of the {len(found)} sets"
    raise NotFound(
        f"{number} of '{word}' is {'not ' if len(found) == 1 else ''}complete and good",
        resource=word,
        hint=f"ec2kit snapshot ls {word}",
    )


def _where_sets_come_from(word: str) -> str:
    """What to do about a word that means no set: a machine's name asks for its first one."""
    if "@" in word or word.startswith("snap-"):
        return "ec2kit snapshot ls"
    return f"`ec2kit snapshot ls` lists them; if it is a machine, `ec2kit snapshot create {word}` takes its first"


def images_using(aws: Aws, snapshots: Iterable[SnapshotId]) -> tuple[Image, ...]:
    """Our images that use any of these snapshots (disabled ones still hold theirs)."""
    wanted = set(snapshots)
    return tuple(
        image
        for image in aws.images.describe(owners=["self"])
        if any(mapping.snapshot in wanted for mapping in image.mappings)
    )


def uses_of(aws: Aws, sets: Sequence[SnapshotSet]) -> Uses:
    """Given sets that may go, return what is to be asked before any of them does."""
    snapshots = [snapshot.id for each in sets for snapshot in each.snapshots]
    machines = {each.of for each in sets if each.of}
    living = aws.instances.describe(machines) if machines else ()
    tags = {str(each.id): each.tags for each in living if not each.state.is_gone}
    return Uses(all_sets(aws), images_using(aws, snapshots), tags)
