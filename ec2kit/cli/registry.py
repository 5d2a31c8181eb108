"""Every command: its words, where it lives and its one line of help. Data only, so that `--help` imports nothing.

A command is registered when its module is in the tree, never before. The order here is the order in the help.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command as `ec2kit WORDS…`; `target` is `module:attribute`, a click command made by `cli.options`."""

    words: tuple[str, ...]
    target: str
    help: str
    section: str
    daily: bool = False

    @property
    def typed(self) -> str:
        """What a person types for it, without arguments."""
        return " ".join(("ec2kit", *self.words))


SECTIONS: dict[str, str] = {
    "fleet": "instances: list, launch, stop, start, tag, and what they are",
    "snapshots": "bootable snapshots of running machines, and what comes back from them",
    "network": "Elastic IPs",
    "recovery": "dead machines back on their addresses",
    "kit": "history, unfinished runs, the practice AWS, help",
}
"""The sections of `ec2kit help SECTION`, in order."""


def _at(section: str, *commands: tuple[str, str, str] | tuple[str, str, str, bool]) -> tuple[Command, ...]:
    return tuple(
        Command(tuple(item[0].split()), f"ec2kit.cli.{item[1]}", item[2], section, len(item) > 3)
        for item in commands
    )


DAILY = True

COMMANDS: tuple[Command, ...] = (
    *_at(
        "kit",
        ("completion", "completion:completion", "the completion script of a shell"),
        ("help", "help:help_", "this, a section, or a command"),
    ),
)

SUGGESTED: dict[str, str] = {"snapshot": "create", "eip": "assign", "recovery": "status", "tag": "set"}
"""What somebody means who types a noun and then no verb of it: `snapshot web-1`."""

SYNONYMS: dict[str, str] = {
    "list": "ls",
    "describe": "show",
    "info": "show",
    "run": "launch",
    "up": "launch",
    "kill": "terminate",
    "destroy": "terminate",
    "restart": "reboot",
    "remove": "delete",
    "rm": "delete",
    "add": "create",
    "new": "create",
    "associate": "assign",
    "attach": "assign",
    "disassociate": "unassign",
    "detach": "unassign",
    "snap": "snapshot",
    "ip": "eip",
    "address": "eip",
    "log": "history",
    "continue": "resume",
    "enrol": "protect",
    "enroll": "protect",
}
"""Words of other tools, and ours for them."""
