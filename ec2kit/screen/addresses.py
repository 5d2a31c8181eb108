"""Elastic IPs in lists: the columns of `eip ls`."""

from __future__ import annotations

from ec2kit.model.tags import HOLDER, KEEP, name_of
from ec2kit.network.addresses.observe import Held
from ec2kit.screen.columns import Column

STYLES = {"held": "green", "free": "yellow", "foreign": "red", "lost": "red"}

ADDRESS_COLUMNS: tuple[Column[Held], ...] = (
    Column("id", lambda each: each.address.allocation),
    Column("public_ip", lambda each: each.address.public_ip),
    Column("state", lambda each: each.state, styles=STYLES),
    Column("instance", lambda each: each.address.instance),
    Column("instance_name", lambda each: each.instance_name),
    Column("holder", lambda each: each.address.tags.get(HOLDER, "")),
    Column("name", lambda each: name_of(each.address.tags)),
    Column("holder_name", lambda each: each.holder_name, extra=True),
    Column("private_ip", lambda each: each.address.private_ip, extra=True),
    Column("interface", lambda each: each.address.interface, extra=True),
    Column("association", lambda each: each.address.association, extra=True),
    Column("keep", lambda each: KEEP in each.address.tags, extra=True),
    Column("tags", lambda each: dict(sorted(each.address.tags.items())), extra=True),
)
"""`state`: free, held, `foreign` (held by another than `holder`, who should have it), `lost` (free, with a holder)."""
