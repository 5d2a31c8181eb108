"""A launch with a host name: the boot hook beside what the machines were to run anyway."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from ec2kit.cli.naming_service import certificates, hostname_setting
from ec2kit.errors import UsageError

if TYPE_CHECKING:
    from ec2kit.cli.context import Context
    from ec2kit.fleet.launch.wanted import Wanted


def with_boot_hook(context: Context, wanted: Wanted, *, etc_hosts: bool) -> Wanted:
    """Given a launch, return it with the boot hook in its user data; as it is without a host name, or when nothing
    says where the hostname service is. `etc_hosts`: whether the hook keeps the name in /etc/hosts.

    Raises `UsageError` when the two cannot go together, or when a hook that is not there shall leave /etc/hosts alone.
    """
    service = hostname_setting(context, "url")
    if not wanted.hostname or not service:
        if not etc_hosts:
            raise UsageError(
                "--no-etc-hosts is for the boot hook, and there is none",
                hint="it comes with --hostname, when `hostname.url` is set in ec2kit.yaml",
            )
        return wanted
    from ec2kit.hostnames.hook import HookSettings, boot_hook
    from ec2kit.hostnames.userdata import with_hook

    enrolling = hostname_setting(context, "puppet")
    hook = boot_hook(HookSettings(service, certificates(context), etc_hosts=etc_hosts, puppet=enrolling))
    other = wanted.user_data or _theirs(context, wanted)
    return replace(wanted, user_data=with_hook(hook, other, etc_hosts=etc_hosts), boot_hook=True)


def _theirs(context: Context, wanted: Wanted) -> str:
    """The user data that --like or --template stand for, which the hook would otherwise take the place of."""
    if wanted.like:
        from ec2kit.inventory.select import select_one
        from ec2kit.inventory.selectors import parse

        aws = context.aws()
        return aws.instances.attributes(select_one(aws, parse([wanted.like])).id).user_data
    if wanted.template:
        from ec2kit.fleet.launch.templates import find_template

        encoded = str(find_template(context.aws(), wanted.template).data.get("UserData", ""))
        return base64.b64decode(encoded).decode(errors="surrogateescape")
    return ""
