"""The lines of one small bill: every kind of line that the questions are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

START = datetime(2024, 9, 1)  # noqa: DTZ001  reports have UTC without a zone
DAY = timedelta(days=1)
RESERVATION = "arn:aws:ec2:eu-west-1:111122223333:reserved-instances/0a1b"
NAT = "arn:aws:ec2:eu-west-1:111122223333:natgateway/nat-0a1b2c3d4e5f60718"
DATABASE = "arn:aws:rds:eu-west-1:111122223333:db:shop-db"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app"
IRELAND = "eu-west-1"


@dataclass(frozen=True)
class Line:
    """A line of a bill; `effective` is what CUR has beside the unblended cost of covered lines, None elsewhere."""

    service: str
    usage_type: str
    quantity: str
    unit: str
    cost: str
    day: int = 0
    resource: str = ""
    operation: str = "RunInstances"
    type: str = "Usage"
    region: str = ""
    effective: str = ""
    unused: str = ""
    reservation: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    currency: str = "USD"

    @property
    def start(self) -> datetime:
        return START + self.day * DAY

    @property
    def amortised(self) -> Decimal:
        """What the line has used up, reckoned by hand from the CUR User Guide's words."""
        if self.type in ("SavingsPlanCoveredUsage", "DiscountedUsage"):
            return Decimal(self.effective)
        if self.type in ("RIFee", "SavingsPlanRecurringFee"):
            return Decimal(self.unused)
        if self.type == "SavingsPlanNegation" or (self.type == "Fee" and self.reservation):
            return Decimal(0)
        return Decimal(self.cost)


WEB = Line(
    "AmazonEC2", "EU-BoxUsage:m5.large", "24", "Hrs", "2.568", 0, "i-0a1b2c3d4e5f60718", region=IRELAND
)
RESERVED = Line(
    "AmazonEC2", "BoxUsage:t3.micro", "24", "Hrs", "0.2496", 0, "i-0123456789abcdef0", region="us-east-1"
)
COVERED = Line(
    "AmazonEC2", "EU-BoxUsage:c5.large", "24", "Hrs", "2.304", 0, "i-0fedcba9876543210", region=IRELAND
)
DAILY = (
    replace(WEB, tags={"role": "web"}),
    replace(RESERVED, type="DiscountedUsage", effective="0.15", reservation=RESERVATION),
    replace(COVERED, type="SavingsPlanCoveredUsage", effective="1.5"),
    replace(COVERED, type="SavingsPlanNegation", cost="-2.304"),
)
PLAIN = (
    # service, usage type, quantity, unit, cost, resource, operation
    (
        "AmazonEC2",
        "EU-EBS:VolumeUsage.gp3",
        "3.3333333333",
        "GB-Mo",
        "0.2933333333",
        "vol-0a1b2c3d",
        "CreateVolume-Gp3",
    ),
    ("AmazonEC2", "EU-EBS:SnapshotUsage", "1.25", "GB-Mo", "0.0625", "snap-0a1b2c3d", "CreateSnapshot"),
    ("AmazonEC2", "USE2-EBS:VolumeIOUsage", "1000000", "IOs", "0.05", "vol-0000000a", "EBS:IO-Read"),
    ("AmazonS3", "EU-TimedStorage-ByteHrs", "10.5", "GB-Mo", "0.2415", "backups", "StandardStorage"),
    ("AmazonS3", "EU-TimedStorage-ByteHrs", "0.5", "GB-Mo", "0.0115", "logs", "StandardStorage"),
    ("AmazonEC2", "EU-DataTransfer-Regional-Bytes", "100", "GB", "1", "i-0a1b2c3d4e5f60718", "InterZone-In"),
    ("AmazonEC2", "EU-DataTransfer-Out-Bytes", "20", "GB", "1.8", "i-0a1b2c3d4e5f60718", "RunInstances"),
    ("AmazonEC2", "EU-NatGateway-Hours", "24", "Hrs", "1.152", NAT, "NatGateway"),
    ("AmazonEC2", "EU-NatGateway-Bytes", "2", "GB", "0.096", NAT, "NatGateway"),
    ("AmazonRDS", "EU-RDS:StorageIOUsage", "500000", "IOs", "0.055", DATABASE, "CreateDBInstance:0002"),
    ("AmazonVPC", "EU-PublicIPv4:InUseAddress", "24", "Hrs", "0.12", "eni-0a1b2c3d", "DescribeAddresses"),
    ("AmazonVPC", "EU-PublicIPv4:IdleAddress", "24", "Hrs", "0.12", "eipalloc-0a1b2c3d", "AllocateAddress"),
    ("AWSELB", "EU-LoadBalancerUsage", "24", "Hrs", "0.6", f"{BALANCER}/old/1", "LoadBalancing:Application"),
    ("AWSELB", "EU-LoadBalancerUsage", "24", "Hrs", "0.6", f"{BALANCER}/shop/2", "LoadBalancing:Application"),
    ("AWSELB", "EU-LCUUsage", "36", "LCU-Hrs", "0.288", f"{BALANCER}/shop/2", "LoadBalancing:Application"),
    ("AmazonCloudWatch", "EU-CW:GMD-Metrics", "5000", "Metrics", "0.05", "", "GetMetricData"),
    ("AmazonBraket", "EU-Quantum-Tasks", "3", "Tasks", "0.9", "", "CreateQuantumTask"),
)
FEE = Line("AmazonEC2", "HeavyUsage:t3.micro", "720", "Hrs", "4.50", type="RIFee", reservation=RESERVATION)
PLAN = Line("ComputeSavingsPlans", "ComputeSP:1yrNoUpfront", "720", "Hrs", "45.00", unused="30.00")
ONCE = (
    replace(FEE, unused="0.75"),
    replace(FEE, quantity="1", cost="54.00", type="Fee"),
    replace(PLAN, type="SavingsPlanRecurringFee"),
    Line("AmazonEC2", "", "1", "", "10.87", type="Tax", operation=""),
    Line("AmazonEC2", "EU-BoxUsage:m5.large", "1", "", "-5.00", type="Credit"),
    Line("AmazonS3", "", "1", "", "-0.42", type="Refund", operation=""),
    Line("AmazonEC2", "EU-BoxUsage:m5.large", "1", "", "-1.10", type="EdpDiscount"),
)


def bill(days: int = 10) -> list[Line]:
    """So many days of it, and what is charged once."""
    found: list[Line] = []
    for day in range(days):
        found += [replace(line, day=day) for line in DAILY]
        for service, usage, quantity, unit, cost, resource, operation in PLAIN:
            region = "us-east-2" if usage.startswith("USE2") else IRELAND
            found.append(Line(service, usage, quantity, unit, cost, day, resource, operation, region=region))
    return [*found, *ONCE]
