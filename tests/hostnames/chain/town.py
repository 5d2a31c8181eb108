"""What a machine meets when it boots, all of it real: a name server, a puppetserver, the hostname service, the practice
AWS.

How the machine itself is run is not known here. It meets the servers at `ADDRESS` (`Town.doors`), and its
metadata at `Town.metadata(instance id)`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml

from ec2kit.host.paths import runtime_directory
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, process
from ec2kit.sandbox.process import Address
from hostname_service.registry.table import Table, create
from tests.hostname_service.puppet.rig import PuppetServer, puppetserver
from tests.hostnames.certificates import Pair, self_signed
from tests.hostnames.chain.records import Records, hosted, served
from tests.hostnames.chain.service import ZONE, Service, service, told_of, told_of_puppet
from tests.repository.files import ROOT

ADDRESS = "172.31.15.250"
"""Where machines meet the service, Puppet and DNS; the practice AWS gives the first ones of a subnet away."""
PUPPET = f"puppet.{ZONE}"
SERVICE_PORT, PUPPET_PORT, DNS_PORT = 8443, 8140, 53


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
class Town:
    """All of it; made by `town`."""

    directory: Path
    dns: Records
    sandbox: Address
    service: Service
    pair: Pair
    environ: dict[str, str] = field(default_factory=dict)
    puppetserver: PuppetServer | None = None

    @property
    def puppet(self) -> PuppetServer:
        """Its puppetserver, if it has one."""
        assert self.puppetserver is not None, "a town without Puppet"
        return self.puppetserver

    @property
    def doors(self) -> tuple[Door, ...]:
        """What a machine meets at `ADDRESS`."""
        found = [Door(SERVICE_PORT, self.service.port, proxied=True)]
        if self.puppetserver is not None:
            found.append(Door(PUPPET_PORT, self.puppetserver.port))
        if self.dns.port is not None:
            found.append(Door(DNS_PORT, self.dns.port))
        return tuple(found)

    @property
    def ec2(self) -> Any:
        """A boto3 client of the practice AWS."""
        return client(self.sandbox, "ec2")

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
        """What anybody is told; `NXDOMAIN` and the like stand alone in the list."""
        return self.dns.ask(name, kind)

    def _described(self, instance_id: str) -> list[Any]:
        found: list[Any] = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        return found


def client(sandbox: Address, service: str) -> Any:
    """A boto3 client of the practice AWS."""
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


@contextmanager
def town(directory: Path, names: str = "bind", *, puppet: bool = True) -> Iterator[Town]:
    """Everything, started; the puppetserver begins first, since it takes a minute.

    `names` is a name server (`bind`, `knot`), or `route53`, and then the registry is DynamoDB.
    """
    with ExitStack() as stack:
        sign = f"unix:{directory / 'service' / 'sign.sock'}"
        (directory / "service").mkdir()
        pool = stack.enter_context(ThreadPoolExecutor(1))
        made = puppetserver(directory / "puppet", sign, also=f"{PUPPET},localhost")
        starting = pool.submit(stack.enter_context, made) if puppet else None
        sandbox = stack.enter_context(_sandbox(directory))
        dns: Records
        if names == "route53":
            dns = hosted(client(sandbox, "route53"))
        else:
            dns = stack.enter_context(served(names, directory / "names"))
        dns.put(ZONE, PUPPET, "A", ADDRESS)
        pair = self_signed(directory / "tls", "names", ADDRESS)
        told = told_of(directory / "service", sandbox, pair) | {"dns": dns.settings}
        if names == "route53":
            create(Table(client(sandbox, "dynamodb"), "names"))
            told["registry"] = "dynamodb:names"
        server = starting.result() if starting else None
        if server is not None:
            told |= told_of_puppet(server, sign)
        running = service(directory / "service", told)
        stack.callback(running.stop)
        running.start()
        environ = _environ(directory, pair, puppet=puppet)
        yield Town(directory, dns, sandbox, running, pair, environ, server)


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


def _environ(directory: Path, pair: Pair, *, puppet: bool) -> dict[str, str]:
    """What an operator who types commands has."""
    hostname = {
        "url": f"https://{ADDRESS}:{SERVICE_PORT}",
        "ca": str(pair.certificate),
        "operator": f"unix:{directory / 'service' / 'operator.sock'}",
        **({"puppet": PUPPET} if puppet else {}),
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
