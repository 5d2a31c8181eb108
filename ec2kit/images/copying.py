"""The plan that copies an image to other regions, side by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.image import ENDED
from ec2kit.engine.steps.image_copy import CopyImage, facts_of
from ec2kit.errors import UsageError
from ec2kit.model.disks import Image
from ec2kit.model.ids import Region
from ec2kit.model.tags import EXPIRES, RUN, Tags

LEFT = frozenset({RUN, EXPIRES})
"""The tags that are about the original's own making and end."""


@dataclass(frozen=True)
class Copying:
    """What to copy: an image in its region, under which name (empty: its own)."""

    image: Image
    source: Region
    name: str = ""

    @property
    def new_name(self) -> str:
        """The name that the copies get."""
        return self.name or self.image.name


def check_regions(wanted: Sequence[str], enabled: Sequence[str]) -> tuple[Region, ...]:
    """Given regions as typed and those that the account has, return each once; raises `UsageError`."""
    for region in wanted:
        if region not in enabled:
            hint = f"its regions are: {', '.join(enabled)}"
            raise UsageError(f"'{region}' is not a region of this account", hint=hint)
    return tuple(Region(region) for region in dict.fromkeys(wanted))


def copy_plan(copying: Copying, there: Mapping[Region, Sequence[Image]]) -> Plan:
    """Given what to copy and, for each region to copy to, our images of that name there, return the plan.

    A copy that is there already is unchanged; another image of the name is refused, since a name is unique.
    """
    steps: list[Planned] = []
    refused: list[Refusal] = []
    unchanged: list[tuple[str, str]] = []
    if copying.image.state != "available":
        why = f"it is {copying.image.state}, and only an available image can be copied"
        refused = [Refusal("image", _subject(copying, region), why) for region in there]
        return Plan(refused=tuple(refused), why_empty=why)
    for region, images in there.items():
        subject = _subject(copying, region)
        same = next((each for each in images if each.name == copying.new_name), None)
        if same is None:
            steps.append(Planned(f"{region}/copy", _step(copying, region), subject=subject))
        elif same.source_image == copying.image.id and same.state not in ENDED:
            unchanged.append((f"{subject} ({same.id})", f"its copy is there, {same.state}"))
        else:
            refused.append(
                Refusal("name", subject, f"{same.id} has the name there: choose another with --name")
            )
    gib = copying.image.size_gib
    note = (
        f"each copy stores, and is billed for, the blocks of {gib} GiB of disks and their way to the region"
    )
    return Plan(
        tuple(steps),
        tuple(refused),
        tuple(unchanged),
        why_empty="" if steps else "there is nothing to copy",
        notes=(note,) if steps else (),
    )


def _subject(copying: Copying, region: Region) -> str:
    return f"{copying.new_name} in {region}"


def _step(copying: Copying, region: Region) -> CopyImage:
    image = copying.image
    return CopyImage(
        image.id,
        copying.source,
        region,
        copying.new_name,
        image.description,
        copied_tags(image.tags),
        facts_of(image),
        image.size_gib,
    )


def copied_tags(tags: Tags) -> dict[str, str]:
    """Given an image's tags, return those that its copy gets: not AWS's own, not those of its making."""
    return {
        key: value for key, value in sorted(tags.items()) if not key.startswith("aws:") and key not in LEFT
    }
