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
    "images": "images: what machines are launched from",
    "network": "Elastic IPs",
    "recovery": "dead machines back on their addresses",
    "money": "what machines cost, and what reserving them would save",
    "names": "host names, which machines ask for at boot",
    "kit": "history, unfinished runs, the practice AWS, help",
}
"""The sections of `ec2kit help SECTION`, in order."""


def _at(section: str, *commands: tuple[str, str, str] | tuple[str, str, str, bool]) -> tuple[Command, ...]:
    return tuple(
        Command(tuple(item[0].split()), f"ec2kit.cli.commands.{item[1]}", item[2], section, len(item) > 3)
        for item in commands
    )


DAILY = True

COMMANDS: tuple[Command, ...] = (
    *_at(
        "fleet",
        ("ls", "instances:ls", "instances, all or those selected", DAILY),
        ("show", "show:show", "everything about an instance, and whether it is recoverable", DAILY),
        ("launch", "launch:launch", "new instances, any number", DAILY),
        ("start", "power:start", "start stopped instances", DAILY),
        ("stop", "power:stop", "stop running instances", DAILY),
        ("reboot", "power:reboot", "reboot running instances", DAILY),
        ("terminate", "power:terminate", "end instances for good, saying what goes and what stays", DAILY),
        ("wait", "wait:wait", "until instances are running, stopped, ok or gone"),
        ("tag set", "tag:set_", "set tags of instances, or of anything with an AWS id"),
        ("tag ls", "tag:ls", "list tags"),
        ("tag delete", "tag:delete", "delete tags"),
    ),
    *_at(
        "snapshots",
        ("snapshot create", "snapshot:create", "a bootable set of all disks of an instance"),
        ("snapshot ls", "snapshot:ls", "sets, newest first, of machines that are gone too"),
        ("snapshot show", "snapshot:show", "a set: its disks, and the machine as it was"),
        ("snapshot restore", "snapshot_restore:restore", "a new instance, a root disk or volumes from a set"),
        ("snapshot prune", "snapshot_prune:prune", "delete the sets that a policy does not want, saying why"),
        ("snapshot delete", "snapshot:delete", "delete sets, saying what stays and why"),
    ),
    *_at(
        "images",
        (
            "image build",
            "image_build:build",
            "an image from a recipe, from nothing, booted before it is uploaded",
        ),
        ("image recipes", "image_recipes:recipes", "the recipes that images are built from"),
        ("image boot", "image_boot:boot", "start an image here, and see whether it boots"),
        ("image create", "image_create:create", "an image of an instance, which is not touched"),
        ("image ls", "image:ls", "images: how old, how large, who uses them"),
        ("image show", "image:show", "an image: its attributes, its disks, its users"),
        ("image import", "image_import:import_", "an image of another machine's disk: raw, qcow2, vmdk, vhd"),
        ("image export", "image_export:export", "a snapshot, or an image's root disk, in a file"),
        ("image copy", "image_life:copy", "copy an image to other regions, and see the copies equal"),
        ("image share", "image_life:share", "let other accounts use an image, or no longer"),
        ("image deprecate", "image_life:deprecate", "say when images go out of date"),
        ("image delete", "image_delete:delete", "delete images with their snapshots"),
        ("image prune", "image_delete:prune", "delete the images that a policy does not want, saying why"),
        ("bundle create", "bundle:create", "an instance, its volumes or directories, into S3"),
        ("bundle ls", "bundle:ls", "bundles under a prefix, with those that are not finished"),
        ("bundle verify", "bundle:verify", "whether a bundle is what it was when it was made"),
        ("bundle restore", "bundle_restore:restore", "a bundle to volumes, an image or a directory"),
        ("bundle prune", "bundle:prune", "delete the bundles that a policy does not want, saying why"),
    ),
    *_at(
        "network",
        ("eip allocate", "eip:allocate", "new Elastic IPs"),
        ("eip ls", "eip:ls", "Elastic IPs, who has each and who should"),
        ("eip assign", "eip:assign", "give one to an instance, and see that it holds it"),
        ("eip unassign", "eip:unassign", "take one from the instance that has it"),
        ("eip release", "eip:release", "give one back to AWS"),
    ),
    *_at(
        "recovery",
        ("protect", "protect:protect", "have instances looked after", DAILY),
        ("check", "check:check", "whether all that is enrolled is well; for cron and monitoring", DAILY),
        ("recover", "recover:recover", "bring back what has failed", DAILY),
        ("recovery status", "recovery:status", "every enrolled machine, what holds it, what is quarantined"),
        ("recovery pause", "recovery:pause", "keep automatic recovery away for a while"),
        ("recovery resume", "recovery:resume", "lift a pause"),
        ("recovery ack", "recovery:ack", "acknowledge a failed recovery"),
        ("recovery retire", "recovery:retire", "end a quarantine: the old machine goes"),
    ),
    *_at(
        "money",
        ("cost", "cost:cost", "this month so far, its biggest drivers, and what it will come to", DAILY),
        ("cost compare", "cost_compare:compare", "a reservation against on demand, from plain figures"),
        ("cost reserved", "cost_reserved:reserved", "every offer for a type beside its price on demand"),
        ("cost fleet", "cost_fleet:fleet", "which reservations would have paid, and what to buy"),
        ("cost prices", "cost_prices:prices", "what prices are known here, how old they are, and asked anew"),
        ("cost usage", "cost_usage:usage", "usage reports and bills explained, and what drives them"),
    ),
    *_at(
        "names",
        ("hostname assign", "hostname:assign", "say which machine shall have a name"),
        ("hostname ls", "hostname:ls", "host names, who has each, and what DNS and Puppet have of it"),
        ("hostname release", "hostname:release", "let names go, from DNS and Puppet too"),
        ("hostname reset", "hostname:reset", "let a machine prove itself anew"),
        ("hostname gc", "hostname:gc", "let go of the names of machines that are gone"),
        ("hostname boothook", "hostname_boothook:boothook", "the user data that gives a machine its name"),
    ),
    *_at(
        "kit",
        ("history", "history:history", "what ec2kit did lately"),
        ("history show", "history:show", "one run: its steps, results and story"),
        ("resume", "resume:resume", "go on with an unfinished run, or give it up"),
        ("undo", "undo:undo", "take back what a run did, newest first"),
        ("gc", "gc:gc", "remove what was made for a while only"),
        ("sandbox start", "sandbox:start", "start a practice AWS on this machine"),
        ("sandbox stop", "sandbox:stop", "stop it; its state is kept"),
        ("sandbox status", "sandbox:status", "what runs, its clock, and the faults that fired"),
        ("sandbox env", "sandbox:env", "exports that point other tools at it"),
        ("sandbox break", "sandbox:break_", "make something fail"),
        ("sandbox mend", "sandbox:mend", "make it work again"),
        ("sandbox tick", "sandbox:tick", "let its time pass"),
        ("sandbox certificate", "sandbox_certificate:certificate", "what a hostname service trusts for it"),
        ("sandbox boot", "sandbox_boot:boot", "run one of its machines for real, in QEMU"),
        ("demo", "demo:demo", "the main job on a practice AWS: break a machine, see it recovered"),
        ("completion", "completion:completion", "the completion script of a shell"),
        ("help", "help:help_", "this, a section, or a command"),
    ),
)

SUGGESTED: dict[str, str] = {
    "snapshot": "create",
    "eip": "assign",
    "recovery": "status",
    "tag": "set",
    "hostname": "assign",
}
"""What somebody means who types a noun and then no verb of it: `snapshot web-1`."""

SYNONYMS: dict[str, str] = {
    "list": "ls status",
    "instances": "ls",
    "ps": "ls",
    "describe": "show",
    "info": "show",
    "run": "launch",
    "up": "launch",
    "create": "launch allocate",
    "kill": "terminate",
    "destroy": "terminate delete release",
    "delete": "terminate release",
    "remove": "terminate delete release",
    "rm": "terminate delete release",
    "restart": "reboot",
    "add": "create set allocate",
    "new": "create allocate",
    "associate": "assign",
    "attach": "assign",
    "disassociate": "unassign",
    "detach": "unassign",
    "snap": "snapshot",
    "backup": "snapshot",
    "ip": "eip",
    "address": "eip",
    "log": "history",
    "continue": "resume",
    "enrol": "protect",
    "enroll": "protect",
    "unprotect": "protect --off",
    "version": "--version",
}
"""Words of other tools, and ours for them: the first that is a command, or a verb of the noun before it. What follows
with two dashes is an option that belongs to it."""
