"""Two small commands in the way of the real ones, so that the flow is tested without them."""

from __future__ import annotations

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.context import Context
from ec2kit.cli.options import changes, reads
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps import AllocateAddress, SetTags, StopInstance
from ec2kit.errors import NotFound
from ec2kit.model.instances import Instance, State
from ec2kit.screen.columns import STATE_STYLES, Column

COLUMNS: tuple[Column[Instance], ...] = (
    Column("id", lambda instance: instance.id),
    Column("name", lambda instance: instance.name),
    Column("state", lambda instance: instance.state, styles=STATE_STYLES),
)


def machines(context: Context, names: tuple[str, ...]) -> list[Instance]:
    """The living machines of these names, or all."""
    found = {
        each.name: each for each in context.aws().instances.describe() if each.state is not State.TERMINATED
    }
    for name in names:
        if name not in found:
            raise NotFound(f"there is no machine '{name}'", resource=name, hint="ec2kit ls")
    return [found[name] for name in names or sorted(found)]


@reads
@click.argument("names", nargs=-1)
def ls(context: Context, names: tuple[str, ...]) -> None:
    """List machines."""
    context.show(COLUMNS, machines(context, context.expand(names)))


@changes
@click.argument("names", nargs=-1)
def stop(context: Context, names: tuple[str, ...]) -> None:
    """Stop machines."""
    words = context.expand(names)

    def plan() -> Plan:
        found = machines(context, words)
        kept = tuple(
            Refusal("ec2kit:keep", f"{each.name} ({each.id})", "it is protected")
            for each in found
            if "ec2kit:keep" in each.tags
        )
        going = [each for each in found if "ec2kit:keep" not in each.tags]
        stopped = tuple(
            (f"{each.name} ({each.id})", "stopped already") for each in going if each.state is State.STOPPED
        )
        steps = tuple(
            Planned(f"stop/{each.name}", StopInstance(each.id), subject=each.name)
            for each in going
            if each.state is not State.STOPPED
        )
        return Plan(steps, kept, stopped, why_empty="no machine runs", notes=("volumes stay billed",))

    context.carry_out(plan, Manner(later="ec2kit wait {ids} --for stopped"))


@changes
@click.argument("key")
def mark(context: Context, key: str) -> None:
    """Tag all machines, which does not ask."""

    def plan() -> Plan:
        ids = tuple(each.id for each in machines(context, ()))
        return Plan.of(SetTags(ids, {key: "1"}))

    context.carry_out(plan)


@changes
@click.option("-n", "--count", default=1, help="how many")
def allocate(context: Context, count: int) -> None:
    """Allocate addresses."""
    steps = tuple(Planned(f"allocate/{number}", AllocateAddress()) for number in range(count))
    context.carry_out(lambda: Plan(steps), Manner(made="allocation_id"))


COMMANDS = {"ls": ls, "stop": stop, "mark": mark, "allocate": allocate}
