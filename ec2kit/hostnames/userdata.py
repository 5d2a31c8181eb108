"""User data of two parts: the boot hook, and what the machine was to run anyway.

cloud-init takes any of it gzipped, and EC2 takes 16 KiB as they are before base64. The same parts always make the same
bytes, since a run that was cut looks for what it wrote already. Text here may hold bytes that are no UTF-8, as
surrogates. Pure.
"""

from __future__ import annotations

import gzip

from ec2kit.errors import UsageError
from ec2kit.hostnames.cloud_config import keys_of
from ec2kit.hostnames.hook import MARK
from ec2kit.hostnames.hook import PREFIX as HOOK
from ec2kit.hostnames.parts import Part, multipart, parts_of, unpacked

MOST_BYTES = 16_384
"""RunInstances (EC2 API reference, "UserData"): 16 KB before base64."""
HOSTS = "manage_etc_hosts"
OURS = frozenset({"hostname", "fqdn", "preserve_hostname", "prefer_fqdn_over_hostname", HOSTS})
"""Keys of cloud-config that user data must leave to the hook: what user data says comes before any file."""


def with_hook(hook: str, user_data: str = "", *, etc_hosts: bool = True) -> str:
    """Given a hook and other user data, return both as user data, gzipped where they are too long as they are.

    A hook of ours that was in it is replaced. Without `etc_hosts` the hook leaves /etc/hosts alone, and the other data
    may say what becomes of it. Raises `UsageError` when the other data sets the host name itself, is
    nothing that cloud-init knows, or when both are too long gzipped too.
    """
    others = [part for part in parts_of(unpacked(user_data)) if not is_hook(part.text)]
    for part in others:
        _check_names(part, OURS if etc_hosts else OURS - {HOSTS})
    whole = hook if not others else multipart([Part("text/cloud-boothook", hook), *others])
    raw = whole.encode(errors="surrogateescape")
    if len(raw) <= MOST_BYTES:
        return whole
    # Its time would make other bytes each second.
    packed = gzip.compress(raw, 9, mtime=0)
    if len(packed) > MOST_BYTES:
        raise UsageError(
            f"the user data has {len(packed)} bytes with the boot hook, gzipped; EC2 takes {MOST_BYTES}",
            hint="let it fetch the rest at boot",
        )
    return packed.decode(errors="surrogateescape")


def is_hook(text: str) -> bool:
    """Whether this part is a boot hook of ours."""
    return text.startswith(HOOK) and MARK in text


def _check_names(part: Part, ours: frozenset[str]) -> None:
    for key in sorted(keys_of(part) & ours):
        raise UsageError(
            f"the user data sets '{key}', which is the boot hook's to say",
            hint=f"take `{key}` out of it" + (", or have --no-etc-hosts" if key == HOSTS else ""),
        )
