"""What a set says of its machine, read back: the spec in its tags, and its launch template version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ec2kit.errors import Ec2kitError, NotFound
from ec2kit.fleet.restore import Source, template_ref
from ec2kit.inventory.described import machine_from
from ec2kit.inventory.description import Spec, spec_from_tags
from ec2kit.inventory.machine import Machine
from ec2kit.model.tags import LAUNCH
from ec2kit.snapshots.sets import SnapshotSet

if TYPE_CHECKING:
    from ec2kit.aws import Aws

LOOSE = "its disks can still be had: ec2kit snapshot restore {set} --as volumes"


@dataclass(frozen=True)
class Described:
    """A set with all that is known of the machine it was taken of; `data` is the template version's."""

    source: Source
    data: Mapping[str, Any]

    @property
    def machine(self) -> Machine:
        """The machine as it was when the set was taken."""
        return machine_from(self.source.spec, self.data, self.source.set.taken)


def spec_in(chosen: SnapshotSet) -> Spec | None:
    """Given a set, return the spec in its tags, or None; raises `Ec2kitError` for one that was damaged."""
    return spec_from_tags(chosen.snapshots[0].tags)


def observe_described(aws: Aws, chosen: SnapshotSet) -> Described:
    """The set with its description; raises `Ec2kitError` when it has none, `NotFound` when its template is gone."""
    spec = spec_in(chosen)
    reference = chosen.snapshots[0].tags.get(LAUNCH, "")
    template = template_ref(reference)
    hint = LOOSE.format(set=chosen.name)
    if spec is None or template is None:
        raise Ec2kitError(
            f"the set '{chosen.name}' carries no description of a machine", resource=chosen.name, hint=hint
        )
    versions = aws.templates.versions(template.id, [template.version])
    if not versions:
        raise NotFound(
            f"the description of '{chosen.name}' is gone: launch template {reference} does not exist",
            resource=reference,
            hint=hint,
        )
    return Described(Source(chosen, spec, template), versions[0].data)
