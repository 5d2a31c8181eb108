"""What a line of a bill is about: usage types, and what FOCUS describes instead, to topics that people ask for. Data.

Usage types are those of AWS's pages "Understand codes for … in billing and usage reports" (EBS, VPC, ELB, S3,
CloudWatch, RDS). The first rule that fits counts. What fits none is `other`, by its service: kept, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Detail(StrEnum):
    """What tells the lines of one topic apart."""

    NONE = "none"
    DOT = "dot"
    """What comes after the dot of the usage type: the kind of a volume."""
    COLON = "colon"
    """What comes after its colon: the instance type, the metric call."""
    BUCKET = "bucket"
    """The bucket."""
    USAGE = "usage"
    """The usage type without its region."""


@dataclass(frozen=True)
class Rule:
    """Usage types as LIKE has them (without the region), or words of a description, and what they are about."""

    topic: str
    what: str
    usage: tuple[str, ...]
    described: tuple[str, ...] = ()
    """For FOCUS without usage types: patterns of the charge's description in small letters."""
    detail: Detail = Detail.NONE
    service: tuple[str, ...] = ()
    """Only of services whose name is like one of these."""


RULES: tuple[Rule, ...] = (
    Rule("EBS", "IO", ("EBS:VolumeIOUsage%",), ("%i/o request%",), Detail.DOT),
    Rule("EBS", "snapshots", ("EBS:SnapshotUsage%", "EBS:SnapshotArchive%"), ("%of snapshot data%",)),
    Rule("EBS", "provisioned IO", ("EBS:VolumeP-%", "EBS:VolumeIOPS%"), ("%per provisioned %",), Detail.DOT),
    Rule("EBS", "storage", ("EBS:VolumeUsage%",), ("%provisioned storage%",), Detail.DOT),
    Rule("EBS", "other", ("EBS:%",), (), Detail.USAGE),
    Rule("S3", "storage", ("TimedStorage%",), (), Detail.BUCKET, ("%S3%", "%Simple Storage%")),
    Rule("S3", "storage", (), ("%storage%per gb%", "%per gb%storage%"), Detail.BUCKET, ("%Simple Storage%",)),
    Rule("S3", "requests", ("Requests-%",), (), Detail.BUCKET, ("%S3%", "%Simple Storage%")),
    Rule("S3", "requests", (), ("%requests%",), Detail.BUCKET, ("%Simple Storage%",)),
    Rule(
        "traffic",
        "between zones",
        ("%DataTransfer-Regional-Bytes", "%DataTransfer-xAZ-%"),
        ("%regional data transfer%",),
    ),
    Rule("traffic", "to CloudFront", ("%CloudFront-Out-Bytes",), ("%data transfer out%to cloudfront%",)),
    Rule("traffic", "between regions", ("%AWS-Out-Bytes%", "%AWS-In-Bytes%"), ("%data transfer to %",)),
    Rule("traffic", "between regions", (), ("%data transfer from %",)),
    Rule("traffic", "out to the internet", ("%DataTransfer-Out-Bytes%",), ("%data transfer out%",)),
    Rule("traffic", "in", ("%DataTransfer-In-Bytes%", "%CloudFront-In-Bytes"), ("%data transfer in%",)),
    Rule("NAT", "gateway hours", ("NatGateway-Hours%",), ("%nat gateway hour%",)),
    Rule(
        "NAT", "processed", ("NatGateway-Bytes%", "NatGateway-Prvd-Bytes%"), ("%processed by nat gateway%",)
    ),
    Rule("NAT", "other", ("NatGateway-%",), (), Detail.USAGE),
    Rule("addresses", "public IPv4, used", ("PublicIPv4:InUseAddress%",), ("%in-use public ipv4%",)),
    Rule("addresses", "public IPv4, idle", ("PublicIPv4:IdleAddress%",), ("%idle public ipv4%",)),
    Rule("addresses", "Elastic IP, idle", ("ElasticIP:IdleAddress%",), ("%elastic ip%not attached%",)),
    Rule("addresses", "Elastic IP", ("ElasticIP:%",), ("%elastic ip address%",), Detail.COLON),
    Rule("balancers", "hours", ("%LoadBalancerUsage%",), ("%loadbalancer-hour%", "%load balancer-hour%")),
    Rule(
        "balancers",
        "capacity used",
        ("%LCUUsage%", "DataProcessing-Bytes%"),
        ("%load balancer capacity unit%", "%processed by the loadbalancer%"),
    ),
    Rule("CloudWatch", "calls", ("CW:%",), (), Detail.COLON),
    Rule("CloudWatch", "other", ("%",), ("%",), Detail.USAGE, ("%CloudWatch%",)),
    Rule("RDS", "IO", ("RDS:StorageIOUsage%", "Aurora:StorageIOUsage%"), (), Detail.NONE),
    Rule(
        "RDS", "storage", ("RDS:%Storage%", "RDS:%Usage%", "Aurora:StorageUsage%", "Aurora:BackupUsage%"), ()
    ),
    Rule(
        "RDS",
        "instances",
        ("InstanceUsage:%", "Multi-AZUsage:%"),
        (),
        Detail.COLON,
        ("%RDS%", "%Relational%"),
    ),
    Rule(
        "instances",
        "running",
        ("BoxUsage%", "DedicatedUsage%", "HostUsage%"),
        ("% on demand %instance hour%",),
        Detail.COLON,
    ),
    Rule(
        "instances",
        "reserved",
        ("HeavyUsage%", "MediumUsage%", "LightUsage%", "ReservedHostUsage%"),
        (),
        Detail.COLON,
    ),
    Rule("instances", "spot", ("SpotUsage%",), ("%spot instance-hour%",), Detail.COLON),
    Rule("instances", "reserved, not used", ("UnusedBox%", "Reservation:%"), (), Detail.COLON),
    Rule("instances", "CPU credits", ("CPUCredits:%",), ("%cpu credits%",), Detail.COLON),
)

OTHER = "other"
VOLUMES = ("gp2", "gp3", "io1", "io2", "st1", "sc1", "magnetic")
"""Kinds of volumes, as descriptions name them."""
BYTE_HOURS = ("TimedStorage%ByteHrs", "EBS:VolumeUsage%", "EBS:SnapshotUsage%")
"""What the old usage reports count in byte-hours (a volume of 8 GiB is 8589934592 an hour there)."""
UNITS: tuple[tuple[str, str], ...] = (
    *((pattern, "Byte-Hrs") for pattern in BYTE_HOURS),
    ("%ByteHrs", "Byte-Hrs"),
    ("%Bytes", "Bytes"),
    ("%VolumeIOUsage%", "IOs"),
    ("%StorageIOUsage%", "IOs"),
    ("Requests%", "Requests"),
    ("CW:Requests", "Requests"),
    ("CW:GMD-Metrics", "Metrics"),
    ("StorageObjectCount", "Objects"),
    ("BoxUsage%", "Hrs"),
    ("SpotUsage%", "Hrs"),
    ("%LoadBalancerUsage", "Hrs"),
    ("%Address%", "Hrs"),
    ("NatGateway-Hours", "Hrs"),
    ("InstanceUsage:%", "Hrs"),
)
"""The units of usage types where a report names none: the old ones never do."""
