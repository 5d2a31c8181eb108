"""Savings plans in a file: what `aws savingsplans describe-savings-plans` printed. Pure, given its text."""

from __future__ import annotations

import json
from decimal import Decimal

from ec2kit.errors import UsageError
from ec2kit.model.savings_plans import OwnedPlan, parse_plan

ASK = "save it by `aws savingsplans describe-savings-plans --output json`"


def parse_plans(text: str, shown: str) -> tuple[OwnedPlan, ...]:
    """Given the answer's text, return the plans that are owned; `shown` is the file's name in errors.

    Raises `UsageError` for what is no such answer.
    """
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"'{shown}' is no JSON: {error}", hint=ASK) from error
    found = document.get("savingsPlans") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise UsageError(f"'{shown}' has no savingsPlans", hint=ASK)
    try:
        return tuple(parse_plan(each, f"savings plan {at + 1} in '{shown}'") for at, each in enumerate(found))
    except UsageError as error:
        raise UsageError(error.message, hint=error.hint or ASK) from error
