"""What one machine knows about itself and no other may inherit: the list, and a script that removes it.

For new roots and for copies of running machines. On a copy, an account's keys and home stay: they are the
machine's, not this run's of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

HOMES = ("/root", "/home/*")


class Act(StrEnum):
    """What is done with a path."""

    REMOVE = "remove"
    """With all that is in it."""
    EMPTY = "empty"
    """A file stays, without content."""
    CONTENTS = "contents"
    """A directory stays, without what is in it."""
    FILES = "files"
    """Directories stay, without the files in them: programs expect theirs."""
    UNLINK = "unlink"
    """Removed when it is a file of its own; a symbolic link is configuration, and stays."""
    HOOK = "hooked"
    """Removed when the boot hook wrote it; what the hook found there is put back."""
    CERTNAME = "certname"
    """Puppet's settings stay, but for the name of the certificate: without it, it is the host's."""


@dataclass(frozen=True)
class Trace:
    """A path in the root (a shell pattern, `~` for everybody's home), what is done with it, and why."""

    path: str
    act: Act
    why: str

    @property
    def patterns(self) -> tuple[str, ...]:
        """The path for each home, or itself."""
        return tuple(home + self.path[1:] for home in HOMES) if self.path.startswith("~") else (self.path,)


TRACES: tuple[Trace, ...] = (
    # Empty, not missing and not `uninitialized`: with those, systemd would enable all services at the first boot.
    Trace("/etc/machine-id", Act.EMPTY, "two machines with one id get one address, and one journal"),
    Trace("/var/lib/dbus/machine-id", Act.UNLINK, "the same id, for D-Bus"),
    Trace("/etc/ssh/ssh_host_*", Act.REMOVE, "whoever has the image could pose as any machine made from it"),
    Trace(
        "/var/lib/cloud", Act.REMOVE, "cloud-init would take the new machine for the old, user data included"
    ),
    Trace("/etc/netplan/50-cloud-init.yaml", Act.REMOVE, "made at boot, for the old network card"),
    Trace("/etc/network/interfaces.d/50-cloud-init*", Act.REMOVE, "made at boot, for the old network card"),
    Trace("/etc/systemd/network/*-cloud-init*", Act.REMOVE, "made at boot, for the old network card"),
    Trace("/etc/udev/rules.d/70-persistent-net.rules", Act.REMOVE, "names of network cards that are gone"),
    Trace("/etc/sudoers.d/90-cloud-init-users", Act.REMOVE, "made at boot, from the old user data"),
    Trace("/run/*", Act.REMOVE, "a running system's"),
    Trace("/var/lib/ec2kit", Act.REMOVE, "the boot hook's claim: the new machine claims a name of its own"),
    Trace(
        "/etc/cloud/cloud.cfg.d/95_ec2kit.cfg", Act.REMOVE, "the name that it got, which cloud-init would set"
    ),
    Trace("/etc/systemd/system/ec2kit-claim.*", Act.REMOVE, "what asked for that name again and again"),
    Trace("/etc/hostname", Act.REMOVE, "the name of the old machine, or of the one that built the image"),
    Trace("/var/lib/puppet/ssl", Act.REMOVE, "Puppet's key and certificate, which are for one name"),
    Trace("/etc/puppet/ssl", Act.REMOVE, "the same, elsewhere"),
    Trace("/etc/puppetlabs/puppet/ssl", Act.REMOVE, "the same, elsewhere"),
    Trace(
        "/etc/puppet/puppet.conf",
        Act.CERTNAME,
        "its `certname`: the new machine would ask for the old one's certificate",
    ),
    Trace("/etc/puppetlabs/puppet/puppet.conf", Act.CERTNAME, "the same, elsewhere"),
    Trace("/etc/puppet/csr_attributes.yaml", Act.HOOK, "the token of the old machine, and which one it was"),
    Trace("/etc/puppetlabs/puppet/csr_attributes.yaml", Act.HOOK, "the same, elsewhere"),
    Trace("/opt/puppetlabs/puppet/cache", Act.REMOVE, "Puppet's facts and last catalogue"),
    Trace("/var/lib/puppet/state", Act.REMOVE, "Puppet's last run"),
    Trace("/var/cache/puppet", Act.REMOVE, "Puppet's facts and last catalogue"),
    Trace("/var/lib/amazon/ssm", Act.REMOVE, "the registration of AWS's agent, which is for one instance"),
    Trace("/var/lib/systemd/random-seed", Act.REMOVE, "the same numbers on every machine are not random"),
    Trace("/boot/efi/loader/random-seed", Act.REMOVE, "the same numbers on every machine are not random"),
    Trace("/var/lib/systemd/credential.secret", Act.REMOVE, "the key of one machine's secrets"),
    Trace("/var/lib/systemd/coredump", Act.CONTENTS, "the memory of crashed programs"),
    Trace("/var/lib/systemd/timers", Act.CONTENTS, "when timers last ran"),
    Trace("/etc/resolv.conf", Act.UNLINK, "the name servers of another network; made at boot"),
    Trace("/var/lib/dhcp", Act.CONTENTS, "leases of another network"),
    Trace("/var/lib/dhcpcd", Act.CONTENTS, "leases of another network"),
    Trace("/var/lib/NetworkManager", Act.CONTENTS, "leases of another network"),
    Trace("/var/lib/chrony/*", Act.REMOVE, "the drift of another machine's clock"),
    Trace("/var/log", Act.FILES, "what another machine did"),
    Trace("/var/log/journal", Act.CONTENTS, "the journal is kept under the old id"),
    Trace("/var/lib/apt/lists", Act.CONTENTS, "stale tomorrow, and 100 MB"),
    Trace("/var/cache/apt", Act.FILES, "packages that are installed already"),
    Trace("/var/cache/dnf", Act.CONTENTS, "packages that are installed already"),
    Trace("/var/cache/yum", Act.CONTENTS, "packages that are installed already"),
    Trace("/var/cache/debconf/*-old", Act.REMOVE, "the answers before the last ones"),
    Trace("/var/cache/ldconfig", Act.CONTENTS, "made when needed, and different every time"),
    Trace("/var/cache/man", Act.CONTENTS, "made when needed, and different every time"),
    Trace("/var/lib/dpkg/*-old", Act.REMOVE, "the state before the last package"),
    Trace("/etc/passwd-", Act.REMOVE, "accounts before the last change, with"),
    Trace("/etc/group-", Act.REMOVE, "groups,"),
    Trace("/etc/shadow-", Act.REMOVE, "passwords,"),
    Trace("/etc/gshadow-", Act.REMOVE, "passwords of groups,"),
    Trace("/etc/subuid-", Act.REMOVE, "and ranges of ids"),
    Trace("/etc/subgid-", Act.REMOVE, "and ranges of ids"),
    Trace("/etc/.pwd.lock", Act.REMOVE, "who changed accounts last"),
    Trace("~/.*_history", Act.REMOVE, "what was typed, passwords included"),
    Trace("~/.wget-hsts", Act.REMOVE, "what was fetched from where"),
    Trace(
        "/usr/share/python3/debpython/__pycache__",
        Act.REMOVE,
        "made when Debian's installer first ran, with other bytes every time",
    ),
    Trace("/tmp", Act.CONTENTS, "what programs left"),
    Trace("/var/tmp", Act.CONTENTS, "what programs left"),
)


def cleaning_script(traces: Sequence[Trace] = TRACES) -> str:
    """Return a POSIX shell script that cleans the root whose path is `$1`; what is not there is no error.

    It refuses `/`: it is for roots that nothing runs from. No link is followed out of the root: directories on
    the way are checked to be no links that lead elsewhere. BusyBox can run it.
    """
    lines = [f"{trace.act} {' '.join(map(_pattern, trace.patterns))}  # {trace.why}" for trace in traces]
    return _FUNCTIONS + "\n".join(lines) + "\n"


def _pattern(path: str) -> str:
    """Given a pattern, return it below the root, quoted but for the wildcards, which must stay the shell's."""
    parts = path.replace("*", "\0").split("\0")
    return '"$root"' + "*".join(shlex.quote(part) if part else "" for part in parts)


_FUNCTIONS = r"""set -eu
root=$(cd "$1" && pwd -P)
[ "$root" != / ] || { echo 'ec2kit: the running system is not cleaned' >&2; exit 1; }
# A link in the root leads into the host's own tree: what lies behind one is left alone.
inside() {
    [ -e "$1" ] || [ -h "$1" ] || return 1
    case $(cd "${1%/*}" && pwd -P)/ in "$root"/*) ;; *) return 1 ;; esac
}
remove() { for path; do if inside "$path"; then rm -rf -- "$path"; fi; done; }
empty() { for path; do if inside "$path" && [ ! -h "$path" ]; then : >"$path"; fi; done; }
unlink() { for path; do if inside "$path" && [ ! -h "$path" ]; then rm -f -- "$path"; fi; done; }
hooked() {
    for path; do
        inside "$path" && [ ! -h "$path" ] && grep -qs 'written by the ec2kit boot hook' "$path" || continue
        rm -f -- "$path"
        [ ! -f "$path.before-ec2kit" ] || mv -f -- "$path.before-ec2kit" "$path"
    done
}
certname() {
    for path; do
        inside "$path" && [ ! -h "$path" ] && grep -qs '^[[:space:]]*certname[[:space:]]*=' "$path" || continue
        sed -i '/^[[:space:]]*certname[[:space:]]*=/d' "$path"
    done
}
contents() {
    for path; do
        if inside "$path" && [ ! -h "$path" ]; then
            find "$path" -xdev -mindepth 1 ! -type d -exec rm -f {} +
            find "$path" -xdev -mindepth 1 -depth -type d -exec rmdir {} \;
        fi
    done
}
files() {
    for path; do
        if inside "$path" && [ ! -h "$path" ]; then find "$path" -xdev ! -type d -exec rm -f {} +; fi
    done
}
"""
