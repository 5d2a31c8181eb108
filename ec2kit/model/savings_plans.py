"""Savings plans that an account owns, as DescribeSavingsPlans tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from ec2kit.errors import UsageError
from ec2kit.model.money import USD, Money
from ec2kit.model.periods import parse_time


class PlanKind(StrEnum):
    """What a plan is good for, in AWS's words."""

    COMPUTE = "Compute"
    """Any machine anywhere, Fargate and Lambda."""
    INSTANCE = "EC2Instance"
    """Machines of one family in one region."""
    SAGEMAKER = "SageMaker"
    DATABASE = "Database"
    OTHER = "other"
    """What AWS began to sell later."""

    @classmethod
    def _missing_(cls, _value: object) -> PlanKind:
        return cls.OTHER

    @property
    def for_machines(self) -> bool:
        """Whether it is good for machines at all."""
        return self in (PlanKind.COMPUTE, PlanKind.INSTANCE)


@dataclass(frozen=True)
class OwnedPlan:
    """A promise to pay `commitment` an hour, from `start` until just before `end`, used or not."""

    id: str
    kind: PlanKind
    commitment: Decimal
    """An hour's, at the plan's rates; whatever of it was paid at once."""
    start: datetime
    end: datetime
    state: str = "active"
    """payment-pending, payment-failed, active, retired, queued, queued-deleted, pending-return or returned."""
    region: str = ""
    family: str = ""
    """Both empty but for an EC2 instance plan."""
    payment: str = ""
    """No Upfront, Partial Upfront or All Upfront."""
    seconds: int = 0
    """The term."""
    currency: str = USD

    @property
    def hourly(self) -> Money:
        """The commitment."""
        return Money(self.commitment, self.currency)

    @property
    def what(self) -> str:
        """What it is good for: `t3 in eu-west-1`, or any machine."""
        return f"{self.family} in {self.region}" if self.kind is PlanKind.INSTANCE else "any machine"


def parse_plan(item: Any, where: str) -> OwnedPlan:
    """Given an item of DescribeSavingsPlans' answer, return the plan. `where` names it in errors.

    Raises `UsageError`.
    """
    if not isinstance(item, Mapping):
        raise UsageError(f"{where} is no object")
    kind = PlanKind(_text(item, "savingsPlanType", where))
    placed = kind is PlanKind.INSTANCE
    try:
        start, end = (parse_time(_text(item, name, where)) for name in ("start", "end"))
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from error
    if start >= end:
        raise UsageError(f"{where} ends before it begins")
    return OwnedPlan(
        id=_text(item, "savingsPlanId", where),
        kind=kind,
        commitment=_amount(item.get("commitment"), where),
        start=start,
        end=end,
        state=_text(item, "state", where),
        region=_text(item, "region", where) if placed else "",
        family=_text(item, "ec2InstanceFamily", where) if placed else "",
        payment=str(item.get("paymentOption") or ""),
        seconds=_seconds(item.get("termDurationInSeconds") or 0, where),
        currency=str(item.get("currency") or USD),
    )


def _text(item: Mapping[str, Any], name: str, where: str) -> str:
    found = item.get(name)
    if not isinstance(found, str) or not found:
        raise UsageError(f"{where} has no {name}")
    return found


def _seconds(value: Any, where: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where} has {value!r} as its termDurationInSeconds") from error


def _amount(value: Any, where: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found <= 0:
        raise UsageError(f"{where} has {value!r} as its commitment")
    return found
