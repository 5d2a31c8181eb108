"""`ec2kit show`: everything about an instance."""

from __future__ import annotations

from datetime import datetime

import click

from ec2kit.cli.commands.priced import reckoned
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.costs.standing import Cost, Rates, instance_cost
from ec2kit.errors import UsageError
from ec2kit.fleet.about import About, about
from ec2kit.fleet.recoverable import Enrolment
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.model.tags import Tags
from ec2kit.recovery.holds import active_holds
from ec2kit.recovery.policy import Rung, policy_of
from ec2kit.screen.machine import machine_json, machine_pairs
from ec2kit.screen.rows import json_text


@reads
@click.argument("selectors", nargs=-1, required=True, metavar="SELECTOR…")
def show(context: Context, selectors: tuple[str, ...]) -> None:
    """Show everything about an instance: disks, address, groups, last snapshot set, recoverable or not, and why.

    Terminated instances are shown as long as AWS knows them, about an hour. With several instances, JSON is a list.

    \b
    ec2kit show web-1
    ec2kit show 203.0.113.9 -o json
    """
    selection = parse(context.expand(selectors))
    aws = context.aws()
    found = [about(aws, instance, enrolment) for instance in select(aws, selection, terminated=True)]
    context.announce()
    costs = reckoned(context, lambda rates: [_cost(rates, aws.region, each) for each in found])
    priced: list[Cost | None] = [*(costs or ())] or [None for _ in found]
    _print(context, list(zip(found, priced, strict=True)))


def enrolment(tags: Tags, now: datetime) -> Enrolment:
    """Given an instance's tags, return what recovery may do for it, and what holds it back."""
    try:
        policy = policy_of(tags)
    except UsageError as error:
        return Enrolment(problem=f"its recovery tags cannot be read: {error.message}")
    holds = tuple(str(hold) for hold in active_holds(tags, now).values())
    if policy is None:
        return Enrolment(holds=holds)
    return Enrolment(
        policy.last.reaches(Rung.RESTART), policy.last.reaches(Rung.REPLACE), policy.max_age, holds
    )


def _cost(rates: Rates, region: str, about: About) -> Cost:
    """What a machine costs a month as it stands."""
    machine = about.machine
    elastic = [machine.address.public_ip] if machine.address else []
    return instance_cost(rates, region, machine.instance, machine.volumes, elastic)


def _print(context: Context, found: list[tuple[About, Cost | None]]) -> None:
    if len(found) != 1 and context.paper.format == "json":
        context.write(json_text([machine_json(each, cost) for each, cost in found]))
        return
    for number, (each, cost) in enumerate(found):
        if number and context.paper.format == "table":
            context.write("\n")
        context.show_one(machine_json(each, cost), machine_pairs(each, cost))
