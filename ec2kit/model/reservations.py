"""Reserved instances that an account owns, and those that EC2 sells, as its API tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ec2kit.model.money import USD

VPC = " (Amazon VPC)"
"""What old product descriptions end with; nothing is billed by it any more ("Reserved Instances", EC2 User Guide)."""


@dataclass(frozen=True)
class Owned:
    """A reservation of `count` instances of a type, from `start` until just before `end`.

    Amounts are for one of its instances, in `currency`.
    """

    id: str
    region: str
    type: str
    count: int
    start: datetime
    end: datetime
    zone: str = ""
    """Where it reserves capacity as well; empty for one that is good in all of the region."""
    platform: str = "Linux/UNIX"
    """ProductDescription without the VPC's addition: what an instance's PlatformDetails have to be."""
    tenancy: str = "default"
    state: str = "active"
    """payment-pending, active, payment-failed, retired, queued or queued-deleted."""
    offering_class: str = "standard"
    """standard or convertible."""
    offering_type: str = ""
    """No Upfront, Partial Upfront, All Upfront; Heavy, Medium or Light Utilization until 2014."""
    upfront: Decimal = Decimal(0)
    """FixedPrice: what was paid at once."""
    hourly: Decimal = Decimal(0)
    """RecurringCharges: for every hour of the term."""
    usage: Decimal = Decimal(0)
    """UsagePrice: for the hours that were used, as sold until 2014."""
    currency: str = USD
    seconds: int = 0
    """Duration: the term that was bought. One that was modified ends when what it became begins, and both have
    the term of the first ("Modify Reserved Instances", EC2 User Guide); 0 where it is not told."""

    @property
    def is_regional(self) -> bool:
        """Whether it is good in any zone."""
        return not self.zone

    @property
    def term_hours(self) -> Decimal:
        """The hours that the upfront was paid for: those of its term, or from its start to its end."""
        return Decimal(self.seconds or round((self.end - self.start).total_seconds())) / 3600

    @property
    def upfront_elsewhere(self) -> bool:
        """Whether what was paid at once is not told here: it stays with the one that this was modified from."""
        return self.offering_type in ("Partial Upfront", "All Upfront") and not self.upfront

    @property
    def amortized_hourly(self) -> Decimal:
        """What one of its instances costs an hour, used or not, with the upfront's share of it."""
        return self.hourly + (self.upfront / self.term_hours if self.term_hours else Decimal(0))


@dataclass(frozen=True)
class OnSale:
    """A reservation that EC2 sells, or another customer does; amounts are for one instance, in `currency`."""

    id: str
    type: str
    seconds: int
    """Duration: 31536000 or 94608000; whatever is left of it for another customer's."""
    zone: str = ""
    """Where it reserves capacity as well; empty for one that is good in all of the region."""
    platform: str = "Linux/UNIX"
    tenancy: str = "default"
    offering_class: str = "standard"
    offering_type: str = ""
    """No Upfront, Partial Upfront, All Upfront; Heavy, Medium or Light Utilization until 2014."""
    upfront: Decimal = Decimal(0)
    """FixedPrice."""
    hourly: Decimal = Decimal(0)
    """RecurringCharges by the hour."""
    usage: Decimal = Decimal(0)
    """UsagePrice."""
    currency: str = USD
    marketplace: bool = False
    """Whether another customer sells it."""


@dataclass(frozen=True, order=True)
class PlanRate:
    """What an hour of a machine costs under a savings plan, whatever of it is paid at once."""

    plan: str
    """Compute or EC2Instance."""
    seconds: int
    """The term."""
    payment: str
    """No Upfront, Partial Upfront or All Upfront."""
    rate: Decimal
    currency: str = USD


def platform_of(description: str) -> str:
    """Given a ProductDescription, return the platform: `Linux/UNIX (Amazon VPC)` is `Linux/UNIX`."""
    return description.removesuffix(VPC)
