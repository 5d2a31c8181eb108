"""Resources of a report as the fleet knows them: their ids, and tags that the report lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ec2kit.costs.usage.database import Database
from ec2kit.costs.usage.dialect import literal
from ec2kit.costs.usage.reading import BILL

ID = r"(?:i|vol|snap|ami|eipalloc|eni|nat|vpce)-[0-9a-f]{8,17}"
"""An id of EC2, alone or at the end of an ARN, as reports have it."""
_ID = re.compile(rf"(?:^|[:/])({ID})$", re.ASCII)


def id_in(resource: str) -> str:
    """Given a resource as a report names it, return its id; the same where it has none of EC2's."""
    found = _ID.search(resource)
    return found[1] if found else resource


def fill_tags(database: Database, tags: Mapping[str, str]) -> None:
    """Given the value of the tag that is asked for by resource id, give it to lines that have none in the report."""
    rows = ", ".join(f"({literal(id)}, {literal(value)})" for id, value in tags.items() if value)
    if rows:
        database.rows(
            f"UPDATE {BILL} SET tag = fleet.value FROM (VALUES {rows}) AS fleet (id, value)"
            f" WHERE {BILL}.tag IS NULL AND regexp_extract({BILL}.resource, '(^|[:/])({ID})$', 2) = fleet.id"
        )
