"""What the service is told: plain values, whose defaults are those of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
"""RFC 8945 has more; HMAC-MD5 and SHA-1 are not for new keys."""


class AskAws(StrEnum):
    """Whether a claim needs EC2 to say that the machine is there."""

    REQUIRED = "required"
    WHEN_REACHABLE = "when-reachable"
    OFF = "off"


class Source(StrEnum):
    """What the address that a claim comes from must be."""

    PRIVATE = "private"
    """The privateIp of the document."""
    ANY = "any"
    """Any address of the machine, as EC2 has them."""
    OFF = "off"


@dataclass(frozen=True)
class Rfc2136:
    """A name server that takes updates."""

    server: str
    key_name: str
    key_file: Path
    """Holds the secret in base64, and nothing else."""
    reverse: tuple[str, ...] = ()
    port: int = 53
    algorithm: str = "hmac-sha256"
    ttl: int = 60
    deadline: timedelta = timedelta(seconds=5)


@dataclass(frozen=True)
class Route53:
    """Hosted zones, by the name of the zone: its id."""

    zones: Mapping[str, str]
    ttl: int = 60


@dataclass(frozen=True)
class Puppet:
    """A CA that is cleaned before a name is bound again."""

    url: str
    ca: Path
    certificate: Path
    key: Path
    deadline: timedelta = timedelta(seconds=10)
    protect: tuple[str, ...] = ()
    """Certnames that are never cleaned, besides the server's and the service's own."""


@dataclass(frozen=True)
class Tls:
    """Files in PEM; `clients` is the CA of those who may connect (operators)."""

    certificate: Path
    key: Path
    clients: Path | None = None


@dataclass(frozen=True)
class Signing:
    """Where `hostname-autosign` asks. Over TLS, `tls.clients` is Puppet's own CA, of which every agent has a
    certificate: `certnames` are those who may ask."""

    listen: str = "unix:/run/hostname-service/autosign.sock"
    group: str = "puppet"
    """Who may open the unix socket, besides ourselves."""
    tls: Tls | None = None
    certnames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one caller, and all together, may take."""

    connections: int = 256
    connections_each: int = 64
    """Of one address; trusted proxies may have all."""
    request_deadline: timedelta = timedelta(seconds=5)
    a_minute_each: int = 30
    a_second_all: int = 200


@dataclass(frozen=True)
class Settings:
    """All that the service is told."""

    zones: tuple[str, ...]
    """Names are in these; a name without a dot is in the first."""
    accounts: tuple[str, ...]
    registry: str
    """`sqlite:PATH` or `dynamodb:TABLE`."""
    secret: Path
    """A file with at least 32 bytes; made at the first start."""
    listen: str = "127.0.0.1:8080"
    tls: Tls | None = None
    operator: str = "unix:/run/hostname-service/operator.sock"
    operator_tls: Tls | None = None
    aws: AskAws = AskAws.REQUIRED
    endpoint: str = ""
    """Of EC2, Route 53 and DynamoDB when it is not AWS's own."""
    source: Source = Source.PRIVATE
    public: bool = False
    """Whether DNS has public addresses instead of private ones."""
    assignments: Path | None = None
    certificates: Path | None = None
    dns: Rfc2136 | Route53 | None = None
    puppet: Puppet | None = None
    signing: Signing | None = None
    """None: nobody is vouched for."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy_protocol: bool = False
    window: timedelta = timedelta(minutes=5)
    patience: timedelta = timedelta(seconds=30)
    """How long a claim waits for DNS before the machine is told its name without it."""
    upkeep: timedelta = timedelta(minutes=10)
    limits: Limits = field(default_factory=Limits)
