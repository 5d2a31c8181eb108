"""The regions that botocore's own tables name, and the one that was probably meant. Asked only when a call failed."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache


@cache
def regions_known() -> frozenset[str]:
    """The names of EC2's regions in every partition, as this botocore has them: a newer region may be missing."""
    import boto3

    session = boto3.Session(region_name="us-east-1")
    partitions = session.get_available_partitions()
    return frozenset(
        name for partition in partitions for name in session.get_available_regions("ec2", partition)
    )


def region_hint(region: str) -> str:
    """Given a name that is no region, return the hint: at most three that are nearly spelled so."""
    near = sorted(get_close_matches(region, sorted(regions_known()), 3))
    if not near:
        return "give one such as --region eu-west-1"
    return f"did you mean {' or '.join(f'--region {name}' for name in near)}?"
