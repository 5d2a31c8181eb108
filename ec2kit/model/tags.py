"""The tags that ec2kit reads and writes: one table, which the reference page repeats.

Tags are how state is shared between root's cron, a person's shell and a second monitor, so a key is
written nowhere else in the code. Values end at 256 characters, keys at 128, 50 tags a resource (AWS).
"""

from __future__ import annotations

from collections.abc import Mapping

Tags = Mapping[str, str]

NAME = "Name"
PREFIX = "ec2kit:"
RUN = "ec2kit:run"
HOSTNAME = "ec2kit:hostname"
PROTECT = "ec2kit:protect"
POLICY = "ec2kit:policy"
CHECK = "ec2kit:check"
KEEP = "ec2kit:keep"
STATE = "ec2kit:state"
FAILURE = "ec2kit:failure"
HOLD_PAUSE = "ec2kit:hold.pause"
HOLD_FAILED = "ec2kit:hold.failed"
HOLD_COOLDOWN = "ec2kit:hold.cooldown"
REPLACES = "ec2kit:replaces"
REPLACED_BY = "ec2kit:replaced-by"
EXPIRES = "ec2kit:expires"
SET = "ec2kit:set"
OF = "ec2kit:of"
VOLUMES = "ec2kit:volumes"
DEVICE = "ec2kit:device"
LAUNCH = "ec2kit:launch"
SPEC = "ec2kit:spec."
CONSISTENCY = "ec2kit:consistency"
DRILLED = "ec2kit:drilled"
BAD = "ec2kit:bad"
HOLDER = "ec2kit:holder"
RECIPE = "ec2kit:recipe"
TESTED = "ec2kit:tested"
UNSCRUBBED = "ec2kit:unscrubbed"

MEANINGS: dict[str, tuple[str, str]] = {
    NAME: ("any", "the name a person calls it by"),
    RUN: ("any", "the run and step that made it: `RUN/STEP`, by which a killed run finds its own work"),
    HOSTNAME: ("instance", "the host name assigned at launch"),
    PROTECT: ("instance", "enrolled; the last rung allowed: watch, reboot, restart, root or replace"),
    POLICY: ("instance", "the policy's name in the policy file, or built-in values as `key=value` pairs"),
    CHECK: ("instance", "the probe: `http:80/health` or `banner:22`"),
    KEEP: ("instance, volume, snapshot, image, address", "protected from ec2kit's own destructive commands"),
    STATE: ("instance", "fencing, quarantined, twin, drill or helper"),
    FAILURE: ("instance", "number of the machine's failures and how the last is going: `3:recovering`"),
    HOLD_PAUSE: ("instance", "recovery paused: owner, reason, until"),
    HOLD_FAILED: ("instance", "the last recovery failed; a person must acknowledge"),
    HOLD_COOLDOWN: ("instance", "recovered lately; no other recovery until then"),
    REPLACES: ("instance", "the instance that this one replaced"),
    REPLACED_BY: ("instance", "the instance that replaced this one"),
    EXPIRES: ("any", "when `gc` may remove it (RFC 3339)"),
    SET: ("snapshot, volume", "the set it belongs to, or was made from: `NAME@20260102T030405Z`"),
    OF: ("snapshot, image", "the instance it was taken of"),
    VOLUMES: ("snapshot", "how many snapshots make the set complete"),
    DEVICE: ("volume", "the device that the disk had when its set was taken"),
    LAUNCH: ("snapshot, instance", "the description: launch template id and version, `lt-…:7`"),
    SPEC: ("snapshot", "what a launch template cannot hold, in numbered chunks"),
    CONSISTENCY: ("snapshot", "crash, fs or app"),
    DRILLED: ("snapshot", "when it was last booted, and seconds to recover"),
    BAD: ("snapshot", "marked bad: never a candidate"),
    HOLDER: ("address", "the instance that should have the address"),
    RECIPE: ("image", "the recipe that it was built from: the family that `image prune` judges it in"),
    TESTED: (
        "image",
        "how it was booted before it got its name: `bios`, `uefi`; none of a recipe's: untested",
    ),
    UNSCRUBBED: (
        "image",
        "made of a machine and not cleaned: host keys and the like are still in it, and why",
    ),
}
"""Each key: what carries it, and what it means."""

MAX_KEY, MAX_VALUE, MAX_TAGS = 128, 256, 50
"""AWS's limits: characters of a key and of a value, and tags of a resource (EC2 user guide, "Tag restrictions")."""


def name_of(tags: Tags, otherwise: str = "") -> str:
    """Given a resource's tags, return its Name, or `otherwise` when it has none."""
    return tags.get(NAME, "") or otherwise
