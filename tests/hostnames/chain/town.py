"""What a machine meets when it boots, all of it real: BIND, a puppetserver, the hostname service, the practice AWS.

How the machine itself is run is not known here. It meets the three servers at `ADDRESS` (`Town.doors`), and its
metadata at `Town.metadata(instance id)`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import yaml

from ec2kit.host.clock import SystemClock
from ec2kit.host.paths import runtime_directory
from ec2kit.sandbox import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, process
from ec2kit.sandbox.process import Address
from tests.hostname_service.dns.rigs.bind import bind
from tests.hostname_service.dns.rigs.serving import NameServer, free_port
from tests.hostname_service.puppet.rig import PuppetServer, puppetserver
from tests.hostnames.certificates import Pair, self_signed
from tests.repository.files import ROOT

ADDRESS = "172.31.15.250"
"""Where machines meet the service, Puppet and DNS; the practice AWS gives the first ones of a subnet away."""
ZONE = "shop.example.com"
PUPPET = f"puppet.{ZONE}"
SERVICE_PORT, PUPPET_PORT, DNS_PORT = 8443, 8140, 53
PATIENCE = 30.0
"""Seconds in which the service must listen; it takes one."""


@dataclass(frozen=True)
class Door:
    """`ADDRESS`:`port` as a machine has it is `here` on this host's loopback; `proxied`: after a PROXY line."""

    port: int
    here: int
    proxied: bool = False


@dataclass(frozen=True)
class Instance:
    """A machine of the practice AWS."""

    id: str
    address: str


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


@dataclass
class Town:
    """All of it; made by `town`."""

    directory: Path
    dns: NameServer
    puppet: PuppetServer
    sandbox: Address
    service: Service
    pair: Pair
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def doors(self) -> tuple[Door, ...]:
        """What a machine meets at `ADDRESS`."""
        return (
            Door(SERVICE_PORT, self.service.port, proxied=True),
            Door(PUPPET_PORT, self.puppet.port),
            Door(DNS_PORT, self.dns.port),
        )

    @property
    def ec2(self) -> Any:
        """A boto3 client of the practice AWS."""
        return boto3.client(
            "ec2",
            endpoint_url=self.sandbox.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def metadata(self, instance_id: str) -> str:
        """Where the machine's own metadata is: `/latest/…` goes behind it."""
        return f"{self.sandbox.endpoint}/_ec2kit/imds/{instance_id}"

    def ec2kit(self, *words: str) -> str:
        """Type a command; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "ec2kit", *words],
            env=self.environ,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (
            f"ec2kit {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def launch(self, name: str, *options: str) -> Instance:
        """`ec2kit launch`, whose machine has its own name and our boot hook."""
        printed = self.ec2kit("launch", name, *options, "--yes", "-q", "--no-wait")
        [id] = [line for line in printed.split() if line.startswith("i-")]
        # EC2 does not show at once what it has made.
        waiter = self.ec2.get_waiter("instance_exists")
        waiter.wait(InstanceIds=[id], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        [[found]] = [each["Instances"] for each in self._described(id)]
        return Instance(id, found["PrivateIpAddress"])

    def terminate(self, instance: Instance) -> None:
        """Make an end of it, and wait until EC2 says so."""
        client = self.ec2
        client.terminate_instances(InstanceIds=[instance.id])
        waiter = client.get_waiter("instance_terminated")
        waiter.wait(InstanceIds=[instance.id], WaiterConfig={"Delay": 1, "MaxAttempts": 120})

    def holder(self, fqdn: str) -> str:
        """Who has the name by `ec2kit hostname ls`; empty: nobody."""
        rows = json.loads(self.ec2kit("hostname", "ls", "-o", "json"))
        return next((str(row["instance"]) for row in rows if row["id"] == fqdn), "")

    def dig(self, name: str, kind: str) -> list[str]:
        """What `dig` is told; `NXDOMAIN` and the like stand alone in the list."""
        command = ["dig", "+noall", "+comments", "+answer", "-p", str(self.dns.port), f"@{self.dns.host}"]
        done = subprocess.run([*command, name, kind], capture_output=True, text=True, timeout=30, check=True)
        lines = done.stdout.splitlines()
        [status] = [line.partition("status: ")[2].partition(",")[0] for line in lines if "status: " in line]
        answers = [line.split(None, 4)[4] for line in lines if line and not line.startswith(";")]
        return answers if status == "NOERROR" else [status]

    def _described(self, instance_id: str) -> list[Any]:
        found: list[Any] = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        return found


@contextmanager
def town(directory: Path) -> Iterator[Town]:
    """Everything, started; the puppetserver begins first, since it takes a minute."""
    with ExitStack() as stack:
        sign = f"unix:{directory / 'service' / 'sign.sock'}"
        (directory / "service").mkdir()
        pool = stack.enter_context(ThreadPoolExecutor(1))
        server = pool.submit(
            stack.enter_context, puppetserver(directory / "puppet", sign, also=f"{PUPPET},localhost")
        )
        (directory / "bind").mkdir()
        named = bind(directory / "bind")
        dns = named.__enter__()
        stack.push(named.__exit__)
        dns.put(ZONE, PUPPET, "A", ADDRESS)
        sandbox = stack.enter_context(_sandbox(directory))
        pair = self_signed(directory / "tls", "names", ADDRESS)
        environ = _environ(directory, pair)
        puppet = server.result()
        service = _service(directory / "service", (dns, puppet, sandbox, pair), sign)
        stack.callback(service.stop)
        service.start()
        yield Town(directory, dns, puppet, sandbox, service, pair, environ)


@contextmanager
def _sandbox(directory: Path) -> Iterator[Address]:
    (directory / "run").mkdir(mode=0o700)
    runtime = runtime_directory({"XDG_RUNTIME_DIR": str(directory / "run")})
    state = directory / "state"
    try:
        # At its own speed: the service wants to know when a machine was started.
        yield process.start("town", state_dir=state, runtime_dir=runtime, speed=1)
    finally:
        process.forget("town", state_dir=state, runtime_dir=runtime)


def _environ(directory: Path, pair: Pair) -> dict[str, str]:
    """What an operator who types commands has."""
    hostname = {
        "url": f"https://{ADDRESS}:{SERVICE_PORT}",
        "ca": str(pair.certificate),
        "operator": f"unix:{directory / 'service' / 'operator.sock'}",
        "puppet": PUPPET,
    }
    (directory / "ec2kit.yaml").write_text(yaml.safe_dump({"hostname": hostname}))
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "EC2KIT_STATE_DIR": str(directory / "state"),
        "XDG_RUNTIME_DIR": str(directory / "run"),
        "EC2KIT_SANDBOX": "town",
        "PYTHONPATH": str(ROOT),
    }


def _service(directory: Path, around: tuple[NameServer, PuppetServer, Address, Pair], sign: str) -> Service:
    dns, puppet, sandbox, pair = around
    (directory / "certificates").mkdir()
    with urlopen(f"{sandbox.endpoint}/_ec2kit/certificate", timeout=30) as answer:
        (directory / "certificates" / f"{REGION}.pem").write_bytes(answer.read())
    ca, port = puppet.settings(), free_port()
    told = {
        "zones": [ZONE],
        "accounts": [ACCOUNT],
        # An emulated machine on a busy host takes minutes to its first question.
        "window": "1h",
        "registry": f"sqlite:{directory / 'registry.sqlite'}",
        "secret": str(directory / "secret"),
        "listen": f"127.0.0.1:{port}",
        "tls": {"certificate": str(pair.both), "key": str(pair.both)},
        "operator": f"unix:{directory / 'operator.sock'}",
        "endpoint": sandbox.endpoint,
        "certificates": str(directory / "certificates"),
        "dns": {
            "server": dns.host,
            "port": dns.port,
            "key_name": dns.key_name,
            "key_file": str(dns.key_file()),
            "reverse": list(dns.reverse),
        },
        "puppet": {
            "url": ca.url,
            "ca": str(ca.ca),
            "certificate": str(ca.certificate),
            "key": str(ca.key),
        },
        "signing": {"listen": sign, "group": "root" if os.geteuid() == 0 else str(os.getegid())},
        "trusted_proxies": ["127.0.0.1/32"],
        "proxy_protocol": True,
    }
    config = directory / "hostname-service.yaml"
    config.write_text(yaml.safe_dump(told))
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
    }
    return Service(config, environ, port)
