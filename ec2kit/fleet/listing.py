"""Instances of several regions at once: a word counts as missing only when no region has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ec2kit.errors import NotFound
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import Selection, Term
from ec2kit.model.instances import Instance

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def instances_in(
    regions: Sequence[Aws], selection: Selection, *, terminated: bool = False
) -> tuple[Instance, ...]:
    """Given one or more regions, return the instances of the selection, region after region.

    Raises `NotFound` for a word that no region knows, `UsageError` for a name that is ambiguous in one region.
    """
    if len(regions) == 1:
        return select(regions[0], selection, terminated=terminated)
    if not selection.terms or selection.everything:
        return tuple(found for aws in regions for found in select(aws, selection, terminated=terminated))
    chosen: dict[str, Instance] = {}
    for term in selection.terms:
        chosen.update({each.id: each for each in _of_term(regions, selection, term, terminated=terminated)})
    return tuple(chosen.values())


def _of_term(
    regions: Sequence[Aws], selection: Selection, term: Term, *, terminated: bool
) -> tuple[Instance, ...]:
    found: list[Instance] = []
    missing: list[NotFound] = []
    for aws in regions:
        try:
            found += select(aws, replace(selection, terms=(term,)), terminated=terminated)
        except NotFound as error:
            missing.append(error)
    if len(missing) == len(regions):
        raise missing[0]
    return tuple(found)
