"""What keeps the records of a town: a name server, BIND or Knot, or Route 53 as the practice AWS has it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.hostname_service.dns.rigs.bind import bind
from tests.hostname_service.dns.rigs.knot import knot
from tests.hostname_service.dns.rigs.serving import FORWARD, REVERSE, NameServer
from tests.hostname_service.dns.route53_ground import PastRoute53

SERVERS = {"bind": bind, "knot": knot}


class Records(Protocol):
    """Where the names of a town are."""

    @property
    def port(self) -> int | None:
        """Where a name server listens on this host's loopback, if it is one."""

    @property
    def settings(self) -> dict[str, object]:
        """`dns` of the service's configuration."""

    def put(self, zone: str, name: str, kind: str, value: str) -> None:
        """Write a record as an operator would."""

    def ask(self, name: str, kind: str) -> list[str]:
        """What anybody is told; `NXDOMAIN` and the like stand alone in the list."""


@dataclass(frozen=True)
class Served:
    """By a name server; who asks is `dig`."""

    server: NameServer

    @property
    def port(self) -> int | None:
        return self.server.port

    @property
    def settings(self) -> dict[str, object]:
        return {
            "server": self.server.host,
            "port": self.server.port,
            "key_name": self.server.key_name,
            "key_file": str(self.server.key_file()),
            "reverse": list(self.server.reverse),
        }

    def put(self, zone: str, name: str, kind: str, value: str) -> None:
        self.server.put(zone, name, kind, value)

    def ask(self, name: str, kind: str) -> list[str]:
        port, host = self.server.port, self.server.host
        command = ["dig", "+noall", "+comments", "+answer", "-p", str(port), f"@{host}", name, kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        [status] = re.findall(r"status: (\w+),", done.stdout)
        lines = [line for line in done.stdout.splitlines() if line and not line.startswith(";")]
        return [line.split(None, 4)[4] for line in lines] if status == "NOERROR" else [status]


@dataclass(frozen=True)
class Hosted:
    """By Route 53; `hosted` has the ids of its zones."""

    client: Any
    hosted: Mapping[str, str]

    @property
    def port(self) -> int | None:
        return None

    @property
    def settings(self) -> dict[str, object]:
        return {"route53": dict(self.hosted)}

    def put(self, zone: str, name: str, kind: str, value: str) -> None:
        PastRoute53(self.client, self.hosted).put(zone, name, kind, value)

    def ask(self, name: str, kind: str) -> list[str]:
        return PastRoute53(self.client, self.hosted).values(name, kind) or ["NXDOMAIN"]


@contextmanager
def served(kind: str, directory: Path) -> Iterator[Served]:
    """A name server of its own: `bind` or `knot`."""
    directory.mkdir()
    with SERVERS[kind](directory) as server:
        yield Served(server)


def hosted(client: Any) -> Hosted:
    """Hosted zones in the practice AWS, made anew."""
    made = {
        zone: client.create_hosted_zone(Name=zone, CallerReference=zone)["HostedZone"]["Id"].split("/")[-1]
        for zone in (*FORWARD, *REVERSE)
    }
    return Hosted(client, made)
