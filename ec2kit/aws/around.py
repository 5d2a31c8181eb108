"""Describing around a zone that is disturbed.

During a zone disruption DescribeInstances fails as a whole when it names an affected instance, or none at all
(filters do not count). So the ids are asked of DescribeTags, and then named in parts, until the ones are left of
which AWS does not tell: about them nothing is known, which is not that they are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ec2kit.errors import NotFound, NotTold
from ec2kit.model.instances import Instance

Ask = Callable[[Sequence[str]], tuple[Instance, ...]]
"""Describes exactly these ids in one call; raises `NotTold` when AWS does not tell, `NotFound`."""


@dataclass(frozen=True)
class Reachable:
    """The instances that AWS shows, and the ids of those of which it does not tell now."""

    instances: tuple[Instance, ...]
    dark: tuple[str, ...] = ()


def in_parts(ids: Sequence[str], ask: Ask) -> tuple[tuple[Instance, ...], tuple[str, ...]]:
    """Given ids, return the instances that can be described and the ids of which AWS does not tell, in about
    2 · (dark + unknown) · log2(ids) calls; ids that do not exist are in neither."""
    if not ids:
        return (), ()
    try:
        return ask(ids), ()
    except NotTold:
        if len(ids) == 1:
            return (), tuple(ids)
    except NotFound:
        if len(ids) == 1:
            return (), ()
    middle = len(ids) // 2
    first, later = in_parts(ids[:middle], ask), in_parts(ids[middle:], ask)
    return first[0] + later[0], first[1] + later[1]
