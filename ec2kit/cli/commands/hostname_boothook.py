"""`ec2kit hostname boothook`: the user data that has a machine ask for its name before any service starts."""

from __future__ import annotations

import click

from ec2kit.cli.context import Context
from ec2kit.cli.naming_service import certificates, hostname_setting, text_of_file
from ec2kit.cli.options import stays
from ec2kit.errors import UsageError
from ec2kit.hostnames.hook import DEADLINE_SECONDS, HookSettings, boot_hook
from ec2kit.hostnames.userdata import MOST_BYTES, with_hook
from ec2kit.model.periods import parse_duration


@stays
@click.option("--url", metavar="URL", help="the hostname service: https://HOST:PORT")
@click.option("--ca", metavar="FILE", help="the CA that its certificate leads to")
@click.option(
    "--deadline", metavar="TIME", help=f"how long a machine asks before it goes on [{DEADLINE_SECONDS}s]"
)
@click.option("--no-etc-hosts", is_flag=True, help="leave /etc/hosts to others")
@click.option("--puppet", metavar="SERVER", help="enrol with this Puppet server at the end of the first boot")
@click.option("--merge", metavar="FILE", help="user data that the machine runs too; `-` is stdin")
def boothook(
    context: Context,
    url: str | None,
    ca: str | None,
    deadline: str | None,
    no_etc_hosts: bool,
    puppet: str | None,
    merge: str | None,
) -> None:
    """Print a boot hook, for a launch by other means than `launch --hostname`, which adds it by itself.

    It needs cloud-init and curl (or a wget that can PUT). Where both parts are too long for EC2 they are printed
    gzipped. The name is the one that the machine was assigned, or that of its tag `ec2kit:hostname`. While the service
    is away that tag is read in the metadata: launch with InstanceMetadataTags=enabled.

    \b
    ec2kit hostname boothook --url https://names.example.com:8443 --ca ca.pem > user-data
    ec2kit hostname boothook --puppet puppet.example.com --merge cloud-config.yaml > user-data
    """
    service = hostname_setting(context, "url", url)
    if not service:
        raise UsageError(
            "nothing says where the hostname service is",
            hint="--url https://HOST:PORT, or write `hostname: {url: …, ca: …}` in ec2kit.yaml",
        )
    seconds = DEADLINE_SECONDS if deadline is None else int(parse_duration(deadline).total_seconds())
    enrolling = hostname_setting(context, "puppet", puppet)
    settings = HookSettings(service, certificates(context, ca), seconds, not no_etc_hosts, enrolling)
    other = text_of_file(context, merge, "--merge") if merge else ""
    text = with_hook(boot_hook(settings), other, etc_hosts=not no_etc_hosts)
    raw = text.encode(errors="surrogateescape")
    if not raw.isascii() and context.surroundings.stdout_is_terminal:
        raise UsageError(f"this is too long for EC2 but gzipped, in {len(raw)} bytes", hint="… > user-data")
    context.output.write_bytes(raw)
    context.say(f"{len(raw)} of {MOST_BYTES} bytes")
