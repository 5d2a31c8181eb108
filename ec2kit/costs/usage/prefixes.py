"""What usage types begin with, and the region that it means. Data only.

From "Understanding your AWS billing and usage reports" of the Amazon S3 User Guide, which lists the codes; those of the
newest regions are as public bills have them. N. Virginia has none, or USE1. EUW1 is written by some exports for EU, CPT
by some services for AFS1. What moves between two regions has two: `USW2-USE2-AWS-Out-Bytes`.
"""

from __future__ import annotations

PREFIXES = {
    "AFS1": "af-south-1",
    "APE1": "ap-east-1",
    "APE2": "ap-east-2",
    "APN1": "ap-northeast-1",
    "APN2": "ap-northeast-2",
    "APN3": "ap-northeast-3",
    "APS1": "ap-southeast-1",
    "APS2": "ap-southeast-2",
    "APS3": "ap-south-1",
    "APS4": "ap-southeast-3",
    "APS5": "ap-south-2",
    "APS6": "ap-southeast-4",
    "APS7": "ap-southeast-5",
    "APS9": "ap-southeast-7",
    "CAN1": "ca-central-1",
    "CAN2": "ca-west-1",
    "CAW1": "ca-west-1",
    "CNN1": "cn-north-1",
    "CNW1": "cn-northwest-1",
    "CPT": "af-south-1",
    "EU": "eu-west-1",
    "EUC1": "eu-central-1",
    "EUC2": "eu-central-2",
    "EUN1": "eu-north-1",
    "EUS1": "eu-south-1",
    "EUS2": "eu-south-2",
    "EUW1": "eu-west-1",
    "EUW2": "eu-west-2",
    "EUW3": "eu-west-3",
    "ILC1": "il-central-1",
    "MEC1": "me-central-1",
    "MES1": "me-south-1",
    "MXC1": "mx-central-1",
    "SAE1": "sa-east-1",
    "UGE1": "us-gov-east-1",
    "UGW1": "us-gov-west-1",
    "USE1": "us-east-1",
    "USE2": "us-east-2",
    "USW1": "us-west-1",
    "USW2": "us-west-2",
    "Global": "global",
}
NO_PREFIX = "us-east-1"


def region_and_rest(usage_type: str) -> tuple[str, str]:
    """Given a usage type, return the region that its prefix means (empty: it has none) and the rest of it."""
    prefix, dash, rest = usage_type.partition("-")
    region = PREFIXES.get(prefix, "") if dash else ""
    return (region, rest) if region else ("", usage_type)
