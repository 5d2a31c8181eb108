"""The hostname service of a town: a process, and its configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import yaml

from ec2kit.host.clock import SystemClock
from ec2kit.sandbox import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY
from ec2kit.sandbox.process import Address
from tests.hostname_service.dns.rigs.serving import free_port
from tests.hostname_service.puppet.rig import PuppetServer
from tests.hostnames.certificates import Pair
from tests.repository.files import ROOT

ZONE = "shop.example.com"
PATIENCE = 30.0
"""Seconds in which the service must listen; it takes one."""


@dataclass
class Service:
    """The hostname service as a process that can be stopped and started again."""

    config: Path
    environ: Mapping[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until its operators' socket is there."""
        socket = self.config.parent / "operator.sock"
        with (self.config.parent / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hostname_service", "--config", str(self.config)],
                env=dict(self.environ),
                cwd=self.config.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        clock = SystemClock()
        until = clock.monotonic() + PATIENCE
        while not socket.exists():
            assert self.process.poll() is None, self.log
            assert clock.monotonic() < until, self.log
            clock.sleep(0.05)

    def stop(self) -> None:
        """End it as systemd would."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None
            (self.config.parent / "operator.sock").unlink(missing_ok=True)

    @property
    def log(self) -> str:
        """All that it said."""
        return (self.config.parent / "service.log").read_text("utf-8", "replace")


def service(directory: Path, told: Mapping[str, object]) -> Service:
    """The service with this configuration, not yet started."""
    port = free_port()
    config = directory / "hostname-service.yaml"
    config.write_text(yaml.safe_dump({**told, "listen": f"127.0.0.1:{port}"}))
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
    }
    return Service(config, environ, port)


def told_of(directory: Path, sandbox: Address, pair: Pair) -> dict[str, object]:
    """The service's configuration, but for DNS, Puppet and where it listens."""
    (directory / "certificates").mkdir()
    with urlopen(f"{sandbox.endpoint}/_ec2kit/certificate", timeout=30) as answer:
        (directory / "certificates" / f"{REGION}.pem").write_bytes(answer.read())
    return {
        "zones": [ZONE],
        "accounts": [ACCOUNT],
        # An emulated machine on a busy host takes minutes to its first question.
        "window": "1h",
        "registry": f"sqlite:{directory / 'registry.sqlite'}",
        "secret": str(directory / "secret"),
        "tls": {"certificate": str(pair.both), "key": str(pair.both)},
        "operator": f"unix:{directory / 'operator.sock'}",
        "endpoint": sandbox.endpoint,
        "certificates": str(directory / "certificates"),
        "trusted_proxies": ["127.0.0.1/32"],
        "proxy_protocol": True,
    }


def told_of_puppet(server: PuppetServer, sign: str) -> dict[str, object]:
    """What its configuration says of Puppet."""
    ca = server.settings()
    paths = {"ca": ca.ca, "certificate": ca.certificate, "key": ca.key}
    return {
        "puppet": {"url": ca.url, **{name: str(path) for name, path in paths.items()}},
        "signing": {"listen": sign, "group": "root" if os.geteuid() == 0 else str(os.getegid())},
    }
