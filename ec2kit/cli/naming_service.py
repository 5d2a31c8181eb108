"""The hostname service as the settings have it: where operators are heard, and what boot hooks are told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.errors import UsageError

if TYPE_CHECKING:
    from ec2kit.cli.context import Context
    from ec2kit.hostnames.service import Operator


def operator_of(context: Context, patience: float = 60.0) -> Operator:
    """The operators' side of the service, whose answers are waited for so many seconds; raises `UsageError` when
    nothing says where it is."""
    from ec2kit.host.services import ServiceDoor
    from ec2kit.hostnames.service import Operator

    at = hostname_setting(context, "operator")
    if not at:
        raise UsageError(
            "nothing says where the hostname service hears operators",
            hint="write `hostname: {operator: unix:/run/hostname-service/operator.sock}` in ec2kit.yaml, or set "
            "EC2KIT_HOSTNAME_OPERATOR",
        )
    ca, cert, key = (_path(context, hostname_setting(context, name)) for name in ("ca", "cert", "key"))
    return Operator(ServiceDoor(at, ca, cert, key, patience))


def hostname_setting(context: Context, name: str, flag: str | None = None) -> str:
    """What counts for a key of `ec2kit.config.HOSTNAME`; empty: nobody set it."""
    return context.config.hostname_setting(name, flag, context.surroundings.environ)


def certificates(context: Context, flag: str | None = None) -> str:
    """The text of the CA's file, empty when none is set; raises `UsageError` when it cannot be read."""
    name = hostname_setting(context, "ca", flag)
    return text_of_file(context, name, "the CA of the hostname service") if name else ""


def text_of_file(context: Context, name: str, what: str) -> str:
    """A file, `-` being stdin; bytes that are no UTF-8 come through as they are. Raises `UsageError`."""
    around = context.surroundings
    if name == "-":
        # Text mode would make line ends of what gzip has in it.
        stdin = getattr(around.stdin, "buffer", None)
        return stdin.read().decode(errors="surrogateescape") if stdin else around.stdin.read()
    try:
        return (around.cwd / name).read_bytes().decode(errors="surrogateescape")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{what}: '{name}' cannot be read: {why}", resource=name) from error


def _path(context: Context, name: str) -> Path | None:
    return context.surroundings.cwd / name if name else None
