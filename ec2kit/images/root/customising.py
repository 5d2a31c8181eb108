"""A recipe's files, accounts, services, Puppet and hooks as one POSIX shell script, which runs inside a root.

For new roots, and for vendors' images that are customised: it asks the root for its own `useradd`, `systemctl`
and, when packages are to go, `apt-get`. It installs nothing.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable

from ec2kit.images.recipes.recipe import PlacedFile, Recipe, User

HEAD = """set -eu
umask 022
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
fail() { printf 'ec2kit: %s\\n' "$1" >&2; exit 1; }
"""
HOOK = "/.ec2kit-hook"


def customising_script(recipe: Recipe, ground: Iterable[PlacedFile] = ()) -> str:
    """Given a recipe, return the script; it is run by `chroot ROOT /bin/sh FILE`, and again with the same end.

    `ground`: files that come before the recipe's own. Accounts come before files, so that files can be theirs;
    hooks come last.
    """
    pieces = [HEAD]
    if recipe.remove:
        pieces.append(_remove(recipe.remove))
    pieces += [_user(user) for user in recipe.users]
    pieces += [_file(file) for file in (*ground, *recipe.files)]
    if recipe.puppet == "agent":
        pieces.append("if command -v systemctl >/dev/null; then systemctl disable puppet.service; fi\n")
    pieces += [f"systemctl enable {shlex.quote(unit)}\n" for unit in recipe.enable]
    pieces += [f"systemctl disable {shlex.quote(unit)}\n" for unit in recipe.disable]
    pieces += [_hook(number, text) for number, text in enumerate(recipe.hooks, 1)]
    return "".join(pieces)


def _remove(packages: Iterable[str]) -> str:
    names = " ".join(map(shlex.quote, packages))
    return f"""for package in {names}; do
    if dpkg-query -W -f='${{Status}}' "$package" 2>/dev/null | grep -q ' installed$'; then
        apt-get -y purge "$package"
    fi
done
apt-get -y --purge autoremove
"""


def _user(user: User) -> str:
    name, shell = shlex.quote(user.name), shlex.quote(user.shell)
    lines = [f"groupadd --force {shlex.quote(group)}" for group in user.groups]
    lines.append(
        f"if ! getent passwd {name} >/dev/null; then useradd --create-home --shell {shell} {name};"
        f" else usermod --shell {shell} {name}; fi"
    )
    lines += [f"usermod --append --groups {shlex.quote(group)} {name}" for group in user.groups]
    if user.ssh_keys:
        keys = " ".join(map(shlex.quote, user.ssh_keys))
        lines += [
            f"home=$(getent passwd {name} | cut -d: -f6)",
            f'install -d -m 0700 -o {name} -g "$(id -g {name})" "$home/.ssh"',
            f"printf '%s\\n' {keys} >\"$home/.ssh/authorized_keys\"",
            f'chown {name}:"$(id -g {name})" "$home/.ssh/authorized_keys"',
            'chmod 0600 "$home/.ssh/authorized_keys"',
        ]
    return "\n".join(lines) + "\n"


def _file(file: PlacedFile) -> str:
    path = shlex.quote(file.path)
    parent = shlex.quote(file.path.rpartition("/")[0] or "/")
    return (
        f"mkdir -p {parent}\n{_decoded(file.content, path)}"
        f"chown {shlex.quote(file.owner)} {path}\nchmod {file.mode:04o} {path}\n"
    )


def _hook(number: int, text: str) -> str:
    return (
        f"{_decoded(text.encode(), HOOK)}"
        f"(cd / && exec /bin/sh -eu {HOOK} </dev/null) || fail 'hook {number} of the recipe failed'\n"
        f"rm -f {HOOK}\n"
    )


def _decoded(content: bytes, path: str) -> str:
    """Any bytes at all, in a script that is plain text."""
    lines = base64.encodebytes(content).decode()
    return f"base64 -d >{path} <<'EC2KIT'\n{lines}EC2KIT\n"
