"""Instances in lists: the columns of `ls`, in the order that scripts count on."""

from __future__ import annotations

from ec2kit.model.instances import Instance
from ec2kit.model.tags import PROTECT, name_of
from ec2kit.screen.columns import STATE_STYLES, Column

ROLE = "role"
"""The tag that people sort their machines by."""

INSTANCE_COLUMNS: tuple[Column[Instance], ...] = (
    Column("id", lambda each: each.id),
    Column("name", lambda each: name_of(each.tags)),
    Column("state", lambda each: each.state, styles=STATE_STYLES),
    Column("type", lambda each: each.type),
    Column("zone", lambda each: each.zone),
    Column("private_ip", lambda each: each.private_ip),
    Column("public_ip", lambda each: each.public_ip),
    Column("image", lambda each: each.image),
    Column("launched", lambda each: each.launched),
    Column("role", lambda each: each.tags.get(ROLE, "")),
    Column("tags", lambda each: dict(sorted(each.tags.items())), extra=True),
    Column("subnet", lambda each: each.subnet, extra=True),
    Column("vpc", lambda each: each.vpc, extra=True),
    Column("key", lambda each: each.key, extra=True),
    Column("architecture", lambda each: each.architecture, extra=True),
    Column("private_dns", lambda each: each.private_dns, extra=True),
    Column("public_dns", lambda each: each.public_dns, extra=True),
    Column("state_reason", lambda each: each.state_reason, extra=True),
    Column("protect", lambda each: each.tags.get(PROTECT, ""), extra=True),
)
