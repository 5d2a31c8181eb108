"""Which application answers at which address, and how: what a probe of a sandbox machine meets.

A machine that is up listens on 22 (SSH), 80 (HTTP) and, when it is tagged role=mail, on 25 (SMTP).

| the machine | a probe of it |
|---|---|
| nobody has the address, or its machine is not running | unreachable |
| its zone is down, or its system check is impaired | unreachable |
| no security group of the interface admits the port | unreachable (a group drops, it does not refuse) |
| running or rebooted for less than BOOT | refused: the system is up, its services are not |
| a port where nothing listens, or a broken one | refused |
| it really runs (`sandbox boot`), and has power | its own answer, whatever that is |
| it was really run, and nobody runs it any more | unreachable |
| its instance check is impaired | accepted and never answered, as a machine does that swaps itself to death |
| otherwise | its application answers |

Addresses are read at each probe from the Elastic IP table and the interfaces: a moved address counts at once.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from ec2kit.sandbox.rules import lookup
from ec2kit.sandbox.world import World

CONTROL_HOST = "control.ec2kit.internal"
"""The known-good host: a probe of it tells whether the monitor's own path is well."""

BOOT = timedelta(seconds=20)
"""From `running` until the services listen: an ordinary Debian on a small instance takes about so long."""

Application = Literal["control", "http", "smtp", "ssh"]

_PORTS: dict[int, Application] = {22: "ssh", 80: "http"}
_MAIL_PORT = 25
_NAME = re.compile(r"(?:ec2|ip)-(\d+)-(\d+)-(\d+)-(\d+)\..+\.(?:amazonaws\.com|internal)")


@dataclass(frozen=True)
class Reply:
    """An application accepts and answers; `instance_id` is empty for the control host."""

    application: Application
    instance_id: str = ""


@dataclass(frozen=True)
class Silence:
    """The connection is accepted, and nothing is ever said on it."""

    why: str


@dataclass(frozen=True)
class Refused:
    """The system answers with a reset: nothing listens."""

    why: str


@dataclass(frozen=True)
class Unreachable:
    """No answer of any kind: the client waits until it gives up."""

    why: str


@dataclass(frozen=True)
class Relay:
    """The machine really runs: what it answers is its own affair."""

    instance_id: str
    port: int


Answer: TypeAlias = Reply | Silence | Refused | Unreachable | Relay


def answer(world: World, host: str, port: int) -> Answer:
    """Given an address or DNS name and a port, return what a TCP client that connects to it meets now."""
    if world.conditions.probe_path_down:
        return Unreachable("the probe's own path is down")
    if host.lower() == CONTROL_HOST:
        return Reply("control")
    address = resolve(host)
    interface = _interface_at(address) if address else None
    if interface is None:
        return Unreachable("no machine has this address")
    gone = _cut_off(world, interface.instance)
    if gone is None and not admits(interface, port, private=address in _private_ips(interface)):
        gone = "no security group of the machine admits this port"
    return Unreachable(gone) if gone else _services(world, interface.instance, port)


def resolve(host: str) -> str | None:
    """Given an IPv4 address or one of EC2's DNS names, return the address, or None for anything else."""
    named = _NAME.fullmatch(host.lower())
    text = ".".join(named.groups()) if named else host
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return None


def admits(interface: Any, port: int, *, private: bool) -> bool:
    """Given an interface, tell whether its security groups admit TCP to `port`.

    A probe comes from anywhere: it needs a rule for 0.0.0.0/0. One to a private address comes from inside the
    VPC: there a rule that covers the VPC's range is enough. Rules for other groups admit no probe.
    """
    vpc = interface.ec2_backend.get_vpc(interface.subnet.vpc_id)
    source = ipaddress.IPv4Network(vpc.cidr_block if private else "0.0.0.0/0")
    rules = [rule for group in interface.group_set for rule in group.ingress_rules]
    return any(_rule_admits(rule, port, source) for rule in rules)


def _rule_admits(rule: Any, port: int, source: ipaddress.IPv4Network) -> bool:
    if rule.ip_protocol not in ("-1", "tcp") or not rule.cidr_ipv4:
        return False
    if rule.ip_protocol == "tcp" and not rule.from_port <= port <= rule.to_port:
        return False
    return source.subnet_of(ipaddress.IPv4Network(rule.cidr_ipv4, strict=False))


def _interface_at(address: str) -> Any | None:
    """The attached interface that has an address; the Elastic IP table goes first."""
    for backend in lookup.backends():
        for elastic in backend.addresses:
            if elastic.public_ip == address:
                return elastic.eni if elastic.eni and elastic.eni.instance else None
    found = [
        one for one in _attached_interfaces() if address == one.public_ip or address in _private_ips(one)
    ]
    # A terminated machine is visible for an hour, and its private address may have a new holder by then.
    found.sort(key=lambda one: one.instance.state == "terminated")
    return found[0] if found else None


def _attached_interfaces() -> Iterator[Any]:
    for backend in lookup.backends():
        for instance in lookup.instances(backend):
            yield from list(instance.nics.values())


def _private_ips(interface: Any) -> list[str]:
    return [one["PrivateIpAddress"] for one in interface.private_ip_addresses]


def _cut_off(world: World, instance: Any) -> str | None:
    """Why no packet of this machine comes back, or None."""
    if instance.state != "running":
        return f"the machine is {instance.state}"
    if instance.availability_zone in world.conditions.zones_down:
        return f"the zone {instance.availability_zone} is down"
    if world.conditions.impaired_since(instance.id, "system"):
        return "the machine's system check is impaired"
    live = world.live.find(instance.id)
    if live is not None and (world.live.is_dead(live) or not live.on):
        return "the machine has no power"
    return None


def _services(world: World, instance: Any, port: int) -> Answer:
    """What a machine that can be reached does with a connection."""
    if world.live.find(instance.id) is not None:
        return _real_services(world, instance.id, port)
    if world.clock.now() < instance.booted_at + BOOT:
        return Refused("the machine is booting")
    application = _PORTS.get(port)
    if port == _MAIL_PORT and _tag(instance, "role") == "mail":
        application = "smtp"
    if application is None or port in world.conditions.dead_ports.get(instance.id, set()):
        return Refused("nothing listens on this port")
    if world.conditions.impaired_since(instance.id, "instance"):
        return Silence("the machine's instance check is impaired")
    return Reply(application, instance.id)


def _real_services(world: World, instance_id: str, port: int) -> Answer:
    if port in world.conditions.dead_ports.get(instance_id, set()):
        return Refused("nothing listens on this port")
    if world.conditions.impaired_since(instance_id, "instance"):
        return Silence("the machine's instance check is impaired")
    return Relay(instance_id, port)


def _tag(instance: Any, key: str) -> str | None:
    return next((tag["value"] for tag in instance.get_tags() if tag["key"] == key), None)
