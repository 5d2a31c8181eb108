"""GetConsoleOutput: what a machine printed while it booted."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.general import General

from ec2kit.sandbox.rules import lookup, patching
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.world import current


def text(instance: Any) -> str:
    """Given an instance, return its console: its own if it really runs, else one as such machines have; empty until
    it has booted once."""
    machine = current().live.find(instance.id)
    if machine is not None:
        return machine.console
    booted: datetime | None = instance.booted_at
    if booted is None:
        return ""
    host = (instance.private_dns_name or instance.id).split(".", 1)[0]
    key = instance.key_name or "no key pair"
    lines = [
        f"[    0.000000] Linux version 6.1.0 on {instance.architecture}, {instance.instance_type}",
        f"[    0.412044] nvme nvme0: {instance.root_device_name} is ready",
        f"[    2.118209] systemd[1]: Set hostname to <{host}>.",
        f"[    6.302117] cloud-init[412]: booted at {booted:%a, %d %b %Y %H:%M:%S +0000}. Up 6.30 seconds.",
        f"[    6.911870] cloud-init[412]: ci-info: {instance.private_ip or '-'} {key}",
        f"{host} login: ",
    ]
    if current().conditions.impaired_since(instance.id, "instance"):
        lines[-1:] = ["[  901.224416] INFO: task kworker/0:1 blocked for more than 120 seconds."]
    return "\n".join(lines)


def _get_console_output(_original: Any) -> Callable[[Any], ActionResult]:
    def get_console_output(self: Any) -> ActionResult:
        self.error_on_dryrun()
        instance = lookup.named(self.ec2_backend, [self._get_param("InstanceId")])[0]
        said = base64.b64encode(text(instance).encode()).decode()
        members = {"InstanceId": instance.id, "Output": said, "Timestamp": now()}
        return ActionResult(members)

    return get_console_output


def install() -> None:
    """moto prints the same console for every machine."""
    patching.replace(General, "get_console_output", _get_console_output)
