"""A resource's tags are looked up by its id."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from ec2kit.sandbox.rules import patching


def _get_tags(_original: Callable[..., Any]) -> Callable[..., Any]:
    def get_tags(self: Any) -> list[dict[str, str]]:
        tags = self.ec2_backend.tags.get(self.id)
        if not tags:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in tags.items()
        ]

    return get_tags


def install() -> None:
    """moto goes through every tag of the region with a regular expression to find those of one resource, so that
    a listing of n resources costs n² comparisons. And it calls an address `vpc-elastic-ip`; EC2 says `elastic-ip`
    (API Reference, TagSpecification)."""
    patching.replace(TaggedEC2Resource, "get_tags", _get_tags)
    EC2_PREFIX_TO_RESOURCE["eipalloc"] = "elastic-ip"
