"""Limits of tags: of their number, keys and values, and which resources may have them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import validate_resource_ids
from moto.ec2.models.tags import TagBackend
from moto.ec2.responses import EC2Response
from moto.ec2.responses.tags import TagResponse

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.resources import require

# EC2 User Guide, "Tag your Amazon EC2 resources", tag restrictions.
MOST_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256
# XML 1.0, 2.2 "Characters": one of the others, kept in a tag, would spoil every answer that holds it.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

TAGGED_AT_CREATION = {
    "AllocateAddress": {"elastic-ip"},
    "CopyImage": {"image", "snapshot"},
    "CopySnapshot": {"snapshot"},
    "CreateImage": {"image", "snapshot"},
    "CreateSnapshot": {"snapshot"},
    "CreateSnapshots": {"snapshot"},
    "CreateVolume": {"volume"},
    "RegisterImage": {"image", "snapshot"},
}
"""What TagSpecifications of an action may tag (API Reference); actions that are not here are moto's affair."""


def check(tags: Iterable[Mapping[str, str]]) -> None:
    """Given the tags of a request, raise what EC2 raises for those that no resource may have."""
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value") or ""
        if not key:
            raise refusal("InvalidParameterValue", "Tag key cannot be empty")
        if key.lower().startswith("aws:"):
            raise refusal(
                "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"
            )
        if len(key) > LONGEST_KEY:
            raise refusal(
                "InvalidParameterValue", f"Tag key exceeds the maximum length of {LONGEST_KEY} characters"
            )
        if len(value) > LONGEST_VALUE:
            raise refusal(
                "InvalidParameterValue", f"Tag value exceeds the maximum length of {LONGEST_VALUE} characters"
            )
        if NO_XML.search(key + value):
            raise refusal("InvalidCharacter", "A specified character is invalid.")
    counted = Counter(tag.get("Key", "") for tag in tags)
    twice = [key for key, number in counted.items() if number > 1]
    if twice:
        raise refusal("InvalidParameterValue", f"Duplicate tag key '{twice[0]}' specified.")


def check_number(tags: Mapping[str, str]) -> None:
    """Given all tags that a resource would have, raise TagLimitExceeded if they are too many.

    Those that AWS itself wrote do not count.
    """
    if sum(not key.startswith("aws:") for key in tags) > MOST_TAGS:
        raise refusal("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


def _check_specifications(action: str, specifications: Iterable[Mapping[str, Any]]) -> None:
    allowed = TAGGED_AT_CREATION.get(action)
    for one in specifications:
        kind, tags = one.get("ResourceType"), one.get("Tags", [])
        if allowed is not None and kind not in allowed:
            raise refusal(
                "InvalidParameterValue", f"'{kind}' is not a valid taggable resource type for this operation."
            )
        check(tags)
        check_number({tag["Key"]: tag.get("Value") or "" for tag in tags})


def _call_action(original: Callable[..., Any]) -> Callable[..., Any]:
    def call_action(self: Any) -> Any:
        specifications = self.params.get("TagSpecifications") or self.params.get("TagSpecification") or []
        try:
            _check_specifications(self._get_action(), specifications)
        except EC2ClientError as error:
            status, headers, body = self.serialized(ActionResult(error))
            return status, headers, body
        return original(self)

    return call_action


def _create_tags(_original: Callable[..., Any]) -> Callable[..., Any]:
    def create_tags(self: Any) -> Any:
        resource_ids, tags = self._get_param("Resources", []), self._get_param("Tags", [])
        validate_resource_ids(resource_ids)
        for resource_id in resource_ids:
            require(self.ec2_backend, resource_id)
        check(tags)
        self.error_on_dryrun()
        self.ec2_backend.create_tags(resource_ids, {tag["Key"]: tag.get("Value") or "" for tag in tags})
        return EmptyResult()

    return create_tags


def _delete_tags(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_tags(self: Any) -> Any:
        check([{"Key": tag.get("Key", "")} for tag in self._get_param("Tags", [])])
        return original(self)

    return delete_tags


def _store(_original: Callable[..., Any]) -> Callable[..., Any]:
    def create_tags(self: Any, resource_ids: list[str], tags: Mapping[str, str]) -> bool:
        for resource_id in resource_ids:
            check_number({**self.tags.get(resource_id, {}), **tags})
        for resource_id in resource_ids:
            self.tags[resource_id].update(tags)
        return True

    return create_tags


def install() -> None:
    """moto lets anybody write `aws:` tags, keys and values of any length, on resources that do not exist; and it
    counts AWS's own tags towards the fifty. Nothing is tagged when one of the resources or tags is refused."""
    patching.replace(TagResponse, "create_tags", _create_tags)
    patching.replace(TagResponse, "delete_tags", _delete_tags)
    patching.replace(TagBackend, "create_tags", _store)
    patching.replace(EC2Response, "call_action", _call_action)
