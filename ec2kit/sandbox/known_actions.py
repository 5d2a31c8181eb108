"""Which actions there are: a fault of one that nobody ever calls would break nothing, and say nothing."""

from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache

from ec2kit.errors import UsageError

SAME = frozenset({"ec2", "ebs", "ssm", "iam", "sts", "pricing", "ce", "savingsplans"})
"""Services whose operations in botocore's models have the names of the IAM actions; S3's differ."""


def check_action(pattern: str) -> None:
    """Given a pattern `service:Action`, raise `UsageError` when no action of that service is like it."""
    service, _, wanted = pattern.partition(":")
    if service not in SAME:
        return
    known = _operations(service)
    if not any(fnmatchcase(name, wanted) for name in known):
        near = get_close_matches(wanted, known, 1)
        raise UsageError(
            f"{service} has no action '{wanted}'",
            hint=f"did you mean {service}:{near[0]}?" if near else f"{service}:* is every one that it has",
        )


@cache
def _operations(service: str) -> tuple[str, ...]:
    from botocore.loaders import Loader

    return tuple(Loader().load_service_model(service, "service-2")["operations"])
