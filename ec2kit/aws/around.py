"""Describing around a zone that is disturbed.

During a zone disruption DescribeInstances fails as a whole when it names an affected instance, or none at all
(filters do not count). So the ids are asked of DescribeTags, and then in parts, until the ones are left of which
AWS does not tell: about them nothing is known, which is not that they are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ec2kit.errors import Unavailable
from ec2kit.model.instances import Instance
from ec2kit.model.tags import Tags

Ask = Callable[[Sequence[str]], tuple[Instance, ...]]
"""Describes exactly these ids in one call; raises `Unavailable` when AWS does not tell."""


@dataclass(frozen=True)
class Reachable:
    """The instances that AWS shows, and the tags of those of which it does not tell now, by id."""

    instances: tuple[Instance, ...]
    dark: Mapping[str, Tags] = field(default_factory=dict)


def in_parts(ids: Sequence[str], ask: Ask) -> tuple[tuple[Instance, ...], tuple[str, ...]]:
    """Given ids, return the instances that can be described and the ids that cannot, in about
    2 · dark · log2(ids) calls."""
    if not ids:
        return (), ()
    try:
        return ask(ids), ()
    except Unavailable:
        if len(ids) == 1:
            return (), tuple(ids)
    middle = len(ids) // 2
    first, later = in_parts(ids[:middle], ask), in_parts(ids[middle:], ask)
    return first[0] + later[0], first[1] + later[1]
