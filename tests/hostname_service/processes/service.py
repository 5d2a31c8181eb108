"""`python -m hostname_service` on a free port of loopback, on a registry and a name server that outlive it."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hostname_service.clock import SystemClock
from hostname_service.registry.sqlite import SqliteRegistry
from tests.hostname_service.authority import ACCOUNT, REGION, authority
from tests.hostname_service.dns.rigs.serving import ADDRESS, NameServer, free_port

ZONE = "shop.example.com"
PRODUCT = ("-m", "hostname_service")
START = 60.0
"""Seconds in which a service must be healthy; it takes less than one."""


@dataclass
class Service:
    """One process."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(timeout=30)

    def get(self, path: str) -> tuple[int, str]:
        """Ask something; raises `OSError` when nobody answers."""
        connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def lines(self) -> list[dict[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@dataclass(frozen=True)
class Home:
    """A directory with a registry, a secret and the authority's certificate, which any number of processes share."""

    directory: Path
    dns: NameServer
    assignments: Sequence[Mapping[str, object]]
    settings: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        certificates = self.directory / "certificates"
        certificates.mkdir(parents=True)
        (certificates / f"{REGION}.pem").write_text(authority().pem)
        (self.directory / "assignments.yaml").write_text(json.dumps(self.assignments))

    @property
    def registry(self) -> SqliteRegistry:
        """The registry as it is, whoever serves."""
        return SqliteRegistry(self.directory / "names.db")

    @contextmanager
    def service(self, program: Sequence[str] = PRODUCT) -> Iterator[Service]:
        """Start a process, give it out once it is healthy, and end it if it has not ended."""
        port = free_port()
        config = self.directory / f"{port}.yaml"
        config.write_text(json.dumps(self._told(port)))
        log = self.directory / f"{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *program, "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        found = Service(port, process, log)
        try:
            _wait(found)
            yield found
        finally:
            process.terminate()
            try:
                process.wait(timeout=45)
            except subprocess.TimeoutExpired:
                found.kill()

    def _told(self, port: int) -> dict[str, object]:
        return {
            "zones": [ZONE],
            "accounts": [ACCOUNT],
            "registry": f"sqlite:{self.directory / 'names.db'}",
            "secret": "secret",
            "listen": f"{ADDRESS}:{port}",
            "operator": f"unix:{self.directory / f'{port}.sock'}",
            "aws": "off",
            "assignments": "assignments.yaml",
            "certificates": "certificates",
            # Machines come from addresses of their own, as a proxy before the service tells it.
            "trusted_proxies": [f"{ADDRESS}/32"],
            "limits": {"a_second_all": 10000, "a_minute_each": 1000},
            "dns": {
                "server": self.dns.host,
                "port": self.dns.port,
                "key_name": self.dns.key_name,
                "key_file": str(self.dns.key_file()),
                "reverse": ["0.10.in-addr.arpa"],
                "deadline": "2s",
            },
            **self.settings,
        }


def _wait(service: Service) -> None:
    clock = SystemClock()
    until = clock.monotonic() + START
    while clock.monotonic() < until and service.process.poll() is None:
        with suppress(OSError):
            if service.get("/healthz")[0] == 200:
                return
        clock.sleep(0.05)
    raise AssertionError(f"the service does not answer: {service.log.read_text()[-2000:]}")
