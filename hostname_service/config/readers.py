"""From a value of the YAML file to ours: each raises `ValueError` with what was wanted and what was there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")

_TIME = re.compile(r"([0-9]{1,6})(s|m|h)")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ZONE = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_CERTNAME = re.compile(r"[a-z0-9_][a-z0-9._-]{0,252}")
_REVERSE = re.compile(r"[0-9a-z./-]+\.(in-addr|ip6)\.arpa")


def shown(value: Any) -> str:
    """A value as a fault shows it, cut short."""
    return repr(value)[:60]


def text(value: Any) -> str:
    """A text that can be printed, on one line."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"wants a text, not {shown(value)}")
    return value


def list_of(read: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """A list, or one thing that stands for a list of one."""

    def read_all(value: Any) -> tuple[T, ...]:
        items: Sequence[Any] = value if isinstance(value, list) else [value]
        if not items:
            raise ValueError("wants at least one")
        return tuple(read(item) for item in items)

    return read_all


def word(value: Any, *words: str) -> str:
    """One of these words."""
    if value not in words:
        raise ValueError(f"wants {' or '.join(words)}, not {shown(value)}")
    return str(value)


def one_of(kind: type[T]) -> Callable[[Any], T]:
    """A member of an enumeration, by its value."""
    words = [str(member) for member in cast("type[StrEnum]", kind)]
    # YAML 1.1 reads a bare `off` as false.
    return lambda value: cast("Callable[[str], T]", kind)(word("off" if value is False else value, *words))


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"wants true or false, not {shown(value)}")  # noqa: TRY004  a fault of the file
    return value


def number(least: int, most: int) -> Callable[[Any], int]:
    """A whole number in these bounds."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"wants a number from {least} to {most}, not {shown(value)}")
        return value

    return read


def time(value: Any) -> timedelta:
    """A time with its unit: `30s`, `5m`, `1h`."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"wants a time such as 30s, 5m or 1h, not {shown(value)}")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def zone(value: Any) -> str:
    """A DNS zone, in lower case without the last dot."""
    told = text(value).lower().removesuffix(".")
    if len(told) > 240 or not _ZONE.fullmatch(told):
        raise ValueError(f"wants a zone such as shop.example.com, not {shown(value)}")
    return told


def reverse_zone(value: Any) -> str:
    """A zone below in-addr.arpa or ip6.arpa."""
    told = text(value).lower().removesuffix(".")
    if not _REVERSE.fullmatch(told):
        raise ValueError(f"wants a zone such as 31.172.in-addr.arpa, not {shown(value)}")
    return told


def account(value: Any) -> str:
    """An AWS account: twelve digits, which YAML takes for a number without quotes."""
    told = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{12}", told):
        raise ValueError(f"wants twelve digits in quotes, not {shown(value)}")
    return told


def network(value: Any) -> IPv4Network | IPv6Network:
    """An address or a network: `10.0.0.0/8`."""
    return ip_network(text(value))


def registry(value: Any) -> str:
    """Where the registry is."""
    told = text(value)
    if not re.fullmatch(r"sqlite:.+|dynamodb:[A-Za-z0-9_.-]{3,255}", told):
        raise ValueError(f"wants sqlite:PATH or dynamodb:TABLE, not {shown(value)}")
    return told


def listener(value: Any) -> str:
    """Where somebody is listened to: a socket of our own, or one that systemd hands over."""
    told = text(value)
    if not told.startswith("unix:/") and not re.fullmatch(r"systemd(:\S+)?|\S+:[0-9]{1,5}", told):
        raise ValueError(f"wants unix:/PATH, ADDRESS:PORT or systemd:NAME, not {shown(value)}")
    return told


def https(value: Any) -> str:
    """A URL of https: a host, and a port or none."""
    told = text(value).rstrip("/")
    parts = _url(told, value)
    if parts.scheme != "https" or parts.path or parts.query or parts.fragment:
        raise ValueError(f"wants https://HOST:8140, not {shown(value)}")
    return told


def endpoint(value: Any) -> str:
    """A URL that AWS is reached at."""
    told = text(value)
    if _url(told, value).scheme not in ("http", "https"):
        raise ValueError(f"wants https://HOST:PORT, not {shown(value)}")
    return told


def _url(told: str, value: Any) -> SplitResult:
    """A URL with a host, whose port is one."""
    try:
        parts = urlsplit(told)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"wants a URL with a port from 1 to 65535, not {shown(value)}: {error}") from error
    if port == 0:
        raise ValueError(f"wants a URL with a port from 1 to 65535, not {shown(value)}")
    if not parts.hostname or "@" in parts.netloc or " " in told:
        raise ValueError(f"wants https://HOST:PORT, not {shown(value)}")
    return parts


def certname(value: Any) -> str:
    """The name of a certificate, as Puppet writes it: in lower case."""
    told = text(value).lower()
    if not _CERTNAME.fullmatch(told):
        raise ValueError(f"wants a certname such as puppetdb.shop.example.com, not {shown(value)}")
    return told


def hosted_zones(value: Any) -> dict[str, str]:
    """Zones by name, each with the id of its hosted zone."""
    if not isinstance(value, dict) or not value:
        raise ValueError("wants ZONE: HOSTED-ZONE-ID")
    return {_zone_or_reverse(zone): text(id) for zone, id in value.items()}


def _zone_or_reverse(value: Any) -> str:
    return reverse_zone(value) if str(value).rstrip(".").endswith(".arpa") else zone(value)
