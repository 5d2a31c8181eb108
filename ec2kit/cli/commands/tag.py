"""`ec2kit tag set`, `tag ls` and `tag delete`: tags of instances and of anything with an AWS id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.context import Context
from ec2kit.cli.items import items_of
from ec2kit.cli.options import changes, reads
from ec2kit.engine.plan import Plan
from ec2kit.engine.session import Outcome
from ec2kit.fleet.tags.plan import Resource, delete_plan, set_plan
from ec2kit.fleet.tags.resources import observe
from ec2kit.fleet.tags.words import check_key, parse_pairs
from ec2kit.screen.columns import Column
from ec2kit.screen.reports import Item

Row = tuple[str, str, str]
TAG_COLUMNS: tuple[Column[Row], ...] = (
    Column("id", lambda row: row[0]),
    Column("key", lambda row: row[1]),
    Column("value", lambda row: row[2]),
)


@changes
@click.argument("selector", metavar="SELECTOR")
@click.argument("pairs", nargs=-1, required=True, metavar="K=V…")
def set_(context: Context, selector: str, pairs: tuple[str, ...]) -> None:
    """Set tags. SELECTOR is an instance selector, the id of anything (vol-…, snap-…, eipalloc-…), or `-`.

    \b
    ec2kit tag set web-1 role=web stage=live
    ec2kit tag set vol-0123456789abcdef0 Name=data
    """
    words, tags = context.expand([selector]), parse_pairs(pairs)
    names: dict[str, str] = {}
    context.carry_out(
        lambda: set_plan(_seen(context, words, names), tags), Manner(items=_each("tag set", names))
    )


@reads
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
def ls(context: Context, selectors: tuple[str, ...]) -> None:
    """List tags: one line for each tag.

    \b
    ec2kit tag ls web-1
    ec2kit tag ls role=web -o json
    """
    found = observe(context.aws(), context.expand(selectors))
    context.announce()
    context.show(TAG_COLUMNS, [(each.id, key, each.tags[key]) for each in found for key in sorted(each.tags)])


@changes
@click.argument("selector", metavar="SELECTOR")
@click.argument("keys", nargs=-1, required=True, metavar="K…")
def delete(context: Context, selector: str, keys: tuple[str, ...]) -> None:
    """Delete tags by their keys.

    \b
    ec2kit tag delete web-1 stage
    """
    words = context.expand([selector])
    for key in keys:
        check_key(key)
    names: dict[str, str] = {}
    context.carry_out(
        lambda: delete_plan(_seen(context, words, names), keys), Manner(items=_each("tag delete", names))
    )


def _seen(context: Context, words: Sequence[str], names: dict[str, str]) -> Sequence[Resource]:
    """What is to be tagged; its names are added to `names`, for the report."""
    found = observe(context.aws(), words)
    names.update((each.id, each.name) for each in found)
    return found


def _each(action: str, names: Mapping[str, str]) -> Callable[[Plan, Outcome], Sequence[Item]]:
    """The bulk report of steps that are about many resources: one line for each of them."""

    def items(plan: Plan, outcome: Outcome) -> Sequence[Item]:
        by_subject = {planned.subject: planned.step for planned in plan.steps}
        found: list[Item] = []
        for item in items_of(plan, outcome, action):
            step = by_subject.get(item.name) or by_subject.get(item.id)
            resources = vars(step)["resources"] if step is not None else (item.id,)
            found += [replace(item, id=id, name=names.get(id, "") if step else item.name) for id in resources]
        return found

    return items
