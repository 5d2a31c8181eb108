"""Who and where we are: for the journal, and so that nothing acts on the machine it runs on."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ec2kit.model.ids import InstanceId

GROUP = "ec2kit"
"""The group whose members share root's state directory."""
ASSET_TAG = Path("/sys/devices/virtual/dmi/id/board_asset_tag")
"""Where Nitro instances show their id ("Identify EC2 Linux instances", EC2 user guide)."""
SELF = "EC2KIT_SELF_INSTANCE"


@dataclass(frozen=True)
class User:
    """Who runs this process, as the system knows them; `in_group` is membership of `GROUP`."""

    uid: int
    name: str
    home: Path
    in_group: bool = False


def this_user(environ: Mapping[str, str]) -> User:
    """The user of this process; HOME counts before the password file, and neither need exist in a container."""
    uid = os.getuid()
    name, home = str(uid), "/"
    with suppress(KeyError):
        entry = pwd.getpwuid(uid)
        name, home = entry.pw_name, entry.pw_dir
    return User(uid, name, Path(environ.get("HOME") or home), _in_group())


def group_id() -> int | None:
    """The number of `GROUP`, None where there is no such group."""
    with suppress(KeyError):
        return grp.getgrnam(GROUP).gr_gid
    return None


def _in_group() -> bool:
    number = group_id()
    return number is not None and number in (os.getegid(), *os.getgroups())


def host_name() -> str:
    """This machine's name."""
    return socket.gethostname()


def who(environ: Mapping[str, str]) -> str:
    """`user@host`; the person behind sudo rather than root."""
    sudo = environ.get("SUDO_USER", "") if os.getuid() == 0 else ""
    return f"{sudo or this_user(environ).name}@{host_name()}"


def self_instance(environ: Mapping[str, str], asset_tag: Path = ASSET_TAG) -> InstanceId | None:
    """The instance that this process runs on, from `EC2KIT_SELF_INSTANCE` or the machine's board; None elsewhere.

    An instance without that board (Xen) has to be told by the variable: nothing here asks the network.
    """
    found = environ.get(SELF, "").strip()
    if not found:
        with suppress(OSError, UnicodeDecodeError):
            found = asset_tag.read_text(encoding="ascii").strip()
    return InstanceId(found) if found.startswith("i-") else None
