"""`ec2kit launch`: new instances with names, spread over zones, each with an address of its own if wanted."""

from __future__ import annotations

import click

from ec2kit.cli.carrying import Manner
from ec2kit.cli.commands.launch_hook import with_boot_hook
from ec2kit.cli.commands.launch_layers import layered
from ec2kit.cli.commands.priced import costs_of
from ec2kit.cli.context import Context
from ec2kit.cli.naming_service import text_of_file
from ec2kit.cli.options import AT_ONCE, changes
from ec2kit.config import LaunchProfile
from ec2kit.costs.planned import Known
from ec2kit.engine.plan import Plan
from ec2kit.errors import UsageError
from ec2kit.fleet.launch.disks import parse_volume
from ec2kit.fleet.launch.ground import Ground
from ec2kit.fleet.launch.observe import observe
from ec2kit.fleet.launch.plan import launch_plan
from ec2kit.fleet.launch.wanted import Wanted, check
from ec2kit.fleet.tags.words import parse_pairs


@changes
@click.argument("name", metavar="NAME|PATTERN")
@click.option("-n", "--count", type=AT_ONCE, default=1, show_default=True, help="how many")
@click.option("--image", metavar="IMAGE", help="id, or name of an image of yours or of Amazon's")
@click.option(
    "--type", "types", multiple=True, metavar="TYPE,…", help="instance type; several are tried in order"
)
@click.option("--zone", "--zones", "zones", multiple=True, metavar="ZONE,…", help="zones to spread over")
@click.option(
    "--subnet", "subnets", multiple=True, metavar="SUBNET,…", help="subnets to spread over, by id or name"
)
@click.option("--key", metavar="NAME", help="key pair")
@click.option("--group", "groups", multiple=True, metavar="GROUP,…", help="security groups, by id or name")
@click.option("--role", metavar="PROFILE", help="instance profile, by name or ARN")
@click.option("--user-data", metavar="FILE", help="what cloud-init runs at the first boot; `-` is stdin")
@click.option("--tag", "tags", multiple=True, metavar="K=V", help="a tag, also of the volumes")
@click.option("--volume", "volumes", multiple=True, metavar="SIZE[:TYPE][@DEVICE]", help="a disk, in GiB")
@click.option("--eip", is_flag=True, help="an Elastic IP for each")
@click.option("--hostname", metavar="PATTERN", help="host name, with {n} for the number; kept in a tag")
@click.option(
    "--no-boothook", is_flag=True, help="with --hostname: only the tag, the user data stays as it is"
)
@click.option(
    "--no-etc-hosts", is_flag=True, help="with --hostname: the boot hook leaves /etc/hosts to others"
)
@click.option("--like", metavar="INSTANCE", help="what is not said here is as that one has it")
@click.option("--template", metavar="NAME[:VERSION]", help="what is not said here is in this launch template")
def launch(
    context: Context,
    name: str,
    count: int,
    image: str | None,
    types: tuple[str, ...],
    zones: tuple[str, ...],
    subnets: tuple[str, ...],
    key: str | None,
    groups: tuple[str, ...],
    role: str | None,
    user_data: str | None,
    tags: tuple[str, ...],
    volumes: tuple[str, ...],
    eip: bool,
    hostname: str | None,
    no_boothook: bool,
    no_etc_hosts: bool,
    like: str | None,
    template: str | None,
) -> None:
    """Launch instances. `web-{n}` takes the lowest free numbers; several of a bare `web` are named so too.

    Image, type and the rest come from the options, else from --like or --template, else from the profile of that
    name and the defaults in ec2kit.yaml; on the sandbox, what is still missing is as its own machines have it. Where
    a zone has no capacity the next zone is tried, then the next type.

    With --hostname, and `hostname.url` in ec2kit.yaml, each machine asks the hostname service for its name when it
    boots: a boot hook goes before the user data.

    \b
    ec2kit launch web -n 4 --image debian-12-amd64 --type t3.micro
    ec2kit launch 'web-{n}' -n 2 --like web-1 --eip --hostname 'web-{n}.shop.example.com'
    """
    typed = LaunchProfile(image or "", _split(types), key or "", _split(subnets), _split(groups), role or "")
    wanted = Wanted(
        pattern=name,
        count=count,
        profile=typed if like or template else layered(context, name, typed),
        zones=_split(zones),
        tags=parse_pairs(tags),
        volumes=tuple(map(parse_volume, volumes)),
        user_data=text_of_file(context, user_data, "--user-data") if user_data else "",
        hostname=hostname or "",
        address=eip,
        template=template or "",
        like=like or "",
    )
    if no_boothook and no_etc_hosts:
        raise UsageError("--no-etc-hosts is for the boot hook", hint="leave out one of the two")
    if not no_boothook:
        wanted = with_boot_hook(context, wanted, etc_hosts=not no_etc_hosts)
    check(wanted)
    seen = Known()

    def plan() -> Plan:
        nonlocal seen
        ground = observe(context.aws(), wanted)
        seen = _known(ground)
        return launch_plan(wanted, ground)

    context.carry_out(
        plan,
        Manner(
            made="instance_id",
            later="ec2kit wait {ids} --for running",
            secrets=(wanted.user_data,) if wanted.user_data else (),
            costs=costs_of(context, lambda: seen),
        ),
    )


def _known(ground: Ground) -> Known:
    """What the launch stands on, as far as it decides what is billed."""
    return Known(
        {ground.image.id: ground.image} if ground.image else {},
        frozenset(subnet.id for subnet in ground.subnets if subnet.public_at_launch),
        ground.template_data,
    )


def _split(words: tuple[str, ...]) -> tuple[str, ...]:
    """`a,b` is two words."""
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())
