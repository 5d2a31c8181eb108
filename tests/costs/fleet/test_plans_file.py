"""Savings plans in a file: what the AWS CLI prints is read, and what is none is refused with the reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ec2kit.costs.fleet.plans_file import parse_plans
from ec2kit.errors import UsageError
from ec2kit.model.savings_plans import OwnedPlan, PlanKind

COMPUTE: dict[str, Any] = {
    "savingsPlanId": "8f1c2a2e-1111-4222-8333-444455556666",
    "savingsPlanType": "Compute",
    "start": "2026-01-01T12:30:00.000Z",
    "end": "2027-01-01T12:29:59.000Z",
    "state": "active",
    "paymentOption": "Partial Upfront",
    "productTypes": ["EC2", "Fargate", "Lambda"],
    "currency": "USD",
    "commitment": "1.50000000",
    "upfrontPaymentAmount": "6570.0",
    "recurringPaymentAmount": "0.75",
    "termDurationInSeconds": 31536000,
    "region": "us-east-1",
}
INSTANCE = {**COMPUTE, "savingsPlanType": "EC2Instance", "ec2InstanceFamily": "m5"}


def text(*plans: object) -> str:
    return json.dumps({"savingsPlans": list(plans), "nextToken": ""})


def test_what_the_cli_prints_is_read() -> None:
    first, second = parse_plans(text(COMPUTE, INSTANCE), "plans.json")
    assert first == OwnedPlan(
        "8f1c2a2e-1111-4222-8333-444455556666",
        PlanKind.COMPUTE,
        Decimal("1.5"),
        datetime(2026, 1, 1, 12, 30, tzinfo=UTC),
        datetime(2027, 1, 1, 12, 29, 59, tzinfo=UTC),
        "active",
        "",
        "",
        "Partial Upfront",
        31_536_000,
    )
    assert second.what == "m5 in us-east-1"
    assert parse_plans(text(), "none.json") == ()


@pytest.mark.parametrize(
    "given, told",
    [
        ("{", "is no JSON"),
        ("[]", "has no savingsPlans"),
        ('{"ReservedInstances": []}', "has no savingsPlans"),
        (text("p"), "savings plan 1 in 'plans.json' is no object"),
        (text(COMPUTE, {**COMPUTE, "commitment": "-1"}), "savings plan 2 in 'plans.json' has '-1'"),
        (text({**COMPUTE, "commitment": None}), "as its commitment"),
        (text({**COMPUTE, "termDurationInSeconds": "long"}), "termDurationInSeconds"),
        (text({**COMPUTE, "end": COMPUTE["start"]}), "ends before it begins"),
        (text({**COMPUTE, "start": "2026-01-01"}), "time"),
        (text({**INSTANCE, "region": ""}), "has no region"),
        (text({**COMPUTE, "savingsPlanType": None}), "has no savingsPlanType"),
    ],
)
def test_what_is_none_is_refused(given: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        parse_plans(given, "plans.json")
    assert refused.value.hint
