"""A town with machines in namespaces, and what must be true of one that was named."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.hostnames.chain.machine import Machine
from tests.hostnames.chain.names import fqdn, reverse
from tests.hostnames.chain.network import Network
from tests.hostnames.chain.town import Instance, Town

CONFIG = "etc/cloud/cloud.cfg.d/95_ec2kit.cfg"


@dataclass
class Ground:
    """A town, and machines that stand in it until the test ends; `base` is their image's root."""

    town: Town
    base: Path
    directory: Path
    networks: list[Network] = field(default_factory=list)

    def machine(self, instance: Instance, disk_of: Machine | None = None) -> Machine:
        """A machine of this instance; `disk_of`: with a copy of that one's disk, as an image of it makes it."""
        place = self.directory / instance.id
        if disk_of is not None:
            place.mkdir()
            # By cp: an overlay's disk has devices in it, which say that a file of the image is deleted.
            subprocess.run(["cp", "-a", str(disk_of.disk), str(place / "disk")], check=True, timeout=60)
        network = Network(instance, self.town.metadata(instance.id), self.town.doors)
        self.networks.append(network)
        return Machine(instance, place, self.base, network)

    def launch(self, name: str) -> Machine:
        """Launch an instance with this host name in the zone, and set up its machine."""
        return self.machine(self.instance(name))

    def instance(self, name: str, *options: str) -> Instance:
        """Launch an instance that has this host name in its tag."""
        told = ("--image", "debian-12-amd64", "--hostname", fqdn(name), "--new", *options)
        return self.town.launch(name, *told)

    def check_named(self, machine: Machine, name: str, stages: dict[str, str]) -> None:
        """The machine has its name from the network stage on, and so says DNS."""
        assert stages["network"] == stages["final"] == fqdn(name), machine.said
        hosts = machine.read("etc/hosts")
        assert re.search(rf"^127\.0\.1\.1 {re.escape(fqdn(name))} {name}$", hosts, re.MULTILINE), hosts
        told = yaml.safe_load(machine.read(CONFIG))
        assert (told["hostname"], told["fqdn"]) == (name, fqdn(name))
        town, instance = self.town, machine.instance
        assert town.dig(fqdn(name), "A") == [instance.address]
        assert town.dig(reverse(instance), "PTR") == [f"{fqdn(name)}."]
        [owner] = town.dig(f"_ec2kit.{fqdn(name)}", "TXT")
        assert instance.id in owner
        assert town.holder(fqdn(name)) == instance.id

    def check_forgotten(self, machine: Machine, name: str) -> None:
        """Nobody has the name, and DNS knows neither it nor the machine's address."""
        assert self.town.holder(fqdn(name)) == ""
        assert self.town.dig(fqdn(name), "A") == ["NXDOMAIN"]
        assert self.town.dig(f"_ec2kit.{fqdn(name)}", "TXT") == ["NXDOMAIN"]
        assert self.town.dig(reverse(machine.instance), "PTR") == ["NXDOMAIN"]


@contextmanager
def ground_of(town: Town, base: Path, directory: Path) -> Iterator[Ground]:
    """What a test of the chain stands on; the service runs when it begins."""
    if town.service.process is None:
        town.service.start()
    found = Ground(town, base, directory)
    try:
        yield found
    finally:
        for network in found.networks:
            network.close()
