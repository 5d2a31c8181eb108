"""The boot hook: `hook.sh` with the settings of one fleet in it, as user data that cloud-init runs before any service.

POSIX shell, since nothing else is certain to be on a machine; it wants curl, or a wget that can PUT. It is told the CA
of the service, so that nobody else can give names. Pure but for reading the file that is shipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ec2kit.errors import UsageError
from ec2kit.inventory.selectors import is_ip

PREFIX = "#cloud-boothook\n"
"""What cloud-init knows a boot hook by (cloud-init, "User-data formats"); a shebang follows."""
MARK = "written by the ec2kit boot hook"
"""In every hook of ours, whatever its settings: an older one is replaced, and not run beside the new one."""
DEADLINE_SECONDS = 120
"""How long a machine asks before it goes on without: the service itself waits 30 s for DNS."""
_SETTINGS = re.compile(r"^# settings\n.*?^# end of settings\n", re.MULTILINE | re.DOTALL)
_URL = re.compile(r"https://(?P<host>\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE)
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----", re.MULTILINE
)


@dataclass(frozen=True)
class HookSettings:
    """What a hook is told; `service` without a path: `https://names.example.com:8443`."""

    service: str
    authority: str = ""
    """The certificates that the service's own must lead to, in PEM; empty: those that the machine trusts anyway."""
    deadline_seconds: int = DEADLINE_SECONDS
    etc_hosts: bool = True
    """Whether cloud-init keeps the name in /etc/hosts."""
    puppet: str = ""
    """The Puppet server to enrol with at the end of the first boot; empty: cloud-init is told nothing of Puppet."""


def boot_hook(settings: HookSettings) -> str:
    """Given what it is told, return the hook as user data; raises `UsageError` for what cannot be meant."""
    told = {
        "service": _service(settings.service),
        "authority": _certificates(settings.authority),
        "patience": str(_deadline(settings.deadline_seconds)),
        "hosts": "true" if settings.etc_hosts else "false",
        "puppet": _puppet(settings.puppet),
    }
    # What was checked above has no quote in it.
    lines = "".join(f"{name}='{value}'\n" for name, value in told.items())
    return PREFIX + _SETTINGS.sub(lambda _: lines, _script())


@cache
def _script() -> str:
    """The file without its comments: a machine's user data has room for 16 KiB."""
    text = files("ec2kit.hostnames").joinpath("hook.sh").read_text(encoding="utf-8")
    first, *rest = text.splitlines(keepends=True)
    keep = ("# settings\n", "# end of settings\n")
    return first + "".join(
        line for line in rest if line.strip() and (line in keep or not line.lstrip().startswith("#"))
    )


def _service(url: str) -> str:
    found = _URL.fullmatch(url.rstrip("/"))
    if found is None or not (is_ip(found["host"].strip("[]")) or _HOST.fullmatch(found["host"])):
        raise UsageError(
            f"'{url}' is not where a hostname service is",
            hint="write it as https://HOST:PORT; it gives names away, so it must be https",
        )
    return url.rstrip("/")


def _certificates(pem: str) -> str:
    """The certificates alone: what else stands in the file (keys!) is not for every process of a machine."""
    found = [part.group() for part in _CERTIFICATE.finditer(pem)]
    if pem.strip() and not found:
        raise UsageError("the CA of the hostname service has no certificate in it", hint="it wants PEM")
    return "\n".join("\n".join(line.strip() for line in part.splitlines()) for part in found)


def _deadline(seconds: int) -> int:
    if not 5 <= seconds <= 3600:
        raise UsageError(f"a boot hook cannot wait for {seconds} s", hint="between 5s and 1h")
    return seconds


def _puppet(server: str) -> str:
    if server and not _HOST.fullmatch(server):
        raise UsageError(f"'{server}' is not the name of a Puppet server", hint="--puppet puppet.example.com")
    return server
