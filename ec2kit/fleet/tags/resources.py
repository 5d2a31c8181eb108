"""Which resources the words of `tag` mean: AWS ids by their prefix, else a selector of instances."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ec2kit.errors import UsageError
from ec2kit.fleet.tags.plan import Resource
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.model.ids import kind_of
from ec2kit.model.tags import name_of

if TYPE_CHECKING:
    from ec2kit.aws import Aws

_ID = re.compile(r"[a-z]+-[0-9a-f]{8,17}")
OTHER_SERVICES = ("arn:", "lb/", "tg/", "key/", "db/")


def is_id(word: str) -> bool:
    """Whether a word is the id of something other than an instance: `vol-…`, `snap-…`, `eipalloc-…`."""
    return kind_of(word) not in (None, "instance") and bool(_ID.fullmatch(word))


def observe(aws: Aws, words: Sequence[str]) -> tuple[Resource, ...]:
    """Given ids and instance selectors, return the resources with their tags, each once.

    Whether an id other than an instance's exists is only known when AWS is asked to change it. Raises
    `NotFound` for an instance that does not exist, `UsageError` for what cannot be tagged here.
    """
    for word in words:
        if word.startswith(OTHER_SERVICES):
            raise UsageError(
                f"'{word}' cannot be tagged with this version",
                hint="EC2's ids can: i-…, vol-…, snap-…, eipalloc-…",
            )
    ids = list(dict.fromkeys(word for word in words if is_id(word)))
    others = [word for word in words if not is_id(word)]
    instances = select(aws, parse(others)) if others else ()
    found = [Resource(each.id, each.name, each.tags, listed=True) for each in instances]
    tags = aws.tags.of(ids) if ids else {}
    return (*found, *(Resource(id, name_of(tags[id]), tags[id], listed=bool(tags[id])) for id in ids))
