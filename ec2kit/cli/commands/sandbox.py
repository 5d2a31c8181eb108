"""`ec2kit sandbox …`: the practice AWS on this machine: start, stop, look, break, mend, let time pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ec2kit.cli.connecting import sandbox_name
from ec2kit.cli.context import Context
from ec2kit.cli.options import practises
from ec2kit.errors import NotFound, UsageError
from ec2kit.model.periods import format_time, parse_duration
from ec2kit.screen.sandbox import environment_text, status_pairs

if TYPE_CHECKING:
    from ec2kit.sandbox.control import Control
    from ec2kit.sandbox.process import Address

SPEED = click.FloatRange(0, 100_000, min_open=True)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@practises
@click.option("--speed", type=SPEED, metavar="N", help="let its time run N times as fast")
@click.option("--seed", type=int, metavar="N", help="for a new one: what its chance begins from")
@click.option("--empty", is_flag=True, help="for a new one: no machines, addresses and images in it")
@click.option("--faults", type=FILE, metavar="FILE", help="break what this file says")
def start(context: Context, speed: float | None, seed: int | None, empty: bool, faults: Path | None) -> None:
    """Start a practice AWS on this machine, with a small account in it. A second start is harmless.

    Its state is saved when it stops and loaded when it starts again. Any command works on it with `--sandbox`
    or EC2KIT_SANDBOX=1, which start it too.

    \b
    ec2kit sandbox start --speed 60
    """
    from ec2kit.host.paths import make_state_directory
    from ec2kit.sandbox import process

    name = _name(context)
    before = process.find(name, _runtime(context))
    address = process.start(
        name,
        state_dir=make_state_directory(context.state_directory),
        runtime_dir=_runtime(context),
        speed=speed,
        seed=seed,
        empty=empty,
        faults_file=faults,
    )
    if before and speed is not None:
        address.control().set_speed(speed)
    if before and faults is not None:
        address.control().load_faults(faults.read_text(encoding="utf-8"), str(faults))
    context.say(f"the sandbox '{name}' {'runs already' if before else 'started'} at {address.endpoint}")
    if before and (empty or seed is not None):
        context.say("--empty and --seed are for a new one: stop it with --forget first")


@practises
@click.option("--forget", is_flag=True, help="remove its state and its history too")
def stop(context: Context, forget: bool) -> None:
    """Stop the practice AWS. Its state is kept unless `--forget` is given; one that does not run is no error.

    \b
    ec2kit sandbox stop
    ec2kit sandbox stop --forget
    """
    from ec2kit.sandbox import process

    name = _name(context)
    there = process.find(name, _runtime(context)) is not None
    if forget:
        process.forget(name, state_dir=context.state_directory, runtime_dir=_runtime(context))
        _forget_runs(context, name)
    else:
        process.stop(name, _runtime(context))
    gone = "; its state is removed" if forget else ""
    context.say(f"the sandbox '{name}' {'stopped' if there else 'was not running'}{gone}")


@practises
def status(context: Context) -> None:
    """Show what runs, its clock and speed, what is broken, and the faults that fired. Exit 4 when it does not run.

    \b
    ec2kit sandbox status
    """
    address = running_sandbox(context)
    found = {
        "id": address.name,
        "endpoint": address.endpoint,
        "pid": address.pid,
        **address.control().status(),
    }
    context.show_one(found, status_pairs(found))


@practises
@click.option("--instance", metavar="ID", help="add the metadata service of this instance")
def env(context: Context, instance: str | None) -> None:
    """Print the exports that point other tools (the AWS CLI, boto3, Terraform) at the practice AWS.

    \b
    eval "$(ec2kit sandbox env)"; aws ec2 describe-instances
    """
    from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY

    address = running_sandbox(context)
    region = context.setting("region")
    values = {
        "AWS_ENDPOINT_URL": address.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": region.text if region else REGION,
        "AWS_DEFAULT_REGION": region.text if region else REGION,
        "EC2KIT_SANDBOX": address.name,
    }
    if instance:
        values["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = f"{address.endpoint}/_ec2kit/imds/{instance}/"
    context.write(environment_text(values, context.paper))


@practises
@click.argument("what", required=False)
@click.argument("where", required=False, default="")
@click.option("--times", type=click.IntRange(1), metavar="N", help="so often, then no more")
@click.option("--for", "lasts", metavar="TIME", help="for so long")
@click.option("--probability", type=click.FloatRange(0, 1), default=1.0, metavar="P", help="not always")
@click.option("--after", type=click.IntRange(0), default=0, metavar="N", help="let N requests pass first")
@click.option("--faults", type=FILE, metavar="FILE", help="what this file says, instead of WHAT")
def break_(
    context: Context,
    what: str | None,
    where: str,
    times: int | None,
    lasts: str | None,
    probability: float,
    after: int,
    faults: Path | None,
) -> None:
    """Make something fail, and print the id by which it is mended.

    WHAT about requests: throttle, 500, 503, error:CODE, reset, delay:5s, timeout, lose-answer; WHERE is an action
    such as ec2:RunInstances. About resources: no-capacity (zone or type), impair:system, impair:instance,
    impair:ebs, stuck-stop, dead-port:80 (instance), fail-snapshot, zone-down (zone), rival:INSTANCE (address),
    probe-path.

    \b
    ec2kit sandbox break throttle ec2:RunInstances --times 3
    ec2kit sandbox break impair:system web-1
    """
    from ec2kit.sandbox.faults import Spell

    control = _control(context)
    if (what is None) == (faults is None):
        raise UsageError("name what is to break, or a file with --faults", hint="ec2kit help sandbox break")
    if faults is not None:
        ids = control.load_faults(faults.read_text(encoding="utf-8"), str(faults))
    else:
        spell = Spell(times, after, probability, lasts=parse_duration(lasts) if lasts else None)
        ids = [control.break_(what or "", where, spell)]
    context.write("".join(f"{each}\n" for each in ids))


@practises
@click.argument("what", metavar="ID|RESOURCE|all")
def mend(context: Context, what: str) -> None:
    """Make what was broken work again: by the id that `break` printed, by resource, or all; prints what was mended.

    \b
    ec2kit sandbox mend web-1
    ec2kit sandbox mend all
    """
    context.write("".join(f"{each}\n" for each in _control(context).mend(what)))


@practises
@click.argument("step", metavar="TIME")
def tick(context: Context, step: str) -> None:
    """Let time pass at once, and print the practice AWS's new time.

    \b
    ec2kit sandbox tick 10m
    """
    context.write(format_time(_control(context).tick(parse_duration(step))) + "\n")


def _forget_runs(context: Context, name: str) -> None:
    """Remove the history of a sandbox that is gone: its unfinished runs must not go on in the next one's world."""
    from shutil import rmtree

    from ec2kit.host.paths import store_directory

    pattern = store_directory(context.state_directory, f"sandbox-{name}", "*", "*").name
    for directory in context.state_directory.glob(pattern):
        rmtree(directory)


def _name(context: Context) -> str:
    return sandbox_name(context.setting("sandbox")) or "default"


def _runtime(context: Context) -> Path:
    from ec2kit.host.paths import runtime_directory

    return runtime_directory(context.surroundings.environ)


def running_sandbox(context: Context) -> Address:
    """Where the sandbox is that the command is about. Raises NotFound when it does not run."""
    from ec2kit.sandbox import process

    name = _name(context)
    found = process.find(process.checked_name(name), _runtime(context))
    if found is None:
        raise NotFound(f"the sandbox '{name}' does not run", resource=name, hint="ec2kit sandbox start")
    return found


def _control(context: Context) -> Control:
    return running_sandbox(context).control()
