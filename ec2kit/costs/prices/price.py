"""Values: what is priced, how one commits oneself to it, and what it then costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ec2kit.costs.offers import Billing, Offer, Term
from ec2kit.model.money import USD


class System(StrEnum):
    """Operating systems that AWS prices apart; `linux` is any without a fee of its own."""

    LINUX = "linux"
    RHEL = "rhel"
    SUSE = "suse"
    WINDOWS = "windows"


PLATFORMS: Mapping[System, str] = {
    System.LINUX: "Linux/UNIX",
    System.RHEL: "Red Hat Enterprise Linux",
    System.SUSE: "SUSE Linux",
    System.WINDOWS: "Windows",
}
"""As reservations and savings plans name them: an instance's PlatformDetails, a ProductDescription."""
OPERATIONS: Mapping[System, str] = {
    System.LINUX: "RunInstances",
    System.RHEL: "RunInstances:0010",
    System.SUSE: "RunInstances:000g",
    System.WINDOWS: "RunInstances:0002",
}
"""As images, price lists and bills have them: the billing code (EC2 User Guide, "AMI billing information fields")."""
BY_OPERATION: Mapping[str, System] = {operation: system for system, operation in OPERATIONS.items()}
BY_PLATFORM: Mapping[str, System] = {platform: system for system, platform in PLATFORMS.items()}


class OfferingClass(StrEnum):
    """What one commits oneself to: an instance type, which may be exchanged or not, or an amount an hour."""

    STANDARD = "standard"
    CONVERTIBLE = "convertible"
    """Can be exchanged for another reservation."""
    COMPUTE_PLAN = "compute-savings-plan"
    """Any instance anywhere, and Fargate and Lambda."""
    INSTANCE_PLAN = "instance-savings-plan"
    """One family in one region."""

    @property
    def is_plan(self) -> bool:
        """Whether it is a savings plan."""
        return self in (OfferingClass.COMPUTE_PLAN, OfferingClass.INSTANCE_PLAN)


class Payment(StrEnum):
    """How much of a reservation is paid when it is bought."""

    NO_UPFRONT = "no-upfront"
    PARTIAL_UPFRONT = "partial-upfront"
    ALL_UPFRONT = "all-upfront"


@dataclass(frozen=True, order=True)
class Commitment:
    """How one is bound; every hour of the term is billed."""

    term: Term
    offering_class: OfferingClass
    payment: Payment

    def __str__(self) -> str:
        return f"{self.term} {self.offering_class} {self.payment}"


@dataclass(frozen=True, order=True)
class Machine:
    """An instance as it is priced: shared tenancy, nothing installed that costs."""

    region: str
    type: str
    system: System = System.LINUX

    def __str__(self) -> str:
        return f"{self.type} ({self.system}) in {self.region}"


@dataclass(frozen=True)
class Price:
    """What one instance costs: at once, and for an hour. Without a commitment it is the price on demand."""

    upfront: Decimal
    hourly: Decimal
    commitment: Commitment | None = None
    currency: str = USD
    since: datetime | None = None
    """From when on it is asked, where the document says so."""

    @property
    def offer(self) -> Offer:
        """The same for the arithmetic; raises `ValueError` for a price on demand."""
        if self.commitment is None:
            raise ValueError("a price on demand binds nobody")
        return Offer(self.upfront, self.hourly, self.commitment.term, Billing.ALL, self.currency)


@dataclass(frozen=True)
class PriceList:
    """All prices of one machine, where they are from, and how old they are."""

    machine: Machine
    on_demand: Price
    reserved: tuple[Price, ...] = field(default=())
    source: str = ""
    published: datetime | None = None


@dataclass(frozen=True)
class Offers:
    """The reservations of one machine whose price on demand is not known: nobody can say what they save."""

    machine: Machine
    reserved: tuple[Price, ...]
    source: str
    """It says when it was asked."""
    on_demand: None = None
