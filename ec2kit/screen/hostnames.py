"""Host names in lists: the columns of `hostname ls` and of `hostname gc`."""

from __future__ import annotations

from ec2kit.hostnames.service import GoneRow, NameRow
from ec2kit.screen.columns import Column

STYLES = {"bound": "green", "reserved": "yellow", "releasing": "yellow"}

NAME_COLUMNS: tuple[Column[NameRow], ...] = (
    Column("id", lambda each: each.fqdn),
    Column("instance", lambda each: each.instance_id),
    Column("state", lambda each: each.state, styles=STYLES),
    Column("addresses", lambda each: each.addresses, shown=lambda each: ", ".join(each.addresses)),
    Column("dns", lambda each: each.dns_done),
    Column("certificate", lambda each: each.token_used),
    Column("region", lambda each: each.region),
    Column("account", lambda each: each.account, extra=True),
    Column("since", lambda each: each.since, extra=True),
)

GONE_COLUMNS: tuple[Column[GoneRow], ...] = (
    Column("id", lambda each: each.row.fqdn),
    Column("instance", lambda each: each.row.instance_id),
    Column("released", lambda each: each.released),
    Column("reason", lambda each: each.reason),
    Column("region", lambda each: each.row.region, extra=True),
    Column("account", lambda each: each.row.account, extra=True),
)
