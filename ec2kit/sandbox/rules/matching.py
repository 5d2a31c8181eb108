"""Filters: wildcards, values joined by or, filters joined by and, unknown names refused."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from ec2kit.sandbox.rules.refusals import refusal

Reader = Callable[[Any], Iterable[object]]
"""Given a resource, the values of one attribute."""

MOST_VALUES = 200
"""Values of one filter (EC2 User Guide, "List and filter your resources")."""


@lru_cache(maxsize=4096)
def pattern(value: str) -> re.Pattern[str]:
    """Given a filter value with `*`, `?` and backslash escapes, return the pattern that a whole value must match."""
    pieces = re.findall(r"\\.|.", value, flags=re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(one) or re.escape(one[-1]) for one in pieces), re.DOTALL)


def as_text(value: object) -> str:
    """Given an attribute's value, return how EC2 writes it in a filter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def keep(
    items: Iterable[Any], filters: Iterable[Mapping[str, Any]], table: Mapping[str, Reader]
) -> list[Any]:
    """Given resources, the request's filters and the readers of each attribute, return those that match all.

    `tag:KEY`, `tag-key` and `tag-value` read the resource's `get_tags()`. Raises InvalidParameterValue for a name
    which the table does not have, FilterLimitExceeded for more than 200 values.
    """
    tests = [_test(one, table) for one in filters]
    return [item for item in items if all(test(item) for test in tests)]


def _test(one: Mapping[str, Any], table: Mapping[str, Reader]) -> Callable[[Any], bool]:
    name, values = one.get("Name"), [str(value) for value in one.get("Values", [])]
    if len(values) > MOST_VALUES:
        raise refusal("FilterLimitExceeded", f"The maximum length of the filter value list is {MOST_VALUES}")
    read = _tag_reader(name) or table.get(name or "")
    if read is None:
        raise refusal("InvalidParameterValue", f"The filter '{name or 'null'}' is invalid")
    plain = {value for value in values if not set(value) & set("*?\\")}
    wild = [pattern(value) for value in values if value not in plain]

    def passes(item: Any) -> bool:
        for value in read(item):
            text = as_text(value)
            if text in plain or any(one.fullmatch(text) for one in wild):
                return True
        return False

    return passes


def _tag_reader(name: str | None) -> Reader | None:
    if name == "tag-key":
        return lambda item: [tag["key"] for tag in item.get_tags()]
    if name == "tag-value":
        return lambda item: [tag["value"] for tag in item.get_tags()]
    if name and name.startswith("tag:"):
        return lambda item: [tag["value"] for tag in item.get_tags() if tag["key"] == name[4:]]
    return None
