"""The IAM actions of everything that only looks. What a step needs besides, the step itself declares."""

from __future__ import annotations

LOOKING: tuple[str, ...] = (
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstanceCreditSpecifications",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeKeyPairs",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeRegions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ec2:GetConsoleOutput",
    "iam:ListInstanceProfiles",
    "ssm:GetParameter",
    "sts:GetCallerIdentity",
)
"""As they stand in a policy, sorted. AWS allows sts:GetCallerIdentity to everybody, also where a policy says no."""

BILLING: tuple[str, ...] = (
    "ce:GetCostAndUsage",
    "ce:GetCostForecast",
    "ec2:DescribeReservedInstances",
    "ec2:DescribeReservedInstancesOfferings",
    "pricing:GetProducts",
    "savingsplans:DescribeSavingsPlanRates",
    "savingsplans:DescribeSavingsPlans",
    "savingsplans:DescribeSavingsPlansOfferingRates",
)
"""What `ec2kit cost` and its kin ask. A monitor has no use for it; AWS charges for Cost Explorer's."""
