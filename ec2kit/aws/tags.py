"""Tags of any EC2 resource."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.model.tags import Tags

MOST_RESOURCES = 200
"""Resources a call: CreateTags takes up to 1,000, but one unknown id fails the whole call."""


@dataclass(frozen=True)
class TagPort:
    """CreateTags, DeleteTags, DescribeTags."""

    door: Door

    def of(self, ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """The tags of each of these resources, by id; a resource without tags has an empty dictionary."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, dict[str, str]] = {id: {} for id in wanted}
        for portion in wire.portions(wanted):
            pages = self.door.pages(
                self.door.clients.ec2.describe_tags,
                "Tags",
                Filters=wire.filter_list({"resource-id": portion}),
                MaxResults=1000,
            )
            for item in pages:
                found.setdefault(item["ResourceId"], {})[item["Key"]] = item["Value"]
        return found

    def set(self, ids: Sequence[str], tags: Tags) -> None:
        """Write these tags on these resources, over what was there."""
        for portion in wire.portions(ids, MOST_RESOURCES):
            self.door.change(
                self.door.clients.ec2_acting.create_tags, Resources=portion, Tags=wire.tag_list(tags)
            )

    def delete(self, ids: Sequence[str], keys: Iterable[str]) -> None:
        """Remove these keys, whatever their values; harmless when they are not there."""
        listed = [{"Key": key} for key in keys]
        for portion in wire.portions(ids, MOST_RESOURCES):
            self.door.change(self.door.clients.ec2_acting.delete_tags, Resources=portion, Tags=listed)
