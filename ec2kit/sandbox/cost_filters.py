"""Cost Explorer's filters and groups over the sandbox's bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ec2kit.sandbox.billing import Line

Expression = Mapping[str, Any]

DIMENSIONS = frozenset(
    {
        "SERVICE",
        "USAGE_TYPE",
        "REGION",
        "LINKED_ACCOUNT",
        "OPERATION",
        "INSTANCE_TYPE",
        "AZ",
        "RECORD_TYPE",
        "PURCHASE_TYPE",
    }
)
"""Those that the sandbox's bill has."""
ROOTS = ("And", "Or", "Not", "Dimensions", "Tags", "CostCategories")


class CostRefused(Exception):
    """Cost Explorer refuses a request: its error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> CostRefused:
    """A request that is no request."""
    return CostRefused("ValidationException", message)


def matches(line: Line, expression: Expression) -> bool:
    """Whether a line is what a Filter asks for (API Reference, Expression). Raises `CostRefused`."""
    roots = [root for root in ROOTS if expression.get(root)]
    if len(roots) != 1:
        what = "more than one roots" if roots else "no root"
        raise invalid(
            f"Expression has {what}. Only one root operator is allowed for each expression: {', '.join(ROOTS)}"
        )
    (root,) = roots
    value = expression[root]
    if root == "Not":
        return not matches(line, value)
    if root in ("And", "Or"):
        if not isinstance(value, Sequence) or len(value) < 2:
            raise invalid(f"{root} expression must have at least 2 operands")
        # Every operand is looked at, so that a malformed one is refused whatever the others say.
        found = [matches(line, each) for each in value]
        return all(found) if root == "And" else any(found)
    return _simple(line, root, value)


def _simple(line: Line, root: str, value: Expression) -> bool:
    wanted = value.get("Values") or []
    options = set(value.get("MatchOptions") or ["EQUALS"])
    if root == "Dimensions":
        text = line.dimensions[dimension(str(value.get("Key", "")))]
        if unknown := options - {"EQUALS", "CASE_SENSITIVE"}:
            raise invalid(f"MatchOptions {sorted(unknown)} are not supported for Dimensions")
        return text in wanted
    # No tag and no cost category is activated in the sandbox: every line lacks each of them.
    return "ABSENT" in options or "" in wanted


def dimension(key: str) -> str:
    """The name of a dimension; raises `CostRefused` for one that is none, or that the sandbox's bill lacks."""
    if key not in DIMENSIONS:
        raise invalid(
            f"'{key}' is no dimension of the sandbox's bill, which has {', '.join(sorted(DIMENSIONS))}"
        )
    return key


def keys_of(line: Line, group_by: Sequence[Expression]) -> tuple[str, ...]:
    """The keys of the group that a line belongs to. Raises `CostRefused`."""
    return tuple(
        _key(line, str(each.get("Type", "DIMENSION")), str(each.get("Key", ""))) for each in group_by
    )


def _key(line: Line, kind: str, key: str) -> str:
    if kind == "DIMENSION":
        return line.dimensions[dimension(key)]
    if kind in ("TAG", "COST_CATEGORY"):
        # What bears no such tag is told so: `team$` (API Reference, GroupBy).
        return f"{key}$"
    raise invalid(f"GroupBy type '{kind}' is not one of DIMENSION, TAG, COST_CATEGORY")
