"""Savings plans that somebody bought: what a purchase may say, and what is told of it afterwards.

Savings Plans API Reference, CreateSavingsPlan, DescribeSavingsPlans, DeleteQueuedSavingsPlan. None can be returned
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from ec2kit.errors import UsageError
from ec2kit.model.periods import parse_time
from ec2kit.sandbox.plan_offerings import PRODUCTS, PlanOffering
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.world import current

LEAST, MOST = Decimal("0.001"), Decimal(1_000_000)
"""An hour's commitment."""
DIGITS = 5
"""After its decimal point, at most."""
PAYING = timedelta(minutes=1)
"""A plan is `payment-pending` before it is active; how long that takes AWS does not say."""
HALF, NEARLY_ALL = Decimal("0.5"), Decimal("0.99")
Params = Mapping[str, Any]


class Refused(Exception):
    """What the caller did wrong, with the code of AWS's error."""

    def __init__(self, message: str, code: str = "ValidationException", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Terms:
    """What a purchase says."""

    offering: PlanOffering
    commitment: Decimal
    upfront: Decimal
    begins: datetime | None = None
    """When it is to be bought; None for now."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass
class BoughtPlan:
    """A plan that somebody bought, or will have."""

    id: str
    account: str
    terms: Terms
    start: datetime
    queued: bool = False
    deleted: bool = False

    @property
    def end(self) -> datetime:
        """When its term is over."""
        return self.start + timedelta(seconds=self.terms.offering.seconds)

    @property
    def state(self) -> str:
        """What it is now: a queued one is bought when its time comes."""
        if self.deleted:
            return "queued-deleted"
        if self.queued and now() < self.start:
            return "queued"
        if now() < self.start + PAYING:
            return "payment-pending"
        return "active" if now() < self.end else "retired"

    def told(self) -> dict[str, Any]:
        """As DescribeSavingsPlans tells of it: every amount and time is text. One that cannot be returned has its start
        as `returnableUntil`."""
        offering, terms = self.terms.offering, self.terms
        place = {"region": offering.region, "ec2InstanceFamily": offering.family} if offering.family else {}
        hourly = terms.commitment - terms.upfront / (offering.seconds // 3600)
        return {
            "offeringId": offering.id,
            "savingsPlanId": self.id,
            "savingsPlanArn": f"arn:aws:savingsplans::{self.account}:savingsplan/{self.id}",
            "description": offering.description,
            "start": moment(self.start),
            "end": moment(self.end),
            "returnableUntil": moment(self.start),
            "state": self.state,
            **place,
            "savingsPlanType": offering.plan,
            "paymentOption": offering.payment,
            "productTypes": list(PRODUCTS[offering.plan]),
            "currency": "USD",
            "commitment": f"{terms.commitment:f}",
            "upfrontPaymentAmount": f"{terms.upfront:f}",
            "recurringPaymentAmount": f"{round(hourly, 9).normalize() + 0:f}",
            "termDurationInSeconds": offering.seconds,
            "tags": dict(terms.tags),
        }


def moment(at: datetime) -> str:
    """Given a time, return it as this service writes it: `2026-11-23T18:00:00.000Z`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def bought(account: str) -> list[BoughtPlan]:
    """Everything that an account ever bought, in order."""
    return [each for each in _ledger() if each.account == account]


def buy(account: str, terms: Terms, token: str) -> BoughtPlan:
    """Buy a plan, once for a client token of the account (API Reference, CreateSavingsPlan).

    The same request again is answered with the same plan. Raises `Refused` for another one with the same token, as
    other services of AWS do ("Ensuring idempotency", EC2 API Reference).
    """
    tokens: dict[tuple[str, str], tuple[Terms, BoughtPlan]] = current().ledgers.setdefault("plan_tokens", {})
    known = tokens.get((account, token)) if token else None
    if known is not None:
        if known[0] != terms:
            raise Refused("the clientToken was used for another request")
        return known[1]
    ledger = _ledger()
    id = str(uuid5(NAMESPACE_OID, f"{terms.offering.id}/{len(ledger)}"))
    plan = BoughtPlan(id, account, terms, terms.begins or now(), terms.begins is not None)
    ledger.append(plan)
    if token:
        tokens[account, token] = (terms, plan)
    return plan


def delete_queued(account: str, id: str) -> None:
    """Take a queued purchase back; one that has been made stays (API Reference, DeleteQueuedSavingsPlan)."""
    plan = next((each for each in bought(account) if each.id == id), None)
    if plan is None:
        raise Refused(f"there is no savings plan {id}", "ResourceNotFoundException", 404)
    if plan.state != "queued":
        raise Refused(f"the savings plan {id} is {plan.state}, not queued")
    plan.deleted = True


def terms_of(params: Params, offering: PlanOffering) -> Terms:
    """Given a request to buy an offering, return what it says. Raises `Refused`."""
    commitment = commitment_of(params.get("commitment"))
    tags = {str(key): str(value) for key, value in (params.get("tags") or {}).items()}
    upfront = upfront_of(params.get("upfrontPaymentAmount"), offering, commitment)
    return Terms(offering, commitment, upfront, begins_of(params.get("purchaseTime")), tags)


def commitment_of(text: object) -> Decimal:
    """Given an hour's commitment as text, return it: from 0.001 to a million, with at most five digits after the point
    (API Reference, CreateSavingsPlan). Raises `Refused`."""
    found = _amount(text, "commitment")
    exponent = found.as_tuple().exponent
    if not LEAST <= found <= MOST or not isinstance(exponent, int) or -exponent > DIGITS:
        raise Refused(f"commitment must be from {LEAST} to {MOST} with at most {DIGITS} decimals")
    return found


def upfront_of(text: object, offering: PlanOffering, commitment: Decimal) -> Decimal:
    """Given what is to be paid at once (None: not said), return what is: nothing, all, or a part.

    The part may be said, and nothing else: a whole number from 50 to 99 percent of the plan's total value (API
    Reference, CreateSavingsPlan). Not said, it is the least of them. Raises `Refused`.
    """
    total = commitment * (offering.seconds // 3600)
    if offering.payment != "Partial Upfront":
        if text is not None:
            raise Refused("upfrontPaymentAmount is supported only if the payment option is Partial Upfront")
        return total if offering.payment == "All Upfront" else Decimal(0)
    if text is None:
        return (total * HALF).to_integral_value(ROUND_UP)
    found = _amount(text, "upfrontPaymentAmount")
    if found != found.to_integral_value() or not total * HALF <= found <= total * NEARLY_ALL:
        raise Refused("upfrontPaymentAmount must be a whole number from 50 to 99 percent of the total value")
    return found


def begins_of(given: object) -> datetime | None:
    """Given a purchaseTime, seconds since 1970 as clients send it, or text, return when the plan is to be bought.

    None is now. It may not have passed ("Queuing Savings Plans purchases", Savings Plans User Guide). Raises `Refused`.
    """
    if given is None:
        return None
    try:
        found = (
            datetime.fromtimestamp(given, UTC) if isinstance(given, int | float) else parse_time(str(given))
        )
    except (UsageError, ValueError, OverflowError, OSError):
        raise Refused("purchaseTime is no time") from None
    if found <= now():
        raise Refused("purchaseTime must be in the future")
    return found


def _amount(text: object, name: str) -> Decimal:
    try:
        found = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise Refused(f"{name} must be a number, as a string")
    return found


def _ledger() -> list[BoughtPlan]:
    found: list[BoughtPlan] = current().ledgers.setdefault("plans", [])
    return found
