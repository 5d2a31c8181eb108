"""Tags that instances show in their own metadata, where the boot hook looks for its name when the service is away.

EC2 refuses keys there that could be no path (EC2 user guide, "View tags for your EC2 instances using instance
metadata"): with the launch, when its first changes are made already. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ec2kit.errors import UsageError

NO_PATHS = frozenset({".", "..", "_index"})
SETTING = "InstanceMetadataTags"


def showing(data: Mapping[str, Any]) -> dict[str, Any]:
    """Given a template's data, return it with the tags shown in the metadata. What else the metadata is like stays the
    image's to say."""
    return {**data, "MetadataOptions": {**data.get("MetadataOptions", {}), SETTING: "enabled"}}


def shows(data: Mapping[str, Any]) -> bool:
    """Whether instances of a template show their tags."""
    return str(data.get("MetadataOptions", {}).get(SETTING)) == "enabled"


def keys_in(data: Mapping[str, Any]) -> list[str]:
    """The keys that a template gives its instances."""
    return [
        str(tag.get("Key", ""))
        for specification in data.get("TagSpecifications", ())
        if specification.get("ResourceType") == "instance"
        for tag in specification.get("Tags", ())
    ]


def check_shown(keys: Iterable[str], *, hook: bool) -> None:
    """Raise `UsageError` for a key that EC2 refuses where tags are shown; `hook`: it is the hook that reads them."""
    for key in keys:
        if " " in key or "/" in key or key in NO_PATHS:
            why = ", where the boot hook looks for the host name" if hook else ""
            raise UsageError(
                f"the tag key '{key}' cannot be shown in the instance metadata{why}: EC2 refuses a space and '/' there",
                hint=f"another key than '{key}'" + ("; or --no-boothook" if hook else ""),
                resource=key,
            )
