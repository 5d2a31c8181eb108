"""Where calls go: region, profile, endpoint. A value, so that connecting is a function of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What a person chose; empty means botocore's own order (environment, profile, instance role)."""

    region: str = ""
    profile: str = ""
    endpoint: str = ""
    access_key: str = ""
    secret_key: str = ""
